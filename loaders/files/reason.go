package files

import (
	"errors"
	"io/fs"
	"os"
)

// Reason strips the operation and the paths from an error of the file system,
// because the messages of the callers name the file in their own way. Other errors
// are returned unchanged.
func Reason(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	var link *os.LinkError
	if errors.As(err, &link) {
		return link.Err
	}
	return err
}
