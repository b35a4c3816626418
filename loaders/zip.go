package loaders

import (
	"archive/zip"
	"context"
	"crypto/md5"
	"io"
	"io/fs"
	"strings"

	"gaetrain/loaders/memory"
)

// maxDirectory limits the bytes of a zip archive that are read to list its members.
// Each member takes about 50 bytes there, and several times as much in memory.
const maxDirectory = 4 << 20

// withZip opens a zip archive while use runs. The digest is that of the archive, not
// of its decompressed members. Members can be read until the context is done.
func withZip(ctx context.Context, fsys fs.FS, name string, room *budget, use func(z *zip.Reader, digest string) error) error {
	f, size, err := openRegular(fsys, name)
	if err != nil {
		return err
	}
	defer f.Close()
	at, ok := f.(io.ReaderAt)
	if !ok {
		return dataErrorf("a zip archive inside of another")
	}
	if size > room.limit { // the list of members can take a quarter of the size of the archive
		return dataErrorf("archive of %s, more than this process's memory of %s; hint: save fewer arrays in one archive",
			memory.Format(size), memory.Format(room.limit))
	}
	sum := md5.New()
	if _, err := io.Copy(sum, contextReader{ctx, io.NewSectionReader(at, 0, size)}); err != nil {
		return dataErrorf("%w", err)
	}
	z, err := openZip(ctx, at, size)
	if err != nil {
		return err
	}
	return use(z, digestOf(sum))
}

// openZip lists the members of an archive. It refuses an archive that is smaller than
// one of its members claims to be.
func openZip(ctx context.Context, at io.ReaderAt, size int64) (*zip.Reader, error) {
	reading := &boundedReaderAt{ctx: ctx, r: at, left: maxDirectory}
	z, err := zip.NewReader(reading, size)
	if reading.left < 0 {
		return nil, dataErrorf("zip archive with a directory of more than %d bytes; hint: save fewer arrays in one archive", maxDirectory)
	}
	if err != nil {
		return nil, dataErrorf("not a zip archive: %w", err)
	}
	for _, member := range z.File {
		if member.CompressedSize64 > uint64(size) {
			return nil, dataErrorf("zip archive of %d bytes that claims a member of %d compressed ones", size, member.CompressedSize64)
		}
	}
	reading.listed = true
	return z, nil
}

// boundedReaderAt stops reading when its context is done. Until listed is set, it also
// stops after left bytes.
type boundedReaderAt struct {
	ctx    context.Context
	r      io.ReaderAt
	left   int64
	listed bool
}

func (b *boundedReaderAt) ReadAt(p []byte, offset int64) (int, error) {
	if err := context.Cause(b.ctx); err != nil {
		return 0, err
	}
	if !b.listed {
		if b.left -= int64(len(p)); b.left < 0 {
			return 0, io.ErrUnexpectedEOF
		}
	}
	return b.r.ReadAt(p, offset)
}

// npzArrays lists the arrays of a NumPy archive by name, without ".npy".
func npzArrays(z *zip.Reader) map[string]*zip.File {
	arrays := map[string]*zip.File{}
	for _, f := range z.File {
		if name, ok := strings.CutSuffix(f.Name, ".npy"); ok {
			arrays[name] = f
		}
	}
	return arrays
}
