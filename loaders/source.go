package loaders

import (
	"archive/zip"
	"bufio"
	"context"
	"errors"
	"io"
	"io/fs"
	"math"
	"math/bits"
	"os"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"gaetrain/loaders/files"
	"gaetrain/loaders/memory"
)

// deflateRatio bounds the number of bytes that DEFLATE, the compression of gzip and
// zip, can make of one byte, which is 1,032.
const deflateRatio = 1033

// zstdRatio bounds the same for Zstandard: a block of 4 bytes can repeat one byte 128 Ki times.
const zstdRatio = 1 << 15

// zstdMagic are the first bytes of a file that is compressed by Zstandard.
const zstdMagic = "\x28\xb5\x2f\xfd"

// mostWindow limits the memory of the Zstandard decoder. Files of larger windows need an
// option of the compressor that enables them.
const mostWindow = 128 << 20

// source is an open file. Its header is not trusted: the size that it claims must fit
// into the file and into memory.
type source struct {
	io.Reader
	most int64    // the number of bytes that the file can hold, decompressed
	room *budget  // memory for the data
	raw  *rawFile // if its bytes are not compressed; else nil
}

// rawFile is a file whose values can be read from it at any time.
type rawFile struct {
	io.ReaderAt // of the opened file
	size        int64
	path        string                  // for messages
	open        func() (fs.File, error) // opens it again
}

// openSource opens a file, compressed by gzip or Zstandard or not. Its first bytes decide
// about that, not its name. Reading stops when the context is done.
func openSource(ctx context.Context, fsys fs.FS, name string, room *budget) (source, io.Closer, error) {
	f, size, err := openRegular(fsys, name)
	if err != nil {
		return source{}, nil, err
	}
	buffered := bufio.NewReaderSize(contextReader{ctx, f}, 1<<16)
	magic, err := buffered.Peek(len(zstdMagic))
	if err != nil && !errors.Is(err, io.EOF) {
		f.Close()
		return source{}, nil, dataErrorf("%w", err)
	}
	if string(magic) == zstdMagic {
		unpacked, err := zstd.NewReader(buffered, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(mostWindow))
		if err != nil {
			f.Close()
			return source{}, nil, dataErrorf("zstd: %w", err)
		}
		return source{contextReader{ctx, unpacked}, expanded(size, zstdRatio), room, nil}, f, nil
	}
	if len(magic) < 2 || magic[0] != 0x1f || magic[1] != 0x8b {
		if at, ok := f.(io.ReaderAt); ok && room != nil && room.stays {
			raw := &rawFile{at, size, name, func() (fs.File, error) { return fsys.Open(name) }}
			return source{buffered, size, room, raw}, f, nil
		}
		return source{buffered, size, room, nil}, f, nil
	}
	unzipped, err := gzip.NewReader(buffered)
	if err != nil {
		f.Close()
		return source{}, nil, dataErrorf("gzip header: %w", err)
	}
	return source{contextReader{ctx, unzipped}, expanded(size, deflateRatio), room, nil}, f, nil
}

// openRegular opens a file and returns the number of bytes that it can hold. Pipes and
// devices are refused before they are opened, because opening them can block.
func openRegular(fsys fs.FS, name string) (f fs.File, size int64, err error) {
	info, err := fs.Stat(fsys, name)
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("not a regular file")
	}
	if err == nil {
		f, err = fsys.Open(name)
	}
	if err != nil {
		return nil, 0, dataErrorf("%w", files.Reason(err))
	}
	if member, ok := info.Sys().(*zip.FileHeader); ok {
		return f, memberSize(member), nil
	}
	return f, info.Size(), nil
}

// openPath opens a file of the system as openRegular does. Its name need not be valid
// UTF-8, which the names of an fs.FS must be.
func openPath(path string) (*os.File, int64, error) {
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("not a regular file")
	}
	if err != nil {
		return nil, 0, dataErrorf("%w", files.Reason(err))
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, dataErrorf("%w", files.Reason(err))
	}
	return f, info.Size(), nil
}

// memberSize bounds the number of decompressed bytes of a member of a zip archive.
func memberSize(member *zip.FileHeader) int64 {
	packed := int64(min(member.CompressedSize64, math.MaxInt64))
	if member.Method != zip.Store {
		packed = expanded(packed, deflateRatio)
	}
	return int64(min(member.UncompressedSize64, uint64(packed)))
}

// expanded bounds the number of bytes that compressed bytes can become.
func expanded(size, ratio int64) int64 {
	if size > math.MaxInt64/ratio {
		return math.MaxInt64
	}
	return ratio * size
}

// data reads an array of the given dimensions and element width. The source must end
// after it. The size of the array is checked before memory is allocated.
func (s source) data(dims []int, width int) ([]byte, error) {
	count, err := s.claim(dims, width)
	if err != nil {
		return nil, err
	}
	if err := s.room.take(int64(count)); err != nil {
		return nil, err
	}
	return readExactly(s, count)
}

// claim returns the number of bytes of an array of the given dimensions and element width.
// It is an error if the source cannot hold as many.
func (s source) claim(dims []int, width int) (int, error) {
	count, err := elements(dims, width)
	if err != nil {
		return 0, err
	}
	if int64(count) > s.most {
		return 0, dataErrorf("truncated or corrupt: the header claims %s of data, the file can hold at most %s",
			memory.Format(int64(count)), memory.Format(s.most))
	}
	return count, nil
}

// elements returns the product of dims and width. It is an error if one of them is
// zero or the product overflows.
func elements(dims []int, width int) (int, error) {
	count := uint64(width)
	for i, d := range dims {
		if d <= 0 {
			return 0, dataErrorf("dimension %d of %v is %d: the file holds no data", i+1, dims, d)
		}
		high, low := bits.Mul64(count, uint64(d))
		if high != 0 || low > math.MaxInt {
			return 0, dataErrorf("corrupt header: dimensions %v are more than any file can hold", dims)
		}
		count = low
	}
	if count == 0 {
		return 0, dataErrorf("elements of 0 bytes: the file holds no data")
	}
	return int(count), nil
}

// readExactly reads want bytes, after which r must end. The system assigns memory to
// the slice page by page, when bytes arrive.
func readExactly(r io.Reader, want int) ([]byte, error) {
	data := make([]byte, want)
	n, err := io.ReadFull(r, data)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, dataErrorf("truncated: %d of %d data bytes", n, want)
	}
	if err != nil {
		return nil, dataErrorf("after %d data bytes: %w", n, err)
	}
	return data, ends(r, want)
}

// ends returns an error if a reader does not end after the number of bytes read so far.
func ends(r io.Reader, read int) error {
	var extra [1]byte
	switch _, err := io.ReadFull(r, extra[:]); {
	case err == nil:
		return dataErrorf("trailing bytes after the %d declared data bytes", read)
	case !errors.Is(err, io.EOF):
		return dataErrorf("after %d data bytes: %w", read, err)
	}
	return nil
}

// readHeader reads len(header) bytes into header.
func readHeader(r io.Reader, header []byte) error {
	n, err := io.ReadFull(r, header)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return dataErrorf("truncated header: %d of %d bytes", n, len(header))
	}
	if err != nil {
		return dataErrorf("%w", err)
	}
	return nil
}

// contextReader stops reading when its context is done. It checks the context at least
// once per MiB.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c contextReader) Read(p []byte) (int, error) {
	if err := context.Cause(c.ctx); err != nil {
		return 0, err
	}
	return c.r.Read(p[:min(len(p), 1<<20)])
}
