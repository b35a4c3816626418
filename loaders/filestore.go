package loaders

import (
	"crypto/md5"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strings"
	"sync"

	"gaetrain/graph/kernel"
	"gaetrain/loaders/files"
	"gaetrain/loaders/memory"
)

// fileStore reads items of equal size from a file whenever they are asked for. The file
// is not mapped into memory: its pages would be part of the memory of the process, and a
// file that is truncated meanwhile would end the process by a signal.
type fileStore struct {
	file  io.ReaderAt
	path  string // for messages
	start int64  // of the first item
	bytes int    // of an item
	count int
	// decode writes the values of an item. Errors name what is wrong with it.
	decode func(dst []float32, item []byte) error
	sums   []byte // 4 bytes of CRC-32C for each item; nil: none
	items  *sync.Pool
}

// newBuffers returns a pool of buffers of n bytes.
func newBuffers(n int) *sync.Pool {
	return &sync.Pool{New: func() any {
		buffer := make([]byte, n)
		return &buffer
	}}
}

func (f *fileStore) Len() int      { return f.count }
func (f *fileStore) Bytes() int64  { return 0 }
func (f *fileStore) inFiles() bool { return true }

func (f *fileStore) Read(dst []float32, i int) error {
	buffer := f.items.Get().(*[]byte)
	defer f.items.Put(buffer)
	n, err := f.file.ReadAt(*buffer, f.start+int64(i)*int64(f.bytes))
	switch {
	case n == f.bytes && f.sums != nil && crc32.Checksum(*buffer, castagnoli) != binary.LittleEndian.Uint32(f.sums[4*i:]):
		err = errors.New("damaged; hint: remove the file, and it will be made again")
	case n == f.bytes:
		err = f.decode(dst, *buffer)
	case errors.Is(err, io.EOF):
		err = errors.New("the file was truncated after it was opened")
	default:
		err = files.Reason(err)
	}
	if err != nil {
		return dataErrorf("%s: item %d: %w", f.path, i, err)
	}
	return nil
}

// pixelRows decodes images of bytes, C×H×W or, if channelsLast, H×W×C.
func pixelRows(shape Shape, channelsLast bool) func(dst []float32, item []byte) error {
	if !channelsLast || shape.Channels == 1 {
		return func(dst []float32, item []byte) error {
			kernel.ScaleBytes(dst, item)
			return nil
		}
	}
	plane := shape.Height * shape.Width
	planes := newBuffers(shape.Size())
	return func(dst []float32, item []byte) error {
		buffer := planes.Get().(*[]byte)
		defer planes.Put(buffer)
		for channel := range shape.Channels {
			part := (*buffer)[channel*plane : (channel+1)*plane]
			for i := range part {
				part[i] = item[i*shape.Channels+channel]
			}
		}
		kernel.ScaleBytes(dst, *buffer)
		return nil
	}
}

// stay returns a store of the items of an array if they do not fit into the budget, and
// nil if they are to be read into memory, of which they need a number of bytes. The array
// has the given dimensions and element width, and begins after a header.
func (s source) stay(header int, dims []int, width int, need int64, decode func(dst []float32, item []byte) error) (Store, error) {
	total, err := s.claim(dims, width)
	if err != nil || s.room.fits(need) {
		return nil, err
	}
	if s.raw == nil {
		return nil, s.room.compressed(need)
	}
	switch rest := s.raw.size - int64(header); {
	case rest < int64(total):
		return nil, dataErrorf("truncated: %d of %d data bytes", rest, total)
	case rest > int64(total):
		return nil, dataErrorf("trailing bytes after the %d declared data bytes", total)
	}
	file, err := s.raw.open()
	if err != nil {
		return nil, dataErrorf("%w", files.Reason(err))
	}
	size := total / dims[0]
	return &fileStore{file.(io.ReaderAt), s.raw.path, int64(header), size, dims[0], decode, nil, newBuffers(size)}, nil
}

// compressed returns the error about values that cannot stay in their file, because it is
// compressed, and do not fit into memory either.
func (b *budget) compressed(bytes int64) error {
	if b.values == 0 || !b.stays {
		err := b.take(bytes)
		if err != nil && b.stays {
			return dataErrorf("%w; or decompress the file, so that it can be read as it is needed", err)
		}
		return err
	}
	return dataErrorf("the values need %s of memory, but data-memory is %s, and they cannot be read from a compressed file as they are needed; hint: decompress the file, or choose a larger --data-memory",
		memory.Format(bytes), ByteSize(b.values))
}

// inFiles reports whether a store reads files whenever its items are read.
func inFiles(s Store) bool {
	stays, ok := s.(interface{ inFiles() bool })
	return ok && stays.inFiles()
}

// sampled returns a digest of a file that is too large to be read wholly: of its size
// and of blocks at even distances. Its prefix says so, because it differs from that of the
// whole content.
func sampled(file io.ReaderAt, size int64) (string, error) {
	const blocks, blockBytes = 64, 1 << 14
	sum, block := md5.New(), make([]byte, blockBytes)
	fmt.Fprintf(sum, "%d\n", size)
	for i := range int64(blocks) {
		n, err := file.ReadAt(block, i*max(size-blockBytes, 0)/(blocks-1))
		if err != nil && !errors.Is(err, io.EOF) {
			return "", dataErrorf("%w", files.Reason(err))
		}
		sum.Write(block[:n])
	}
	return "md5-of-samples:" + digestOf(sum), nil
}

// withScheme adds the prefix md5: to a digest of a whole content.
func withScheme(digest string) string {
	if strings.Contains(digest, ":") {
		return digest
	}
	return "md5:" + digest
}

// logStaying reports which splits stay in their files.
func (o Options) logStaying(source, hint string, splits ...Split) {
	var values int64
	for _, s := range splits {
		if s.Store != nil && inFiles(s.Store) {
			values += int64(s.Len()) * int64(s.Shape.Size())
		}
	}
	if values == 0 {
		return
	}
	o.log("%s: %s of pixels are read from their files in each epoch, because the data do not fit into the memory for data (--data-memory %v)%s",
		source, memory.Format(values), o.DataMemory, hint)
}
