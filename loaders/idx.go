package loaders

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"math/bits"

	"github.com/klauspost/compress/gzip"
)

// Ranks of the two kinds of IDX file: images are N×H×W, labels N.
const (
	imageRank = 3
	labelRank = 1
)

// idxTypes names the element types of the IDX format
// (http://yann.lecun.com/exdb/mnist); only 0x08 is read.
var idxTypes = map[byte]string{
	0x08: "uint8", 0x09: "int8", 0x0b: "int16", 0x0c: "int32", 0x0d: "float32", 0x0e: "float64",
}

// readIDX reads one uncompressed IDX file of uint8 to its very end and checks
// that it holds what its header says, no less and no more.
func readIDX(r io.Reader, rank int) (dims []int, data []uint8, err error) {
	var magic [4]byte
	if err := readHeader(r, magic[:]); err != nil {
		return nil, nil, err
	}
	switch {
	case magic[0] != 0 || magic[1] != 0:
		return nil, nil, dataErrorf("not an IDX file: starts with bytes %x, want 0000", magic[:2])
	case magic[2] != 0x08:
		return nil, nil, dataErrorf("element type 0x%02x (%s), want 0x08 (uint8)", magic[2], idxType(magic[2]))
	case int(magic[3]) != rank:
		return nil, nil, dataErrorf("array of rank %d, want %d: %s", magic[3], rank, rankHint(rank))
	}
	header := make([]byte, 4*rank)
	if err := readHeader(r, header); err != nil {
		return nil, nil, err
	}
	dims = make([]int, rank)
	for i := range dims {
		dims[i] = int(binary.BigEndian.Uint32(header[4*i:]))
	}
	count, err := elements(dims)
	if err != nil {
		return nil, nil, err
	}
	data, err = readExactly(r, count)
	return dims, data, err
}

func idxType(code byte) string {
	if name, ok := idxTypes[code]; ok {
		return name
	}
	return "unknown"
}

func rankHint(rank int) string {
	if rank == imageRank {
		return "images are count, height, width"
	}
	return "labels are a single row"
}

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

// elements multiplies dims, none of which may be zero or make the product
// overflow or exceed what this program holds in memory.
func elements(dims []int) (int, error) {
	count := uint64(1)
	for i, d := range dims {
		if d <= 0 {
			return 0, dataErrorf("dimension %d of %v is %d: the file holds no data", i+1, dims, d)
		}
		high, low := bits.Mul64(count, uint64(d))
		if high != 0 || low > min(maxBytes, math.MaxInt) {
			return 0, dataErrorf("dimensions %v are more than %d GiB: corrupt header or more than fits in memory", dims, maxBytes>>30)
		}
		count = low
	}
	return int(count), nil
}

// readExactly reads want bytes and the end of r. Memory grows with the bytes
// that have really arrived (at most fourfold), never with want alone.
func readExactly(r io.Reader, want int) ([]byte, error) {
	data := make([]byte, 0, min(want, 1<<20))
	for {
		n, err := io.ReadFull(r, data[len(data):cap(data)])
		data = data[:len(data)+n]
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, dataErrorf("truncated: %d of %d data bytes", len(data), want)
		}
		if err != nil {
			return nil, dataErrorf("after %d data bytes: %w", len(data), err)
		}
		if len(data) == want {
			break
		}
		grown := make([]byte, len(data), min(want, 4*cap(data)))
		copy(grown, data)
		data = grown
	}
	var extra [1]byte
	switch _, err := io.ReadFull(r, extra[:]); {
	case err == nil:
		return nil, dataErrorf("trailing bytes after the %d declared data bytes", want)
	case !errors.Is(err, io.EOF):
		return nil, dataErrorf("after %d data bytes: %w", want, err)
	}
	return data, nil
}

// decompress undoes gzip if the bytes themselves say so, whatever the file is
// called.
func decompress(r io.Reader) (io.Reader, error) {
	buffered := bufio.NewReaderSize(r, 1<<16)
	magic, err := buffered.Peek(2)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, dataErrorf("%w", err)
	}
	if len(magic) < 2 || magic[0] != 0x1f || magic[1] != 0x8b {
		return buffered, nil
	}
	unzipped, err := gzip.NewReader(buffered)
	if err != nil {
		return nil, dataErrorf("gzip header: %w", err)
	}
	return unzipped, nil
}
