// Package files writes files so that a reader never sees an incomplete one.
package files

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"syscall"
)

// File is a file that is to be written.
type File struct {
	Path string
	Fill func(io.Writer) error // writes its content
}

// Write lets fill write a temporary file beside path. The file is then synced and
// renamed to path, and the folder is synced too, so that the rename survives a
// crash of the machine. If fill or the disk fails before the rename, the file that
// was there is unchanged and the temporary file is removed. A system that cannot
// sync folders, such as Windows or some network file systems, causes no error.
func Write(path string, fill func(io.Writer) error) error { return WriteAll(File{path, fill}) }

// WriteAll writes files that belong together, as Write does. The files are renamed
// only when all of them are complete and synced. A full disk therefore leaves the
// files that were there.
func WriteAll(list ...File) error { return write(list, os.Rename) }

// WriteNew writes files as WriteAll does, but it replaces no file, even if another
// process writes the same files at the same time. The error about a file that is there
// wraps fs.ErrExist, and then no file is written.
func WriteNew(list ...File) error {
	var placed []string
	err := write(list, func(from, to string) error {
		err := link(from, to)
		if err == nil {
			placed = append(placed, to)
		}
		return err
	})
	if err != nil {
		for _, path := range placed {
			os.Remove(path)
		}
	}
	return err
}

// link gives a file another name that no file has. On a file system without links, the
// file is renamed, and two processes can then replace each other's files.
func link(from, to string) error {
	err := os.Link(from, to)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	if _, err := os.Lstat(to); err == nil {
		return &os.LinkError{Op: "link", Old: from, New: to, Err: fs.ErrExist}
	}
	return os.Rename(from, to)
}

// write writes temporary files, and calls place for each to give it its name.
func write(list []File, place func(from, to string) error) error {
	names := make([]string, 0, len(list))
	defer func() {
		for _, name := range names {
			os.Remove(name) // does nothing after a rename
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
		if err := place(name, list[i].Path); err != nil {
			if info, e := os.Lstat(list[i].Path); e == nil && info.IsDir() {
				err = errors.New("it is a folder")
			}
			return fmt.Errorf("write %s: %w", list[i].Path, Reason(err))
		}
	}
	synced := make(map[string]bool)
	for _, f := range list {
		dir := filepath.Dir(f.Path)
		if synced[dir] {
			continue
		}
		if err := syncFolder(dir); err != nil {
			return fmt.Errorf("write %s: %w", f.Path, err)
		}
		synced[dir] = true
	}
	return nil
}

// Rename renames a file that is complete and synced, and syncs the folder of its new
// name as Write does.
func Rename(from, to string) error {
	if err := os.Rename(from, to); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(to))
}

// syncFolder writes the entries of a folder to the disk. A folder that cannot be
// opened or synced is ignored, unless the disk reports an input/output error.
func syncFolder(dir string) error {
	folder, err := os.Open(dir)
	if err != nil {
		return nil // a folder can be writable without being readable
	}
	defer folder.Close()
	if err := folder.Sync(); errors.Is(err, syscall.EIO) {
		return err
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
	return file.Sync() // some file systems report a full disk only here
}

// prefix is the start of the names of temporary files. Random letters and digits
// follow, so that no file of a user has such a name.
const prefix = ".gaetrain-"

var temporary = regexp.MustCompile(`^\.gaetrain-[A-Z2-7]{26}$`)

// IsTemporary reports whether name is the name of a temporary file of Write. A
// process that was killed leaves such files behind.
func IsTemporary(name string) bool { return temporary.MatchString(name) }

// TemporaryName returns a new name for which IsTemporary is true.
func TemporaryName() string { return prefix + rand.Text() }

// create creates a temporary file in a folder, with the permissions that the
// process gives new files.
func create(dir string) (*os.File, error) {
	unfinished.Lock()
	defer unfinished.Unlock()
	if unfinished.abandoned {
		return nil, errAbandoned
	}
	file, err := os.OpenFile(filepath.Join(dir, TemporaryName()), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return nil, err
	}
	unfinished.paths[file.Name()] = true
	return file, nil
}

// Until returns a writer to w that returns the context's error once the context
// has ended. It stops the writing of large files early.
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
