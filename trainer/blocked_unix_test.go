//go:build unix

package trainer

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// TestPipesInRunFolder replaces files of a run by pipes that nobody writes to. No reader
// may wait for them.
func TestPipesInRunFolder(t *testing.T) {
	for _, name := range []string{runFile, stateFile, lockFile, metricsFile, finalFile, lastCheckpoint} {
		_, dir := trained(t, small())
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Mkfifo(filepath.Join(dir, name), 0o644); err != nil {
			t.Fatal(err)
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			_, err := StateOf(dir)
			if name == stateFile {
				fails(t, err, ErrRun, name, "not a regular file")
			}
			_, err = (&Run{Dir: dir}).Final()
			if name == finalFile {
				fails(t, err, ErrRun, name, "not a regular file")
			}
			c := small()
			c.Resume = true
			run, err := create(dir, experiment(t, c))
			if err == nil {
				run.Close()
			} else if name == lockFile {
				fails(t, err, ErrRun, dir, "not a regular file", "hint: ")
			}
		}()
		select {
		case <-done:
		case <-time.After(20 * time.Second):
			t.Fatalf("%s is a pipe, and a reader waits for it", name)
		}
	}
}
