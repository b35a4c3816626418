package files_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gaetrain/loaders/files"
)

// TestWrite replaces a file. If writing fails, the old file stays and no other file
// is left.
func TestWrite(t *testing.T) {
	t.Parallel()
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

// TestWriteAll replaces several files, or none of them if one cannot be written.
func TestWriteAll(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	broken := errors.New("disk full")
	part := func(name, text string, err error) files.File {
		return files.File{Path: filepath.Join(folder, name), Fill: func(w io.Writer) error {
			if _, writing := io.WriteString(w, text); writing != nil {
				return writing
			}
			return err
		}}
	}
	for _, step := range []struct {
		list []files.File
		want map[string]string
		fail bool
	}{
		{[]files.File{part("a", "1", nil), part("b", "1", broken)}, map[string]string{}, true},
		{[]files.File{part("a", "2", nil), part("missing/b", "2", nil)}, map[string]string{}, true},
		{[]files.File{part("a", "3", nil), part("b", "3", nil)}, map[string]string{"a": "3", "b": "3"}, false},
		{[]files.File{part("a", "4", nil), part("c", "4", nil), part("b", "4", broken)}, map[string]string{"a": "3", "b": "3"}, true},
		{[]files.File{part("b", "5", nil), part("c", "5", nil)}, map[string]string{"a": "3", "b": "5", "c": "5"}, false},
	} {
		if err := files.WriteAll(step.list...); (err != nil) != step.fail {
			t.Errorf("error %v, want one: %t", err, step.fail)
		}
		entries, err := os.ReadDir(folder)
		if err != nil {
			t.Fatal(err)
		}
		got := make(map[string]string)
		for _, entry := range entries {
			text, err := os.ReadFile(filepath.Join(folder, entry.Name()))
			if err != nil {
				t.Fatal(err)
			}
			got[entry.Name()] = string(text)
		}
		if !maps.Equal(got, step.want) {
			t.Errorf("the folder holds %v, want %v", got, step.want)
		}
	}
}

func TestReason(t *testing.T) {
	t.Parallel()
	_, err := os.Open(filepath.Join(t.TempDir(), "missing"))
	if got := files.Reason(fmt.Errorf("read: %w", err)); got.Error() != "no such file or directory" {
		t.Errorf("the reason is %q", got)
	}
	other := errors.New("other")
	if got := files.Reason(other); got != other {
		t.Errorf("the reason is %q, want the error itself", got)
	}
}

// TestWriteNew writes files that two processes chose at the same time: the second one
// writes nothing and leaves the files of the first.
func TestWriteNew(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text := func(text string) func(io.Writer) error {
		return func(w io.Writer) error { _, err := io.WriteString(w, text); return err }
	}
	first, second := filepath.Join(dir, "a.csv"), filepath.Join(dir, "a.npy")
	if err := files.WriteNew(files.File{second, text("theirs")}); err != nil {
		t.Fatal(err)
	}
	if err := files.WriteNew(files.File{first, text("ours")}, files.File{second, text("ours")}); !errors.Is(err, fs.ErrExist) || !strings.Contains(err.Error(), "a.npy") {
		t.Errorf("error %v", err)
	}
	entries, err := os.ReadDir(dir)
	if content, _ := os.ReadFile(second); err != nil || len(entries) != 1 || string(content) != "theirs" {
		t.Errorf("%v, %q, error %v", entries, content, err)
	}
}
