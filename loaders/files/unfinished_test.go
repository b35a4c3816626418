package files

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// TestAbandon abandons a file and a folder that are being filled: the file that
// was there is unchanged, nothing else is left, and no other file begins.
func TestAbandon(t *testing.T) {
	t.Cleanup(func() { unfinished.abandoned = false })
	dir := t.TempDir()
	path := filepath.Join(dir, "a.txt")
	if err := Write(path, func(w io.Writer) error { return second(io.WriteString(w, "whole")) }); err != nil {
		t.Fatal(err)
	}
	if Unfinished() {
		t.Error("a whole file is unfinished")
	}
	folder := filepath.Join(dir, ".folder")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	done := Temporary(folder)
	err := Write(path, func(w io.Writer) error {
		if !Unfinished() {
			t.Error("a file that is being written is not unfinished")
		}
		Abandon()
		return second(io.WriteString(w, "half"))
	})
	if err == nil {
		t.Error("an abandoned file is written")
	}
	if err := Write(path, func(io.Writer) error { return nil }); !errors.Is(err, errAbandoned) {
		t.Errorf("a file begins after all were abandoned: %v", err)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "whole" {
		t.Errorf("the file holds %q, %v", got, err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
	if done(); Unfinished() {
		t.Error("a folder that is done is unfinished")
	}
}

// TestUntil ends the context of a file that is being written.
func TestUntil(t *testing.T) {
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
		t.Errorf("the file is there: %v", err)
	}
}

func second[T any](_ T, err error) error { return err }
