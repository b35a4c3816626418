package layer

import (
	"fmt"
	"strings"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/graph/op"
	"gaetrain/graph/trace"
)

// Filters are the filters of a convolution.
type Filters struct {
	Kernel, Stride Extent
	Padding        Extent // zeros on each side of the image
	Dilation       Extent // distance of neighbouring taps of a kernel; 0 means 1
}

// maxSide limits the numbers that describe filters. maxTaps limits the table
// that lists, for each position along a side, which tap reads which pixel.
const (
	maxSide = 1 << 15
	maxTaps = 1 << 26
)

func height(e Extent) int { return e.Height }
func width(e Extent) int  { return e.Width }

// dilation returns the dilation with 1 in place of 0.
func (f Filters) dilation() Extent {
	return Extent{Height: max(1, f.Dilation.Height), Width: max(1, f.Dilation.Width)}
}

// bounded returns an error if a number is out of bounds or a kernel is empty.
func (f Filters) bounded(of func(Extent) int, more ...int) error {
	for _, n := range append([]int{of(f.Kernel), of(f.Stride), of(f.Padding), of(f.Dilation)}, more...) {
		if n < 0 || n > maxSide {
			return fmt.Errorf("%d is out of bounds; hint: from 0 to %d", n, maxSide)
		}
	}
	if of(f.Kernel) < 1 || of(f.Stride) < 1 {
		return fmt.Errorf("a kernel of %d with stride %d; hint: at least 1 each", of(f.Kernel), of(f.Stride))
	}
	return nil
}

// parse reads channels, filters and options. further has the names of extents
// that only some layers have.
func (f *Filters) parse(channels *int, o *Options, arguments []string, further map[string]*Extent) (err error) {
	if len(arguments) < 2 {
		return fmt.Errorf("needs channels and kernel; hint: such as conv:16,3")
	}
	if *channels, err = parseCount(arguments[0]); err != nil {
		return err
	}
	if f.Kernel, err = parseExtent(arguments[1]); err != nil {
		return err
	}
	f.Stride = square(1)
	extents := map[string]*Extent{"s": &f.Stride, "p": &f.Padding, "d": &f.Dilation}
	for name, extent := range further {
		extents[name] = extent
	}
	padded := false
	for _, argument := range arguments[2:] {
		name := strings.TrimRight(argument, "0123456789x")
		extent, ok := extents[name]
		if !ok {
			if err = o.argument(argument); err != nil {
				return fmt.Errorf("%q is neither an option nor an activation; hint: such as s2, p1, d1, o1, batchnorm, layernorm, groupnorm:8 or relu", argument)
			}
			continue
		}
		if *extent, err = parseExtent(argument[len(name):]); err != nil {
			return err
		}
		padded = padded || name == "p"
	}
	if !padded { // keep the size at stride 1
		d := f.dilation()
		f.Padding = Extent{Height: d.Height * max(0, f.Kernel.Height-1) / 2, Width: d.Width * max(0, f.Kernel.Width-1) / 2}
	}
	return nil
}

// text writes channels and filters in the form that parse reads.
func (f Filters) text(channels int) string {
	text := fmt.Sprintf("%d,%s,s%s,p%s", channels, extentText(f.Kernel), extentText(f.Stride), extentText(f.Padding))
	if f.Dilation != (Extent{}) {
		text += ",d" + extentText(f.Dilation)
	}
	return text
}

// convolved is a placed convolution, transposed or not.
type convolved struct {
	units
	filters    Filters
	enlarge    Enlarge
	transposed bool
}

// place places a convolution with a known output shape.
func (f Filters) place(at At, l Layer, out graph.Shape, o Options, enlarge Enlarge, transposed bool) (*convolved, error) {
	c := &convolved{units{place: place{at, l, out}, has: o, units: out.Channels, count: out.Channels, places: out.Height * out.Width}, f, enlarge, transposed}
	taps, strides := f.Kernel.Height*f.Kernel.Width, f.Stride.Height*f.Stride.Width
	image, maps := at.In.Channels, out.Channels
	fanIn, fanOut := image*taps, max(1, maps*taps/strides)
	if transposed { // an output value depends on one tap in strides
		fanIn, fanOut = max(1, image*taps/strides), maps*taps
		image, maps = maps, image
	}
	if maps > graph.MaxSize/f.Kernel.Height/f.Kernel.Width/image || out.Channels > graph.MaxSize/out.Height/out.Width {
		return nil, impossible("%s would have %d×%d×%d×%d weights and make images of %s; hint: at most %d values each", at.Name, maps, f.Kernel.Height, f.Kernel.Width, image, out, graph.MaxSize)
	}
	factor := max(1, enlarge.Factor)
	for _, of := range []func(graph.Shape) (side, taps int){
		func(s graph.Shape) (int, int) { return s.Height, f.Kernel.Height },
		func(s graph.Shape) (int, int) { return s.Width, f.Kernel.Width },
	} {
		from, taps := of(at.In)
		to, _ := of(out)
		if side := max(from*factor, to); side > maxTaps/taps/taps {
			return nil, impossible("%s has %d taps along %d pixels; hint: smaller kernels", at.Name, taps, side)
		}
	}
	c.weigh(fanIn, fanOut, maps, f.Kernel.Height, f.Kernel.Width, image)
	return c, c.check()
}

// convolution returns the shapes for package kernel.
func (c *convolved) convolution() kernel.Convolution {
	factor := max(1, c.enlarge.Factor)
	image := kernel.Images{Channels: c.at.In.Channels, Height: c.at.In.Height * factor, Width: c.at.In.Width * factor}
	maps := kernel.Images{Channels: c.out.Channels, Height: c.out.Height, Width: c.out.Width}
	if c.transposed {
		image, maps = maps, image
	}
	f := c.filters
	return kernel.Convolution{Image: image, Maps: maps, Kernel: f.Kernel, Stride: f.Stride, Padding: f.Padding, Dilation: f.dilation(), Enlarge: kernel.Enlargement(c.enlarge)}
}

func (c *convolved) flops() float64 {
	shape := c.convolution()
	shape.Prepare()
	return shape.FLOPs()
}

// On declares the layer.
func (c *convolved) On(s *graph.Scope, x graph.Value) graph.Value {
	return c.on(s, s.Images(c.at.Name, x), c)
}

func (c *convolved) sums(s *graph.Scope, act kernel.Activation, x, w, b graph.Value) graph.Value {
	y := s.Apply(func(rows *op.Rows, n op.Node, more ...op.Node) (op.Node, error) {
		return op.Convolution(c.at.Name, rows, act, c.convolution(), c.transposed, x.Constant(), n, more[0], second(more))
	}, x, append([]graph.Value{w}, optional(b)...)...)
	return s.Traced(y, func(n *trace.Network, in []*trace.Value) *trace.Value {
		x := enlarged(n, c.enlarge, c.at.Name, n.As(c.at.Name, in[0], c.at.In.Channels, c.at.In.Height, c.at.In.Width))
		return graph.Activated(n, c.at.Name, act, c.form(n, x, channelsFirst(c.at.Name+"/weights", in[1]), in[2]))
	}, x, w, b)
}

// form writes the sums of images x (b: nil for none).
func (c *convolved) form(n *trace.Network, x, w, b *trace.Value) *trace.Value {
	f := c.filters
	d, p := f.dilation(), f.Padding
	attributes := trace.Attributes{
		trace.Ints("dilations", d.Height, d.Width), trace.Ints("kernel_shape", f.Kernel.Height, f.Kernel.Width),
		trace.Ints("pads", p.Height, p.Width, p.Height, p.Width), trace.Ints("strides", f.Stride.Height, f.Stride.Width),
	}
	arguments := fmt.Sprintf("%d, %d, %s", x.Shape[0], c.count, pair(f.Kernel))
	named := func(name string, e Extent, usual int) {
		if e != square(usual) {
			arguments += fmt.Sprintf(", %s=%s", name, pair(e))
		}
	}
	named("stride", f.Stride, 1)
	named("padding", p, 0)
	named("dilation", d, 1)
	kind, module := "Conv", "nn.Conv2d"
	if c.transposed {
		kind, module = "ConvTranspose", "nn.ConvTranspose2d"
		extra := Extent{Height: c.out.Height - f.unpadded(c.at.In.Height, height), Width: c.out.Width - f.unpadded(c.at.In.Width, width)}
		named("output_padding", extra, 0)
		attributes = append(attributes, trace.Ints("output_padding", extra.Height, extra.Width))
	}
	if b == nil {
		arguments += ", bias=False"
	}
	y := n.Node(c.at.Name, kind, []int{c.out.Channels, c.out.Height, c.out.Width}, attributes, x, w, b)
	self := n.Module(c.at.Name, fmt.Sprintf("%s(%s)", module, arguments), trace.StateOf("weight", w), trace.StateOf("bias", b))
	return n.Python(y, self+"(%s)", x)
}

// channelsFirst returns filters F×kh×kw×C in the order F×C×kh×kw of ONNX and PyTorch.
func channelsFirst(name string, w *trace.Value) *trace.Value {
	maps, taps, channels := w.Shape[0], w.Shape[1]*w.Shape[2], w.Shape[3]
	values := make([]float32, 0, len(w.Constant.Floats))
	for f := range maps {
		for c := range channels {
			for t := range taps {
				values = append(values, w.Constant.Floats[(f*taps+t)*channels+c])
			}
		}
	}
	return trace.Constant(name, []int{maps, channels, w.Shape[1], w.Shape[2]}, values)
}

// tie makes the layer use the weights of the layer that it mirrors.
func (c *convolved) tie(t Tied) (Placed, error) {
	from, ok := t.Of.(*convolved)
	if !ok {
		return nil, impossible("tied %s mirrors %s; hint: both fully connected, or both with filters", c.at.Name, t.Of.Name())
	}
	if t.pooled {
		return nil, impossible("tied %s mirrors %s, which is pooled; hint: strides in place of pooling, or maxpool in the encoder and unpool in the decoder", c.at.Name, from.at.Name)
	}
	f, g := c.filters, from.filters
	f.Dilation, g.Dilation = f.dilation(), g.dilation()
	if f != g || c.transposed == from.transposed || c.enlarge.Factor > 1 || from.enlarge.Factor > 1 {
		return nil, impossible("tied %s and %s have different filters; hint: the same kernel, stride and padding, one of them transposed", c.at.Name, from.at.Name)
	}
	if c.out != from.at.In || c.at.In.Channels != from.out.Channels {
		return nil, impossible("tied %s has %d units, but %s has %d inputs; hint: as many units as inputs", c.at.Name, c.out.Size(), from.at.Name, from.at.In.Size())
	}
	return c, c.take(t, from)
}
