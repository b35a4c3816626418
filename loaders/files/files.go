// Package files writes files so that a reader never sees half of one.
package files

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"path/filepath"

	"github.com/google/renameio/v2"
)

// Write lets write fill a temporary file beside path, which is then synced and
// renamed to path. If anything fails, the file that was there is unchanged and
// nothing else is left.
func Write(path string, write func(io.Writer) error) error {
	if err := replace(path, write); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

func replace(path string, write func(io.Writer) error) error {
	file, err := create(path)
	if err != nil {
		return err
	}
	defer forget(file.Name())
	defer file.Cleanup()
	buffered := bufio.NewWriter(file)
	if err := write(buffered); err != nil {
		return err
	}
	if err := buffered.Flush(); err != nil {
		return err
	}
	return file.CloseAtomicallyReplace()
}

// create creates the temporary file for path.
func create(path string) (*renameio.PendingFile, error) {
	unfinished.Lock()
	defer unfinished.Unlock()
	if unfinished.abandoned {
		return nil, errAbandoned
	}
	file, err := renameio.NewPendingFile(path, renameio.WithTempDir(filepath.Dir(path)), renameio.WithPermissions(0o644))
	if err != nil {
		return nil, err
	}
	unfinished.paths[file.Name()] = true
	return file, nil
}

// Until returns a writer to w that fails with the context's error once the
// context has ended, so that what takes long to write stops early.
func Until(ctx context.Context, w io.Writer) io.Writer { return &untilWriter{ctx, w} }

type untilWriter struct {
	ctx context.Context
	w   io.Writer
}

func (u *untilWriter) Write(p []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.w.Write(p)
}
