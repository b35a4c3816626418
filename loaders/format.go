package loaders

import (
	"archive/zip"
	"context"
	"crypto/md5"
	"encoding/hex"
	"hash"
	"io"
	"io/fs"
)

// format reads a file of images or of labels. It also returns the digest of the
// decompressed bytes. The number of images is known when their labels are read.
type format struct {
	suffix string // of file names on servers
	images func(ctx context.Context, fsys fs.FS, name string, room *budget) (Split, string, error)
	labels func(ctx context.Context, fsys fs.FS, name string, images int, room *budget) ([]Label, string, error)
}

var (
	idxFormat = format{".gz", idxImages, idxLabels}
	npzFormat = format{"", npzImages, npzLabels}
)

// idxImages reads images into memory, or leaves them in their file if they do not fit
// into the budget.
func idxImages(ctx context.Context, fsys fs.FS, name string, room *budget) (images Split, digest string, err error) {
	s, file, err := openSource(ctx, fsys, name, room)
	if err != nil {
		return Split{}, "", err
	}
	defer file.Close()
	sum := s.sum()
	dims, err := readIDXHeader(s, 0)
	if err != nil {
		return Split{}, "", err
	}
	images.Shape = Shape{1, dims[1], dims[2]}
	images.Store, err = s.stay(idxHeader, dims, 1, int64(dims[0])*int64(images.Shape.Size()), pixelRows(images.Shape, false))
	if err != nil {
		return Split{}, "", err
	}
	if images.Store != nil {
		digest, err = sampled(s.raw, s.raw.size)
		return images, digest, err
	}
	data, err := s.data(dims, 1)
	return Pixels(images.Shape, data), sum(), err
}

func idxLabels(ctx context.Context, fsys fs.FS, name string, images int, room *budget) ([]Label, string, error) {
	s, file, err := openSource(ctx, fsys, name, room)
	if err != nil {
		return nil, "", err
	}
	defer file.Close()
	sum := s.sum()
	_, data, err := readIDX(s, images)
	labels := make([]Label, len(data))
	for i, label := range data {
		labels[i] = Label(label)
	}
	return labels, sum(), err
}

// sum returns a function that returns the digest of what was read since from s. It
// returns "" for a file whose digest is known.
func (s *source) sum() func() string {
	if s.room.known {
		return func() string { return "" }
	}
	sum := md5.New()
	s.Reader = io.TeeReader(s.Reader, sum)
	return func() string { return digestOf(sum) }
}

func npzImages(ctx context.Context, fsys fs.FS, name string, room *budget) (images Split, digest string, err error) {
	digest, err = withArray(ctx, fsys, name, room, func(s source) error {
		images, err = readImages(ctx, s)
		return err
	})
	return images, digest, err
}

func npzLabels(ctx context.Context, fsys fs.FS, name string, images int, room *budget) (labels []Label, digest string, err error) {
	digest, err = withArray(ctx, fsys, name, room, func(s source) error {
		l, err := readLabels(s, images)
		if err == nil {
			labels, err = l.values()
		}
		return err
	})
	return labels, digest, err
}

// withArray opens the array arr_0 that numpy.savez(file, a) writes.
func withArray(ctx context.Context, fsys fs.FS, name string, room *budget, use func(source) error) (digest string, err error) {
	err = withZip(ctx, fsys, name, room, func(z *zip.Reader, sum string) error {
		digest = sum
		member := npzArrays(z)["arr_0"]
		if member == nil {
			return dataErrorf("holds no array arr_0")
		}
		return withMember(member, room, use)
	})
	return digest, err
}

// withMember opens a member of a zip archive.
func withMember(member *zip.File, room *budget, use func(source) error) error {
	r, err := member.Open()
	if err != nil {
		return dataErrorf("%s: %w", member.Name, err)
	}
	defer r.Close()
	if err := use(source{r, memberSize(&member.FileHeader), room, nil}); err != nil {
		return dataErrorf("%s: %w", member.Name, err)
	}
	return nil
}

// digestOf returns a digest in hexadecimal digits, as in the registry.
func digestOf(sum hash.Hash) string { return hex.EncodeToString(sum.Sum(nil)) }
