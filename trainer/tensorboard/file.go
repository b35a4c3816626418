package tensorboard

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"time"

	"gaetrain/loaders/files"
	"gaetrain/trainer"
)

// fileName matches the names of event files, and the second in which they began.
// TensorBoard reads the files of a folder in the order of their names.
var fileName = regexp.MustCompile(`^events\.out\.tfevents\.([0-9]{1,18})(\.|$)`)

// latest returns the second of the newest event file of a folder; 0 if it has none.
func latest(dir string) (second int64, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, asRun(err)
	}
	for _, entry := range entries {
		if match := fileName.FindStringSubmatch(entry.Name()); match != nil {
			n, _ := strconv.ParseInt(match[1], 10, 64) // it has at most 18 digits
			second = max(second, n)
		}
	}
	return second, nil
}

// create writes a new event file, which is the last one of its folder, and returns its
// path.
func create(dir string, at time.Time, events ...event) (path string, err error) {
	before, err := latest(dir)
	if err != nil {
		return "", err
	}
	path = filepath.Join(dir, fmt.Sprintf("events.out.tfevents.%010d.gaetrain", max(at.Unix(), before+1)))
	data := records(append([]event{version(at)}, events...))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", asRun(err)
	}
	return path, asRun(files.Write(path, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	}))
}

// extend appends events to an event file. TensorBoard, which may read it at the same time,
// waits for the rest of a record.
func extend(path string, events ...event) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return asRun(err)
	}
	_, err = file.Write(records(events))
	if closing := file.Close(); err == nil {
		err = closing
	}
	return asRun(err)
}

func records(events []event) (data []byte) {
	for _, e := range events {
		data = appendRecord(data, e)
	}
	return data
}

// asRun makes the error of a file wrap trainer.ErrRun.
func asRun(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: %w; hint: is the disk full or the folder read-only?", trainer.ErrRun, err)
}
