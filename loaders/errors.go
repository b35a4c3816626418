package loaders

import (
	"errors"
	"fmt"
)

// ErrData is wrapped by every error about the data: a file is missing, unreadable,
// corrupt or inconsistent, or a download failed.
var ErrData = errors.New("data")

// ErrUnknown is wrapped by every error about the request: the name of the data set is
// unknown, or an option is malformed or impossible.
var ErrUnknown = errors.New("unknown")

// tagged is an error that errors.Is also finds as tag, whose text is not part of the
// message.
type tagged struct{ tag, err error }

func (e tagged) Error() string   { return e.err.Error() }
func (e tagged) Unwrap() []error { return []error{e.tag, e.err} }

func dataErrorf(format string, args ...any) error {
	return tagged{ErrData, fmt.Errorf(format, args...)}
}

func usageErrorf(format string, args ...any) error {
	return tagged{ErrUnknown, fmt.Errorf(format, args...)}
}
