package files_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"gaetrain/loaders/files"
)

// TestWrite replaces a file, and leaves the old one and nothing else where
// writing fails.
func TestWrite(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "a.txt")
	text := func(text string, err error) func(io.Writer) error {
		return func(w io.Writer) error {
			if _, writing := io.WriteString(w, text); writing != nil {
				return writing
			}
			return err
		}
	}
	broken := errors.New("disk full")
	for _, step := range []struct {
		text, want string
		err        error
	}{{"one", "one", nil}, {"half", "one", broken}, {"two", "two", nil}} {
		if err := files.Write(path, text(step.text, step.err)); !errors.Is(err, step.err) {
			t.Errorf("%s: error %v, want %v", step.text, err, step.err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != step.want {
			t.Errorf("%s: the file holds %q, %v; want %q", step.text, got, err, step.want)
		}
	}
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
	if err := files.Write(filepath.Join(folder, "missing", "a.txt"), text("", nil)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("write into a missing folder: %v", err)
	}
}
