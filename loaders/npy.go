package loaders

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// array is a NumPy array, still as bytes.
type array struct {
	dims    []int
	fortran bool   // the first index changes fastest, else the last one
	kind    byte   // 'u' unsigned, 'i' signed, 'b' bool, 'f' float, 'U' text in UTF-32, 'S' text in bytes, …
	descr   string // kind and size as in the header, such as u1 or U12
	width   int    // bytes per element
	order   binary.ByteOrder
	header  int // bytes before the data
	data    []byte
}

// The header is a Python dict literal. Programs that write such files differ only in
// spaces and in the order of the keys.
var (
	npyDescr   = regexp.MustCompile(`'descr'\s*:\s*'([<>|=])([a-zA-Z])(\d{1,4})'`)
	npyFortran = regexp.MustCompile(`'fortran_order'\s*:\s*(True|False)`)
	npyShape   = regexp.MustCompile(`'shape'\s*:\s*\(([\d\s,L]*)\)`)
)

// npyMagic is how a .npy file starts.
const npyMagic = "\x93NUMPY"

// maxNPYHeader limits the length of a header. NumPy writes 128 bytes for plain arrays
// and refuses to read headers of more than 10,000 bytes.
const maxNPYHeader = 1 << 16

// maxRank is the largest number of dimensions that NumPy supports.
const maxRank = 64

// readNPY reads a .npy file to its end. It calls check with the header before it
// allocates memory for the data.
func readNPY(s source, check func(array) error) (array, error) {
	a, err := readNPYHeader(s)
	if err != nil {
		return array{}, err
	}
	if err := check(a); err != nil {
		return array{}, err
	}
	a.data, err = s.data(a.dims, a.width)
	return a, err
}

// readNPYHeader reads the header of a .npy file (NEP 1, versions 1 to 3). Libraries for
// such files are not used, because they trust the sizes in the header.
func readNPYHeader(s source) (array, error) {
	var start [8]byte
	if err := readHeader(s, start[:]); err != nil {
		return array{}, err
	}
	if !bytes.HasPrefix(start[:], []byte(npyMagic)) {
		return array{}, dataErrorf("not a NumPy array: starts with bytes %x", start[:6])
	}
	lengthBytes := make([]byte, 4)
	switch major := start[6]; major {
	case 1:
		lengthBytes = lengthBytes[:2]
	case 2, 3:
	default:
		return array{}, dataErrorf("NumPy format version %d, want 1 to 3", major)
	}
	if err := readHeader(s, lengthBytes); err != nil {
		return array{}, err
	}
	length := binary.LittleEndian.Uint32(append(slices.Clone(lengthBytes), 0, 0)[:4])
	if length > maxNPYHeader {
		return array{}, dataErrorf("NumPy header of %d bytes, want at most %d", length, maxNPYHeader)
	}
	header := make([]byte, length)
	if err := readHeader(s, header); err != nil {
		return array{}, err
	}
	a, err := parseNPYHeader(string(header))
	a.header = len(start) + len(lengthBytes) + len(header)
	return a, err
}

func parseNPYHeader(header string) (array, error) {
	descr, fortran, shape := npyDescr.FindStringSubmatch(header), npyFortran.FindStringSubmatch(header), npyShape.FindStringSubmatch(header)
	if strings.Contains(header, "'|O'") {
		return array{}, dataErrorf("array of Python objects; hint: save labels as y.astype(str) or y.astype(int), images of one size as numpy.stack(x)")
	}
	if descr == nil || fortran == nil || shape == nil {
		return array{}, dataErrorf("NumPy header %.80q is not that of a plain array", strings.TrimSpace(header))
	}
	a := array{kind: descr[2][0], descr: descr[2] + descr[3], order: binary.LittleEndian, fortran: fortran[1] == "True"}
	if descr[1] == ">" {
		a.order = binary.BigEndian
	}
	a.width, _ = strconv.Atoi(descr[3]) // four digits at most
	if a.kind == 'U' {
		a.width *= 4 // the header counts characters
	}
	for field := range strings.SplitSeq(shape[1], ",") {
		field = strings.TrimSuffix(strings.TrimSpace(field), "L")
		if field == "" {
			continue
		}
		d, err := strconv.Atoi(field)
		if err != nil {
			return array{}, dataErrorf("NumPy shape (%.80s): %w", shape[1], errors.Unwrap(err))
		}
		if len(a.dims) == maxRank {
			return array{}, dataErrorf("array of more than %d dimensions", maxRank)
		}
		a.dims = append(a.dims, d)
	}
	return a, nil
}

// imageAxes returns the axes of images of uint8: N×H×W, N×H×W×C as in Keras, N×C×H×W as in
// PyTorch (C is 1 or 3), or flat N×D. A flat image is a square if D is a square number,
// else a row of D pixels. D that is three times a square number is refused, because such
// an image can be a row, or have colours in one of two orders.
func (a array) imageAxes() (x axes, err error) {
	if a.kind != 'u' || a.width != 1 {
		return x, dataErrorf("images are of type %s, want u1 (uint8); hint: save pixels 0…255 as numpy.uint8", a.descr)
	}
	switch d := a.dims; {
	case len(d) == 2:
		if x, err = axesOf(d, "nd"); err == nil {
			x.shape, err = flatShape(d[1])
		}
		return x, err
	case len(d) == 3:
		return axesOf(d, "nhw")
	case len(d) == 4 && isChannels(d[3]):
		return axesOf(d, "nhwc")
	case len(d) == 4 && isChannels(d[1]):
		return axesOf(d, "nchw")
	}
	return x, dataErrorf("images of shape %v, want N×H×W, N×H×W×C or N×C×H×W with C 1 or 3", a.dims)
}

// readImages reads an array of uint8 images.
func readImages(ctx context.Context, s source) (Split, error) {
	a, err := readNPYHeader(s)
	if err != nil {
		return Split{}, err
	}
	x, err := a.imageAxes()
	if err != nil {
		return Split{}, err
	}
	pixels, err := a.pixels(ctx, s, x)
	return Pixels(x.shape, pixels), err
}

// flatShape returns the shape of flat images of the given number of values.
func flatShape(size int) (Shape, error) {
	if s := side(size); s*s == size {
		return Shape{1, s, s}, nil
	}
	if s := side(size / 3); s > 1 && 3*s*s == size {
		return Shape{}, dataErrorf("flat images of %d values, which can be %d×%d pixels in colour; hint: save x.reshape(-1, 3, %d, %d) if the red values come first, "+
			"x.reshape(-1, %d, %d, 3) if the pixels do, x.reshape(-1, 1, %d) for rows of grey pixels", size, s, s, s, s, s, s, size)
	}
	return Shape{1, 1, size}, nil
}

// side returns the square root, rounded down. It is exact for sizes below 2⁵³.
func side(size int) int { return int(math.Sqrt(float64(size))) }
