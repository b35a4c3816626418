package loaders

import (
	"errors"
	"fmt"
)

// ErrData is wrapped by every error about the data themselves: a file that is
// missing, unreadable, corrupt or inconsistent, or a download that failed.
var ErrData = errors.New("data")

// ErrUnknown is wrapped by every error about the request: an unknown data set
// name, a malformed specification or an impossible option.
var ErrUnknown = errors.New("unknown")

// tagged lets errors.Is find tag without its text in the message.
type tagged struct{ tag, err error }

func (e tagged) Error() string   { return e.err.Error() }
func (e tagged) Unwrap() []error { return []error{e.tag, e.err} }

func dataErrorf(format string, args ...any) error {
	return tagged{ErrData, fmt.Errorf(format, args...)}
}

func usageErrorf(format string, args ...any) error {
	return tagged{ErrUnknown, fmt.Errorf(format, args...)}
}
