package files

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	if err := os.WriteFile(path, []byte("0123456789"), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, read := range map[string]func(string, int64) ([]byte, error){"Read": Read, "ReadRegular": ReadRegular} {
		if data, err := read(path, 10); err != nil || !bytes.Equal(data, []byte("0123456789")) {
			t.Errorf("%s: %q, %v", name, data, err)
		}
		if _, err := read(path, 9); err == nil || !strings.Contains(err.Error(), "more than 9 bytes") {
			t.Errorf("%s: error is %v", name, err)
		}
		if _, err := read(filepath.Join(dir, "none"), 9); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: error is %v", name, err)
		}
	}
	if _, err := ReadRegular(dir, 10); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("a folder: %v", err)
	}
}

// TestReadSparse reads a file that claims a terabyte. It must not take memory for it.
func TestReadSparse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 1<<40); err != nil {
		t.Skip("the file system has no sparse files:", err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := Read(path, 1<<20)
	runtime.ReadMemStats(&after)
	if err == nil || after.TotalAlloc-before.TotalAlloc > 1<<16 {
		t.Errorf("error is %v, %d bytes are allocated", err, after.TotalAlloc-before.TotalAlloc)
	}
}
