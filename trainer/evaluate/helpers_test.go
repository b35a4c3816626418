package evaluate

import "errors"

func isInput(err error) bool { return errors.Is(err, ErrInput) }
