//go:build unix

package loaders

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestNotRegularFiles refuses pipes and devices in place of files. It does not block.
func TestNotRegularFiles(t *testing.T) {
	pipe := func(path string) error { return syscall.Mkfifo(path, 0o644) }
	device := func(path string) error { return os.Symlink("/dev/zero", path) }
	for kind, put := range map[string]func(string) error{"pipe": pipe, "device": device} {
		for _, test := range []struct{ form, file string }{
			{"idx:", "train-images-idx3-ubyte"}, {"idx:", "t10k-labels-idx1-ubyte"}, {"npz:", ""}, {"folder:", "5.png"},
		} {
			t.Run(kind+" for "+test.form+test.file, func(t *testing.T) {
				path := filepath.Join(t.TempDir(), "data")
				if test.file != "" {
					saveIDX(t, path, nil)
					for i := range 10 {
						save(t, grey(t, 2, 2, 0), path, fmt.Sprintf("%d.png", i))
					}
					if err := os.Remove(filepath.Join(path, test.file)); err != nil {
						t.Fatal(err)
					}
				}
				if err := put(filepath.Join(path, test.file)); err != nil {
					t.Fatal(err)
				}
				_, err := Open(context.Background(), test.form+path, Options{})
				wantError(t, err, ErrData, path, test.file+": not a regular file")
			})
		}
	}
}

// TestFetchIntoAPipe has a pipe in place of the part file of a download.
func TestFetchIntoAPipe(t *testing.T) {
	impatient(t)
	contents := tinyFiles()
	tinySet(t, contents)
	s, cache := serve(t, contents, nil), t.TempDir()
	if err := os.MkdirAll(filepath.Join(cache, "tiny"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(filepath.Join(cache, "tiny", "train-images-idx3-ubyte.gz.part"), 0o644); err != nil {
		t.Fatal(err)
	}
	wantError(t, Fetch(context.Background(), "tiny", options(cache, s.base())), ErrData, "train-images-idx3-ubyte.gz.part: not a regular file")
}
