package loaders

import (
	"archive/zip"
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"io/fs"
)

// format reads the images and the labels of a set's file, with the digest of
// the file's decompressed bytes.
type format struct {
	suffix string // of the files on a server
	images func(ctx context.Context, fsys fs.FS, name string) (Split, string, error)
	labels func(ctx context.Context, fsys fs.FS, name string) ([]uint8, string, error)
}

var (
	idxFormat = format{".gz", idxImages, idxLabels}
	npzFormat = format{"", npzImages, npzLabels}
)

func idxImages(ctx context.Context, fsys fs.FS, name string) (Split, string, error) {
	dims, data, digest, err := readIDXFile(ctx, fsys, name, imageRank)
	if err != nil {
		return Split{}, "", err
	}
	return Split{Shape: Shape{1, dims[1], dims[2]}, Images: data}, digest, nil
}

func idxLabels(ctx context.Context, fsys fs.FS, name string) ([]uint8, string, error) {
	_, data, digest, err := readIDXFile(ctx, fsys, name, labelRank)
	return data, digest, err
}

func readIDXFile(ctx context.Context, fsys fs.FS, name string, rank int) (dims []int, data []uint8, digest string, err error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, nil, "", dataErrorf("%w", reason(err))
	}
	defer f.Close()
	unpacked, err := decompress(contextReader{ctx, f})
	if err != nil {
		return nil, nil, "", err
	}
	sum := md5.New()
	dims, data, err = readIDX(io.TeeReader(unpacked, sum), rank)
	return dims, data, digestOf(sum), err
}

func npzImages(ctx context.Context, fsys fs.FS, name string) (Split, string, error) {
	a, digest, err := onlyArray(ctx, fsys, name)
	if err != nil {
		return Split{}, "", err
	}
	images, err := a.images()
	return images, digest, err
}

func npzLabels(ctx context.Context, fsys fs.FS, name string) ([]uint8, string, error) {
	a, digest, err := onlyArray(ctx, fsys, name)
	if err != nil {
		return nil, "", err
	}
	labels, err := a.labels()
	return labels, digest, err
}

// onlyArray reads the array arr_0 that numpy.savez(file, a) writes.
func onlyArray(ctx context.Context, fsys fs.FS, name string) (a array, digest string, err error) {
	err = withNPZ(ctx, fsys, name, func(arrays map[string]*zip.File, sum string) error {
		member := arrays["arr_0"]
		if member == nil {
			return dataErrorf("holds no array arr_0")
		}
		digest = sum
		a, err = readMember(member)
		return err
	})
	return a, digest, err
}

// withNPZ opens a NumPy archive and hands over its arrays and the digest of
// the file as it is.
func withNPZ(ctx context.Context, fsys fs.FS, name string, use func(arrays map[string]*zip.File, digest string) error) error {
	return withZip(ctx, fsys, name, true, func(z *zip.Reader, digest string) error {
		return use(npzArrays(z), digest)
	})
}

// withZip opens a zip archive for the duration of use. The digest is that of
// the file as it is, "" unless asked for.
func withZip(ctx context.Context, fsys fs.FS, name string, digested bool, use func(z *zip.Reader, digest string) error) error {
	f, err := fsys.Open(name)
	if err != nil {
		return dataErrorf("%w", reason(err))
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return dataErrorf("%w", reason(err))
	}
	at, ok := f.(io.ReaderAt)
	if !ok || info.IsDir() {
		return dataErrorf("not a regular file")
	}
	digest := ""
	if digested {
		sum := md5.New()
		if _, err := io.Copy(sum, contextReader{ctx, io.NewSectionReader(at, 0, info.Size())}); err != nil {
			return dataErrorf("%w", err)
		}
		digest = digestOf(sum)
	}
	z, err := zip.NewReader(at, info.Size())
	if err != nil {
		return dataErrorf("not a zip archive: %w", err)
	}
	return use(z, digest)
}

// digestOf returns a digest as it is written in the registry.
func digestOf(sum hash.Hash) string { return hex.EncodeToString(sum.Sum(nil)) }

// reason strips the path from a file system error: callers name the whole one.
func reason(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

// contextReader stops reading when its context is done.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c contextReader) Read(p []byte) (int, error) {
	if err := context.Cause(c.ctx); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}
