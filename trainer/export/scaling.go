package export

import (
	"fmt"
	"math"

	"gaetrain/graph/trace"
	"gaetrain/loaders"
	"gaetrain/trainer"
)

// largestPixel is the value of a white pixel outside of the program. Inside, it is 1.
const largestPixel = 255

// units says what the values of images or rows are outside of the program.
func units(t *trainer.Trained) string {
	d := t.Info.Data
	if d.Scaling == nil {
		return "pixels from 0 (black) to 255 (white), in the order channel, row, column"
	}
	text := "values of the images, in the order channel, row, column; bytes are divided by 255"
	if t.Shape().IsTable() {
		text = "values of the columns in order, in the units of the data"
	}
	if len(d.Scaling.Missing) > 0 {
		text += "; inputs may be NaN, which is replaced by the mean"
	}
	if d.Scaling.Kind == loaders.ScaleUnit {
		text += "; outputs have the scale of items that are divided by their Euclidean norm"
	}
	return text
}

// scaling converts between the values of the program and those that users have. They are
// images or rows of a shape.
type scaling struct {
	*loaders.Scaling // nil: pixels
	shape            []int
	none             bool // users have the values of the program
}

// scaled writes the values of the program.
func (s scaling) scaled(n *trace.Network, x *trace.Value) *trace.Value {
	const place = "scaling"
	switch {
	case s.none:
		return x
	case s.Scaling == nil:
		y := n.Node(place, "Div", x.Shape, nil, x, trace.Scalar(place+"/largest", largestPixel))
		return n.Python(y, "%s / 255", x)
	}
	if len(s.Missing) > 0 {
		means, self := s.constant(n, "missing", s.Missing)
		y := n.Node(place, "Where", x.Shape, nil, n.Node(place, "IsNaN", x.Shape, nil, x), means, x)
		x = n.Python(y, "torch.where(%s.isnan(), "+self+", %s)", x, x)
	}
	switch {
	case s.Kind == loaders.ScaleUnit:
		return n.As(place, unit(n, n.Flat(place, x)), s.shape...)
	case !s.IsLinear():
		return x
	}
	offset, offsetText := s.constant(n, "offset", s.Offset)
	rest, restText := s.constant(n, "rest", s.rest())
	scale, scaleText := s.constant(n, "scale", s.Scale)
	y := n.Node(place, "Sub", x.Shape, nil, n.Node(place, "Sub", x.Shape, nil, x, offset), rest)
	return n.Python(n.Node(place, "Div", x.Shape, nil, y, scale), fmt.Sprintf("(%%s - %s - %s) / %s", offsetText, restText, scaleText), x)
}

// unscaled is the inverse of scaled. The norm of a row is not known.
func (s scaling) unscaled(n *trace.Network, x *trace.Value) *trace.Value {
	const place = "unscaling"
	switch {
	case s.none:
		return x
	case s.Scaling == nil:
		y := n.Node(place, "Mul", x.Shape, nil, x, trace.Scalar(place+"/largest", largestPixel))
		return n.Python(y, "%s * 255", x)
	}
	if !s.IsLinear() {
		return x
	}
	offset, offsetText := s.constant(n, "offset", s.Offset)
	scale, scaleText := s.constant(n, "scale", s.Scale)
	y := n.Node(place, "Add", x.Shape, nil, n.Node(place, "Mul", x.Shape, nil, x, scale), offset)
	return n.Python(y, fmt.Sprintf("%%s * %s + %s", scaleText, offsetText), x)
}

// unit writes rows that are divided by their Euclidean norm. A row of zeros stays as it is.
func unit(n *trace.Network, x *trace.Value) *trace.Value {
	const place = "scaling"
	norm := n.Node(place, "ReduceL2", []int{1}, trace.Attributes{trace.Ints("axes", 1), trace.Int("keepdims", 1)}, x)
	zero := n.Node(place, "Equal", []int{1}, nil, norm, trace.Scalar(place+"/zero", 0))
	divisor := n.Node(place, "Where", []int{1}, nil, zero, trace.Scalar(place+"/one", 1), norm)
	n.Helper(`def unit(x):
    """Divides rows by their Euclidean norm. A row of zeros stays as it is."""
    norm = x.norm(dim=1, keepdim=True)
    return x / torch.where(norm == 0, 1.0, norm)
`)
	return n.Python(n.Node(place, "Div", x.Shape, nil, x, divisor), "unit(%s)", x)
}

// rest is what float32 leaves out of the offsets, so that large offsets with a small scale
// are subtracted exactly.
func (s scaling) rest() []float64 {
	rest := make([]float64, len(s.Offset))
	for i, v := range s.Offset {
		rest[i] = v - float64(float32(v))
		if math.Abs(rest[i]) < 1e-9*s.Scale[i] {
			rest[i] = 0
		}
	}
	return rest
}

// constant returns one value for each column of a table or channel of images.
func (s scaling) constant(n *trace.Network, name string, values []float64) (*trace.Value, string) {
	shape := []int{len(values)}
	for range s.shape[1:] {
		shape = append(shape, 1)
	}
	floats := make([]float32, len(values))
	for i, v := range values {
		floats[i] = float32(v)
	}
	c := trace.Constant("scaling/"+name, shape, floats)
	return c, n.Buffer("scaling/"+name, c.Constant)
}
