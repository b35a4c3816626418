package loaders

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
)

// axes is the meaning of the axes of an array: how many items it has, their shape, and
// where each element belongs.
type axes struct {
	count  int
	shape  Shape
	name   string // nd, nhw, nhwc or nchw
	dims   []int
	stride []int // of each axis, in values of the items N×C×H×W
}

// axesOf finds the axes of an array from its rank, its dimensions and a layout.
func axesOf(dims []int, layout string) (axes, error) {
	a := axes{name: layout, dims: dims}
	switch rank := len(dims); {
	case rank < 2:
		return a, dataErrorf("array of shape %v, want rows of numbers; hint: save x.reshape(-1, 1) if each number is an item, x.reshape(1, -1) if they are one item", dims)
	case rank > 4:
		return a, dataErrorf("array of rank %d, want N×D, N×H×W, N×H×W×C or N×C×H×W; hint: save x.reshape(len(x), -1) for rows of numbers", rank)
	case layout != layouts[0] && len(layout) != rank:
		return a, usageErrorf("layout %s is for arrays of rank %d, but the array has the shape %v; hint: --layout auto", layout, len(layout), dims)
	case layout != layouts[0]:
	case rank == 4:
		last, first := isChannels(dims[3]), isChannels(dims[1])
		if last == first {
			return a, dataErrorf("array of shape %v: axis 1 or axis 3 can be the channels; hint: --layout nchw or --layout nhwc", dims)
		}
		if a.name = "nchw"; last {
			a.name = "nhwc"
		}
	default:
		a.name = layouts[rank-1] // nd, nhw
	}
	a.count = dims[0]
	switch a.name {
	case "nd":
		a.shape, a.stride = Shape{1, 1, dims[1]}, []int{1}
	case "nhw":
		a.shape, a.stride = Shape{1, dims[1], dims[2]}, []int{dims[2], 1}
	case "nhwc":
		a.shape, a.stride = Shape{dims[3], dims[1], dims[2]}, []int{dims[2], 1, dims[1] * dims[2]}
	default:
		a.shape, a.stride = Shape{dims[1], dims[2], dims[3]}, []int{dims[2] * dims[3], dims[3], 1}
	}
	a.stride = append([]int{a.shape.Size()}, a.stride...)
	return a, nil
}

func isChannels(c int) bool { return c == 1 || c == 3 }

// odometer finds the place of each element of an array, in the order of its file.
type odometer struct {
	dims, stride, index []int // of the axes, the one that changes fastest first
	at                  int
}

func (a axes) odometer(fortran bool) *odometer {
	o := &odometer{dims: slices.Clone(a.dims), stride: slices.Clone(a.stride), index: make([]int, len(a.dims))}
	if !fortran {
		slices.Reverse(o.dims)
		slices.Reverse(o.stride)
	}
	return o
}

// next moves to the next element.
func (o *odometer) next() {
	for axis, size := range o.dims {
		o.at += o.stride[axis]
		if o.index[axis]++; o.index[axis] < size {
			return
		}
		o.at -= o.stride[axis] * size
		o.index[axis] = 0
	}
}

// isPixels reports whether the array holds images of bytes, whose values are divided by
// 255 as those of all images.
func (a array) isPixels(x axes) bool { return a.kind == 'u' && a.width == 1 && x.name != "nd" }

// checkNumbers accepts an array of integers, truth values or real numbers.
func (a array) checkNumbers() error {
	widths := map[byte][]int{'u': {1, 2, 4, 8}, 'i': {1, 2, 4, 8}, 'b': {1}, 'f': {2, 4, 8}}
	if slices.Contains(widths[a.kind], a.width) {
		return nil
	}
	what := map[byte]string{
		'c': "complex numbers (%s); hint: save numpy.abs(x), or the parts as columns", 'U': "text (%s); hint: text can only be a label",
		'S': "text (%s); hint: text can only be a label", 'M': "dates (%s); hint: save x.astype(float)", 'm': "times (%s); hint: save x.astype(float)",
	}[a.kind]
	if what == "" {
		what = "elements of type %s; hint: save x.astype(numpy.float32)"
	}
	return dataErrorf("holds "+what, a.descr)
}

// number returns a function that converts an element.
func (a array) number() func(element []byte) float64 {
	switch {
	case a.kind == 'f' && a.width == 2:
		return func(e []byte) float64 { return float16(a.order.Uint16(e)) }
	case a.kind == 'f' && a.width == 4:
		return func(e []byte) float64 { return float64(math.Float32frombits(a.order.Uint32(e))) }
	case a.kind == 'f':
		return func(e []byte) float64 { return math.Float64frombits(a.order.Uint64(e)) }
	case a.kind == 'i':
		return func(e []byte) float64 { return float64(a.signed(e)) }
	case a.kind == 'b':
		return func(e []byte) float64 { return float64(min(e[0], 1)) }
	}
	return func(e []byte) float64 { return float64(a.unsigned(e)) }
}

// float16 converts a half-precision number of IEEE 754.
func float16(bits uint16) float64 {
	exponent, fraction := int(bits>>10&31), float64(bits&1023)
	v := math.Ldexp(1024+fraction, exponent-25)
	switch {
	case exponent == 0:
		v = math.Ldexp(fraction, -24)
	case exponent == 31 && fraction == 0:
		v = math.Inf(1)
	case exponent == 31:
		v = math.NaN()
	}
	if bits>>15 == 1 {
		v = -v
	}
	return v
}

// chunkBytes is how much of a file is read at a time.
const chunkBytes = 1 << 16

// eachElement reads the elements of an array, after which the source must end, and gives
// each to use, with its place in N×C×H×W.
func (a array) eachElement(ctx context.Context, s source, x axes, use func(at int, element []byte) error) error {
	total, err := s.claim(a.dims, a.width)
	if err != nil {
		return err
	}
	place, buffer := x.odometer(a.fortran), make([]byte, chunkBytes/a.width*a.width)
	for done := 0; done < total; {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		part := buffer[:min(len(buffer), total-done)]
		n, err := io.ReadFull(s, part)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return dataErrorf("truncated: %d of %d data bytes", done+n, total)
		}
		if err != nil {
			return dataErrorf("after %d data bytes: %w", done+n, err)
		}
		for len(part) > 0 {
			if err := use(place.at, part[:a.width]); err != nil {
				return err
			}
			place.next()
			part = part[a.width:]
		}
		done += n
	}
	return ends(s, total)
}

// readNumbers reads an array of any type of number and any order of memory. Images of
// bytes stay bytes, all other numbers become float32.
func readNumbers(ctx context.Context, s source, o ArrayOptions) (*matrix, error) {
	a, err := readNPYHeader(s)
	if err != nil {
		return nil, err
	}
	if err := a.checkNumbers(); err != nil {
		return nil, err
	}
	x, err := axesOf(a.dims, o.Layout)
	if err != nil {
		return nil, err
	}
	m := &matrix{shape: x.shape, rows: x.count, place: x.place, isPixels: a.isPixels(x)}
	if m.store, err = a.stay(s, x, o); err != nil || m.store != nil {
		return m, err
	}
	if m.isPixels {
		m.pixels, err = a.pixels(ctx, s, x)
		return m, err
	}
	err = a.eachNumber(ctx, s, x, func(values []float32, at int, v float64) error {
		m.values = values
		return m.put(at, v, o.Missing)
	})
	return m, err
}

// pixels reads an array of bytes as images N×C×H×W.
func (a array) pixels(ctx context.Context, s source, x axes) ([]uint8, error) {
	if !a.fortran && (x.name != "nhwc" || x.shape.Channels == 1) {
		return s.data(a.dims, 1)
	}
	count, err := s.claim(a.dims, 1)
	if err != nil {
		return nil, err
	}
	if err := s.room.take(int64(count)); err != nil {
		return nil, err
	}
	pixels := make([]uint8, count)
	return pixels, a.eachElement(ctx, s, x, func(at int, element []byte) error {
		pixels[at] = element[0]
		return nil
	})
}

// eachNumber makes room for the numbers of an array, and gives each number with its place
// to put.
func (a array) eachNumber(ctx context.Context, s source, x axes, put func(values []float32, at int, v float64) error) error {
	total, err := s.claim(a.dims, a.width)
	if err != nil {
		return err
	}
	count := total / a.width
	if err := s.room.take(4 * int64(count)); err != nil {
		return err
	}
	values, number := make([]float32, count), a.number()
	return a.eachElement(ctx, s, x, func(at int, element []byte) error { return put(values, at, number(element)) })
}

// place names an item and one of its values: "row 5, column 3".
func (x axes) place(row, value int) string {
	if x.name == "nd" {
		return fmt.Sprintf("row %d, column %d", row, value)
	}
	pixel := value % (x.shape.Height * x.shape.Width)
	text := fmt.Sprintf("item %d, pixel row %d, pixel column %d", row, pixel/x.shape.Width, pixel%x.shape.Width)
	if x.shape.Channels > 1 {
		text += fmt.Sprintf(", channel %d", value/(x.shape.Height*x.shape.Width))
	}
	return text
}
