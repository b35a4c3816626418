package loaders

import (
	"context"
	"crypto/md5"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"gaetrain/loaders/files"
	"gaetrain/loaders/memory"
)

// FileState is the result of the comparison of a file with the published one.
type FileState string

// The states of a file.
const (
	FileGood       FileState = "good"       // the digest is the published one
	FileUnverified FileState = "unverified" // no digest is published
	FileDiffers    FileState = "differs"    // the digest is another one
	FileMissing    FileState = "missing"
	FileUnreadable FileState = "unreadable"
)

// FileStatus is the state of one file of a data set.
type FileStatus struct {
	File   string // its name in the set
	Path   string // where it is; "" if it is missing
	Digest string // "md5:…" of its decompressed bytes; "" if it is missing or unreadable
	State  FileState
	Reason string // why it is unreadable; "" otherwise
}

// Verify reads every file of a named data set where Open finds it and compares the
// digests. If files are missing, differ or cannot be read, it returns their states and
// an error that wraps ErrData. A user's own data are opened, which checks their
// structure.
func Verify(ctx context.Context, name string, o Options) ([]FileStatus, error) {
	read, path, err := ownData(name)
	if err != nil {
		return nil, err
	}
	if read != nil {
		return verifyOwn(ctx, name, path, o)
	}
	s, err := lookup(name)
	if err != nil {
		return nil, err
	}
	if s.drawn != "" {
		return s.verifySprites()
	}
	var statuses []FileStatus
	bad := 0
	for _, w := range s.wanted(o) {
		status := s.status(ctx, w)
		if cause := context.Cause(ctx); cause != nil {
			return nil, fmt.Errorf("verify %s: %w", name, cause)
		}
		if status.State != FileGood && status.State != FileUnverified {
			bad++
		}
		statuses = append(statuses, status)
	}
	if bad > 0 {
		return statuses, dataErrorf("%s: %d of %d files are not as published; hint: gaetrain datasets fetch %s", name, bad, len(statuses), name)
	}
	return statuses, nil
}

func verifyOwn(ctx context.Context, name, path string, o Options) ([]FileStatus, error) {
	d, err := Open(ctx, name, o)
	if err != nil {
		return nil, err
	}
	var statuses []FileStatus
	for _, file := range slices.Sorted(maps.Keys(d.Digest)) {
		statuses = append(statuses, FileStatus{File: file, Path: path, Digest: d.Digest[file], State: FileUnverified})
	}
	return statuses, nil
}

// wantedFile is a file of a set and its place. actual is "" if the file is missing.
type wantedFile struct {
	file
	place
	actual string
}

// wanted lists the files of a set that Open reads. If no place holds all of them, each
// file is the one at the first place that has it.
func (s *set) wanted(o Options) []wantedFile {
	places := s.places(o)
	at, err := s.find(o)
	switch {
	case err == nil && at.archive != "", err != nil && s.archive.name != "":
		return []wantedFile{{s.archive, at.place, at.archive}}
	case err == nil:
		places = []place{at.place}
	}
	var list []wantedFile
	for _, f := range s.files {
		w := wantedFile{file: f}
		for _, p := range places {
			if w.actual = p.file(f.name); w.actual != "" {
				w.place = p
				break
			}
		}
		list = append(list, w)
	}
	return list
}

func (s *set) status(ctx context.Context, w wantedFile) FileStatus {
	status := FileStatus{File: w.name, State: FileMissing}
	if w.actual == "" {
		return status
	}
	status.Path = w.full(w.actual)
	digest, err := fileDigest(ctx, w.fsys, w.actual, s.unpacked(w.file))
	if err != nil {
		status.State, status.Reason = FileUnreadable, files.Reason(err).Error()
		return status
	}
	status.Digest = "md5:" + digest
	switch w.md5 {
	case digest:
		status.State = FileGood
	case "":
		status.State = FileUnverified
	default:
		status.State = FileDiffers
	}
	return status
}

// fileDigest returns the md5 of the decompressed bytes of a file. More than most bytes
// are an error.
func fileDigest(ctx context.Context, fsys fs.FS, name string, most int64) (string, error) {
	s, file, err := openSource(ctx, fsys, name, nil)
	if err != nil {
		return "", err
	}
	defer file.Close()
	sum := md5.New()
	n, err := io.Copy(sum, io.LimitReader(s, most+1))
	if err != nil {
		return "", err
	}
	if n > most {
		return "", dataErrorf("more than %s decompressed, not the published file", memory.Format(most))
	}
	return digestOf(sum), nil
}

// unpacked limits the decompressed size of a file of the set, from the number and the
// shape of its images. The limit of a zip archive is that of the archive itself.
func (s *set) unpacked(f file) int64 {
	const margin = 1 << 20 // for headers
	switch strings.TrimSuffix(f.name, s.format.suffix) {
	case s.archive.name:
		return s.mostDownloaded()
	case s.files[trainImages].name:
		return int64(s.Train*s.Shape.Size()) + margin
	case s.files[testImages].name:
		return int64(s.Test*s.Shape.Size()) + margin
	}
	return int64(8*max(s.Train, s.Test)) + margin // at most 8 bytes per label
}
