package layer

import (
	"fmt"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/graph/trace"
)

// Conv is a convolution, y = act(W ∗ x + b), with zero padding.
type Conv struct {
	Channels int // of the output
	Filters
	Enlarge Enlarge // applied to the input before the convolution
	Options
}

// Enlarge scales images up by a factor. 0 and 1 mean no scaling. Pixels are
// repeated, or interpolated if it is bilinear.
type Enlarge = kernel.Enlargement

// enlarged writes images that are scaled up.
func enlarged(n *trace.Network, e Enlarge, place string, x *trace.Value) *trace.Value {
	if e.Factor < 2 {
		return x
	}
	attributes := trace.Attributes{trace.Text("coordinate_transformation_mode", "asymmetric"), trace.Text("mode", "nearest"), trace.Text("nearest_mode", "floor")}
	python := fmt.Sprintf("F.interpolate(%%s, scale_factor=%d)", e.Factor)
	if e.Bilinear {
		attributes = trace.Attributes{trace.Text("coordinate_transformation_mode", "half_pixel"), trace.Text("mode", "linear")}
		python = fmt.Sprintf(`F.interpolate(%%s, scale_factor=%d, mode="bilinear")`, e.Factor)
	}
	factor := float32(e.Factor)
	scales := trace.Constant(place+"/scales", []int{4}, []float32{1, 1, factor, factor})
	return n.Python(n.Node(place, "Resize", []int{x.Shape[0], x.Shape[1] * e.Factor, x.Shape[2] * e.Factor}, attributes, x, nil, scales), python, x)
}

func init() {
	register("conv", func(r *reader, arguments []string, like Options) error {
		l := Conv{Enlarge: r.enlarge, Options: like}
		if err := l.parse(&l.Channels, &l.Options, arguments, nil); err != nil {
			return err
		}
		return r.add(l, l.Dropout, true)
	})
	for _, kind := range []string{"up", "bilinear"} {
		register(kind, func(r *reader, _ []string, _ Options) (err error) {
			if err := r.refuseSecond(); err != nil {
				return err
			}
			r.enlarge.Bilinear = kind == "bilinear"
			if r.enlarge.Factor, err = parseCount(r.rest); err == nil && r.enlarge.Factor < 2 {
				err = fmt.Errorf("%q is not a factor of at least 2", r.rest)
			}
			return err
		})
	}
}

// String returns the text form that Parse reads.
func (l Conv) String() string {
	text := "conv:" + l.text(l.Channels) + l.arguments()
	switch {
	case l.Enlarge.Factor < 2:
		return text
	case l.Enlarge.Bilinear:
		return fmt.Sprintf("bilinear:%d %s", l.Enlarge.Factor, text)
	}
	return fmt.Sprintf("up:%d %s", l.Enlarge.Factor, text)
}

func (l Conv) full() string { return l.String() + l.further() }

func (l Conv) with(o Options) Layer {
	l.Options = o
	return l
}

// Place implements Layer.
func (l Conv) Place(at At) (Placed, error) {
	out, err := l.output(at)
	if err != nil {
		return nil, err
	}
	c, err := l.place(at, l, out, l.Options, l.Enlarge, false)
	if err != nil {
		return nil, err
	}
	return c, nil
}

// output is the shape of the output.
func (l Conv) output(at At) (out graph.Shape, err error) {
	if err = checkCount(at, l.Channels); err != nil {
		return out, err
	}
	out.Channels = l.Channels
	if out.Height, err = l.side(at.In.Height, height); err != nil {
		return out, impossible("%s: height of %s: %w", at.Name, at.In, err)
	}
	if out.Width, err = l.side(at.In.Width, width); err != nil {
		return out, impossible("%s: width of %s: %w", at.Name, at.In, err)
	}
	return out, nil
}

// side is the size of the output along one side of an image.
func (l Conv) side(in int, of func(Extent) int) (int, error) {
	if err := l.bounded(of, in, l.Enlarge.Factor); err != nil {
		return 0, err
	}
	reach := of(l.dilation())*(of(l.Kernel)-1) + 1
	in *= max(1, l.Enlarge.Factor)
	if in+2*of(l.Padding) < reach || in > maxSide {
		return 0, fmt.Errorf("a kernel that spans %d pixels does not fit into %d pixels with padding %d", reach, in, of(l.Padding))
	}
	return (in+2*of(l.Padding)-reach)/of(l.Stride) + 1, nil
}

func (c *convolved) strides() (smaller, larger Extent) {
	if c.transposed {
		return square(1), c.filters.Stride
	}
	return c.filters.Stride, square(max(1, c.enlarge.Factor))
}

// mirror returns the layer that restores the shape of the input, through the
// pooling after this layer.
func (c *convolved) mirror(m mirroring) (Sequence, error) {
	var before Sequence
	in, out, pool := c.at.In, c.out, m.pool
	if m.by == ByUnpooling {
		m.by = ByTransposed
		if pool != nil && pool.pool.Average {
			return nil, fmt.Errorf("average pooling cannot be unpooled; hint: maxpool, or another --upsampling")
		}
		if pool != nil {
			before, pool = Sequence{pool.undo()}, nil
		}
	}
	stride := c.filters.Stride
	if pool != nil {
		out = pool.out
		stride.Height *= max(1, pool.pool.Stride.Height)
		stride.Width *= max(1, pool.pool.Stride.Width)
	}
	factor := stride.Height
	exact := stride.Width == factor && in.Height == factor*out.Height && in.Width == factor*out.Width
	conv := Conv{Channels: in.Channels, Filters: c.filters, Options: m.like}
	var l interface {
		Layer
		output(at At) (graph.Shape, error)
	} = conv
	switch {
	case c.transposed || c.enlarge.Factor > 1 || m.unpools:
		return nil, fmt.Errorf("the encoder scales images up, which has no mirror; hint: give the layers of the decoder with --decoder")
	case m.tied && pool != nil:
		return nil, fmt.Errorf("tied weights cannot undo pooling; hint: strides in place of pooling, or --upsampling unpool")
	case !exact && pool != nil:
		return nil, fmt.Errorf("pooling does not cover all pixels; hint: image sides that are multiples of the window")
	case m.tied && factor > 1 && (m.by == ByNearest || m.by == ByBilinear):
		return nil, fmt.Errorf("tied weights are those of a transposed convolution, not of %s upsampling; hint: --upsampling transposed", m.by)
	case m.tied || !exact && m.by == ByTransposed:
		l = conv.transposed(out, in)
	case !exact:
		return nil, fmt.Errorf("%s upsampling needs a whole factor; hint: --upsampling transposed", m.by)
	case factor == 1: // a convolution that keeps the size is its own mirror
	case m.by == ByTransposed:
		l = transposedBy(factor, conv)
	default:
		conv.Stride, conv.Enlarge = square(1), Enlarge{Factor: factor, Bilinear: m.by == ByBilinear}
		l = conv
	}
	if made, err := l.output(At{Name: c.at.Name, In: out}); err != nil {
		return nil, err
	} else if made != in {
		return nil, fmt.Errorf("%s makes images of %s; hint: odd kernels with the padding that keeps the size, or --decoder", l, made)
	}
	return append(before, m.tie(l, c)), nil
}
