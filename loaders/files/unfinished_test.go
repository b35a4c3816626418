package files

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// TestAbandon abandons a file and a folder that are being written. The file that
// was there is unchanged, the temporary ones are removed, and no other file can be
// started.
func TestAbandon(t *testing.T) {
	t.Cleanup(func() { unfinished.abandoned = false })
	dir := t.TempDir()
	path := filepath.Join(dir, "a.txt")
	if err := Write(path, func(w io.Writer) error { return second(io.WriteString(w, "whole")) }); err != nil {
		t.Fatal(err)
	}
	if Unfinished() {
		t.Error("a complete file is reported as unfinished")
	}
	folder := filepath.Join(dir, ".folder")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	done := Temporary(folder)
	err := Write(path, func(w io.Writer) error {
		if !Unfinished() {
			t.Error("a file that is being written is not reported as unfinished")
		}
		Abandon()
		return second(io.WriteString(w, "half"))
	})
	if err == nil {
		t.Error("writing an abandoned file gave no error")
	}
	if err := Write(path, func(io.Writer) error { return nil }); !errors.Is(err, errAbandoned) {
		t.Errorf("a file was started after Abandon: %v", err)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "whole" {
		t.Errorf("the file holds %q, %v", got, err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
	if done(); Unfinished() {
		t.Error("a folder is reported as unfinished after done")
	}
}

// TestUntil ends the context while a file is written.
func TestUntil(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.txt")
	ctx, cancel := context.WithCancel(t.Context())
	err := Write(path, func(w io.Writer) error {
		w = Until(ctx, w)
		if _, err := io.WriteString(w, "half"); err != nil {
			t.Error(err)
		}
		cancel()
		return second(io.WriteString(w, "whole"))
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that of the context", err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file exists: %v", err)
	}
}

func second[T any](_ T, err error) error { return err }
