// Package files writes files so that a reader never sees half of one.
package files

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
)

// File is a file that is to be written.
type File struct {
	Path string
	Fill func(io.Writer) error // writes its content
}

// Write lets fill fill a temporary file beside path, which is then synced and
// renamed to path. If anything fails, the file that was there is unchanged and
// nothing else is left.
func Write(path string, fill func(io.Writer) error) error { return WriteAll(File{path, fill}) }

// WriteAll writes files that belong together, all of them or none: they are
// renamed once all of them are complete and synced, so that a full disk leaves
// the files that were there.
func WriteAll(list ...File) error {
	names := make([]string, 0, len(list))
	defer func() {
		for _, name := range names {
			os.Remove(name) // which is gone where it was renamed
			forget(name)
		}
	}()
	for _, f := range list {
		file, err := create(filepath.Dir(f.Path))
		if err == nil {
			names = append(names, file.Name())
			err = errors.Join(fill(file, f.Fill), file.Close())
		}
		if err != nil {
			return fmt.Errorf("write %s: %w", f.Path, err)
		}
	}
	for i, name := range names {
		if err := os.Rename(name, list[i].Path); err != nil {
			return fmt.Errorf("write %s: %w", list[i].Path, err)
		}
	}
	return nil
}

func fill(file *os.File, write func(io.Writer) error) error {
	buffered := bufio.NewWriterSize(file, 1<<16)
	if err := write(buffered); err != nil {
		return err
	}
	if err := buffered.Flush(); err != nil {
		return err
	}
	return file.Sync() // a disk may be full only now
}

// prefix begins the names of temporary files, which end with random letters and
// digits. A user's own files do not look like that.
const prefix = ".gaetrain-"

var temporary = regexp.MustCompile(`^\.gaetrain-[A-Z2-7]{26}$`)

// IsTemporary reports whether a file's name is one of those that Write uses. A
// process that was killed leaves such files behind.
func IsTemporary(name string) bool { return temporary.MatchString(name) }

// create creates a temporary file in a folder, with the permissions that the
// process gives new files.
func create(dir string) (*os.File, error) {
	unfinished.Lock()
	defer unfinished.Unlock()
	if unfinished.abandoned {
		return nil, errAbandoned
	}
	file, err := os.OpenFile(filepath.Join(dir, prefix+rand.Text()), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
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
