package loaders

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// array is a NumPy array in C order, still as bytes.
type array struct {
	dims  []int
	kind  byte // 'u' unsigned, 'i' signed, 'b' bool, 'f' float, …
	width int  // bytes per element
	order binary.ByteOrder
	data  []byte
}

// The header is a Python dict literal that numpy.lib.format writes in one way
// only; other programs differ in spaces and order at most.
var (
	npyDescr   = regexp.MustCompile(`'descr'\s*:\s*'([<>|=])([a-zA-Z])(\d{1,4})'`)
	npyFortran = regexp.MustCompile(`'fortran_order'\s*:\s*(True|False)`)
	npyShape   = regexp.MustCompile(`'shape'\s*:\s*\(([\d\s,L]*)\)`)
)

// maxNPYHeader is generous: NumPy itself writes 128 bytes for plain arrays and
// refuses to read headers beyond 10,000.
const maxNPYHeader = 1 << 16

// readNPY reads one .npy stream (NEP 1, versions 1 to 3) to its end. The
// general-purpose readers trust the header's sizes; this one does not.
func readNPY(r io.Reader) (array, error) {
	var start [8]byte
	if err := readHeader(r, start[:]); err != nil {
		return array{}, err
	}
	if !bytes.HasPrefix(start[:], []byte("\x93NUMPY")) {
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
	if err := readHeader(r, lengthBytes); err != nil {
		return array{}, err
	}
	length := binary.LittleEndian.Uint32(append(slices.Clone(lengthBytes), 0, 0)[:4])
	if length > maxNPYHeader {
		return array{}, dataErrorf("NumPy header of %d bytes, want at most %d", length, maxNPYHeader)
	}
	header := make([]byte, length)
	if err := readHeader(r, header); err != nil {
		return array{}, err
	}
	a, err := parseNPYHeader(string(header))
	if err != nil {
		return array{}, err
	}
	count, err := elements(append(slices.Clone(a.dims), a.width))
	if err != nil {
		return array{}, err
	}
	a.data, err = readExactly(r, count)
	return a, err
}

func parseNPYHeader(header string) (array, error) {
	descr, fortran, shape := npyDescr.FindStringSubmatch(header), npyFortran.FindStringSubmatch(header), npyShape.FindStringSubmatch(header)
	if descr == nil || fortran == nil || shape == nil {
		return array{}, dataErrorf("NumPy header %.80q is not that of a plain array", strings.TrimSpace(header))
	}
	if fortran[1] == "True" {
		return array{}, dataErrorf("array in Fortran order; hint: save numpy.ascontiguousarray(a)")
	}
	a := array{kind: descr[2][0], order: binary.LittleEndian}
	if descr[1] == ">" {
		a.order = binary.BigEndian
	}
	a.width, _ = strconv.Atoi(descr[3]) // four digits at most
	for field := range strings.SplitSeq(shape[1], ",") {
		field = strings.TrimSuffix(strings.TrimSpace(field), "L")
		if field == "" {
			continue
		}
		d, err := strconv.Atoi(field)
		if err != nil {
			return array{}, dataErrorf("NumPy shape (%s): %w", shape[1], err)
		}
		a.dims = append(a.dims, d)
	}
	return a, nil
}

// images reads the array as uint8 images: N×H×W, N×H×W×C as Keras has them,
// N×C×H×W as PyTorch has them (C is 1 or 3), or flat N×D, which becomes a
// square if D is one and a row of D pixels if not.
func (a array) images() (Split, error) {
	if a.kind != 'u' || a.width != 1 {
		return Split{}, dataErrorf("images are of type %c%d, want u1 (uint8); hint: save pixels 0…255 as numpy.uint8", a.kind, a.width)
	}
	isChannels := func(c int) bool { return c == 1 || c == 3 }
	switch d := a.dims; {
	case len(d) == 2:
		return Split{Shape: flatShape(d[1]), Images: a.data}, nil
	case len(d) == 3:
		return Split{Shape: Shape{1, d[1], d[2]}, Images: a.data}, nil
	case len(d) == 4 && isChannels(d[3]):
		shape := Shape{d[3], d[1], d[2]}
		planesFirst(a.data, shape)
		return Split{Shape: shape, Images: a.data}, nil
	case len(d) == 4 && isChannels(d[1]):
		return Split{Shape: Shape{d[1], d[2], d[3]}, Images: a.data}, nil
	}
	return Split{}, dataErrorf("images of shape %v, want N×H×W, N×H×W×C or N×C×H×W with C 1 or 3", a.dims)
}

func flatShape(size int) Shape {
	for side := 1; side*side <= size; side++ {
		if side*side == size {
			return Shape{1, side, side}
		}
	}
	return Shape{1, 1, size}
}

// planesFirst turns images H×W×C into C×H×W.
func planesFirst(data []uint8, shape Shape) {
	if shape.Channels == 1 {
		return
	}
	size, plane := shape.Size(), shape.Height*shape.Width
	planes := make([]uint8, size)
	for at := 0; at < len(data); at += size {
		for i, v := range data[at : at+size] {
			planes[i%shape.Channels*plane+i/shape.Channels] = v
		}
		copy(data[at:], planes)
	}
}

// labels reads the array, N or N×1 integers of any width, as labels 0…255.
func (a array) labels() ([]uint8, error) {
	if len(a.dims) != 1 && (len(a.dims) != 2 || a.dims[1] != 1) {
		return nil, dataErrorf("labels of shape %v, want one integer per image; hint: turn one-hot rows into numbers by argmax", a.dims)
	}
	if !strings.ContainsRune("uib", rune(a.kind)) || !slices.Contains([]int{1, 2, 4, 8}, a.width) {
		return nil, dataErrorf("labels are of type %c%d, want integers", a.kind, a.width)
	}
	labels := make([]uint8, a.dims[0])
	for i := range labels {
		element := a.data[i*a.width : (i+1)*a.width]
		value := a.unsigned(element)
		if value > 255 || a.kind == 'i' && a.width == 1 && value > 127 {
			return nil, dataErrorf("label %d is outside 0…255", i)
		}
		labels[i] = uint8(value)
	}
	return labels, nil
}

func (a array) unsigned(element []byte) uint64 {
	switch a.width {
	case 1:
		return uint64(element[0])
	case 2:
		return uint64(a.order.Uint16(element))
	case 4:
		return uint64(a.order.Uint32(element))
	}
	return a.order.Uint64(element)
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

func readMember(f *zip.File) (array, error) {
	r, err := f.Open()
	if err != nil {
		return array{}, dataErrorf("%s: %w", f.Name, err)
	}
	defer r.Close()
	a, err := readNPY(r)
	if err != nil {
		return array{}, dataErrorf("%s: %w", f.Name, err)
	}
	return a, nil
}
