package files

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// Read reads a file, which may be a pipe. A file with more than the given number of bytes
// is an error.
func Read(path string, most int64) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var data bytes.Buffer
	if info, err := file.Stat(); err == nil && info.Mode().IsRegular() {
		if info.Size() > most {
			return nil, tooLong(most)
		}
		data.Grow(int(info.Size()) + bytes.MinRead)
	}
	_, err = data.ReadFrom(io.LimitReader(file, most+1))
	if err == nil && int64(data.Len()) > most {
		err = tooLong(most)
	}
	return data.Bytes(), err
}

func tooLong(most int64) error { return fmt.Errorf("the file has more than %d bytes", most) }

// ReadRegular reads a file as Read does. A path that is not a regular file is an error,
// because a pipe would block the reader.
func ReadRegular(path string, most int64) ([]byte, error) {
	if err := RequireRegular(path); err != nil {
		return nil, err
	}
	return Read(path, most)
}

// RequireRegular returns an error if a path is not a regular file.
func RequireRegular(path string) error {
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: "open", Path: path, Err: errors.New("not a regular file")}
	}
	return err
}
