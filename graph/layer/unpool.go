package layer

import (
	"fmt"

	"gaetrain/graph"
	"gaetrain/graph/op"
	"gaetrain/graph/trace"
)

// Unpool makes images larger. Each value moves to the position of the maximum
// of its window in the encoder's pooling, and the other values are 0 (Zeiler &
// Fergus 2014). Mirror or Match sets the pooling. Such a decoder needs the
// image as well as its code.
type Unpool struct {
	Window, Stride Extent
	OutputPadding  Extent // additional rows and columns beyond the last window
	of             *unpooled
}

// unpooled is the encoder layer that an unpooling mirrors.
type unpooled struct {
	name string      // "" if the encoder has no such layer
	pool *placedPool // nil if the layer has no pooling
}

func init() {
	register("unpool", func(r *reader, arguments []string, _ Options) (err error) {
		if err := r.refuseSecond(); err != nil {
			return err
		}
		var l Unpool
		l.Window, l.Stride, l.OutputPadding, err = parseWindow(arguments)
		r.leading = Sequence{l}
		return err
	})
}

// String returns the text form that Parse reads.
func (l Unpool) String() string {
	text := fmt.Sprintf("unpool:%s,s%s", extentText(l.Window), extentText(l.Stride))
	if l.OutputPadding != (Extent{}) {
		text += ",o" + extentText(l.OutputPadding)
	}
	return text
}

func (Unpool) leads() {}

// Place implements Layer. It checks that the encoder pools the same shapes.
func (l Unpool) Place(at At) (Placed, error) {
	if l.of == nil {
		return nil, impossible("%s unpools; hint: only layers of the decoder can", at.Name)
	}
	height, err := l.side(at.In.Height, l.Window.Height, l.Stride.Height, l.OutputPadding.Height)
	if err != nil {
		return nil, impossible("%s: %w", at.Name, err)
	}
	width, err := l.side(at.In.Width, l.Window.Width, l.Stride.Width, l.OutputPadding.Width)
	if err != nil {
		return nil, impossible("%s: %w", at.Name, err)
	}
	out := graph.Shape{Channels: at.In.Channels, Height: height, Width: width}
	from, why := l.of.pool, ""
	switch {
	case l.of.name == "":
		why = "the encoder has no layer at the same distance from the image; hint: equally many layers in both"
	case from == nil || from.pool.Average:
		why = l.of.name + ", which it mirrors, has no max pooling; hint: add maxpool there, or use up:2 or a transposed convolution here"
	case from.pool.Window != l.Window || from.pool.Stride != l.Stride:
		why = l.of.name + " has another window or stride; hint: the same in both"
	case from.out != at.In || from.at.In != out:
		why = fmt.Sprintf("it maps %s to %s, and %s pools %s to %s; hint: the same shapes", at.In, out, l.of.name, from.at.In, from.out)
	}
	if why != "" {
		return nil, impossible("%s unpools, but %s", at.Name, why)
	}
	return &placedUnpool{place{at, l, out}, l}, nil
}

// side is the size of the output along one side of an image.
func (l Unpool) side(in, window, stride, extra int) (int, error) {
	for _, n := range []int{in, window, stride, extra} {
		if n < 0 || n > maxSide {
			return 0, fmt.Errorf("%d is out of bounds; hint: from 0 to %d", n, maxSide)
		}
	}
	if window < 1 || stride < 1 || extra >= stride {
		return 0, fmt.Errorf("unpooling of windows of %d with stride %d and output padding %d; hint: at least 1, and less padding than stride", window, stride, extra)
	}
	if out := (in-1)*stride + window + extra; out <= maxSide {
		return out, nil
	}
	return 0, fmt.Errorf("unpooling of %d by windows of %d with stride %d is too large", in, window, stride)
}

type placedUnpool struct {
	place
	unpool Unpool
}

// On declares the layer.
func (p *placedUnpool) On(s *graph.Scope, x graph.Value) graph.Value {
	pooled := s.Kept(p.unpool.of.pool.pooled())
	if pooled.None() && !s.Failed() {
		s.Failf("%s has no pooled images to unpool; hint: the decoder needs the images as well as the codes", p.at.Name)
	}
	x = s.Images(p.at.Name, x)
	y := s.Apply(func(rows *op.Rows, x op.Node, more ...op.Node) (op.Node, error) {
		return op.Unpool(p.at.Name, rows, more[0], x)
	}, x, pooled)
	return s.Traced(y, func(n *trace.Network, in []*trace.Value) *trace.Value { return p.form(n, in[0], in[1]) }, x, s.Kept(p.unpool.of.pool.whole()))
}

// unpoolHelper adds values at the positions of the maxima of windows.
const unpoolHelper = `def unpool(x, like, window, stride):
    """Adds the values x at the positions of the maxima that max pooling finds in like."""
    _, at = F.max_pool2d(like, window, stride, return_indices=True)
    zeros = torch.zeros_like(like).flatten(2)
    return zeros.scatter_add(2, at.flatten(2), x.flatten(2)).view_as(like)
`

// form writes the unpooling: values are added at the indices that MaxPool finds in the
// input of the pooling. Windows that overlap need the operators of version 16.
func (p *placedUnpool) form(n *trace.Network, x, like *trace.Value) *trace.Value {
	name, pool := p.at.Name, p.unpool.of.pool
	x = n.As(name, x, p.at.In.Channels, p.at.In.Height, p.at.In.Width)
	like = n.As(name, like, p.out.Channels, p.out.Height, p.out.Width)
	var sums trace.Attributes
	if w, s := p.unpool.Window, p.unpool.Stride; w.Height > s.Height || w.Width > s.Width {
		n.NeedOpset(16)
		sums = trace.Attributes{trace.Text("reduction", "add")}
	}
	at := n.Several(name, "MaxPool", [][]int{x.Shape, x.Shape}, pool.windows(), like)[1]
	list := trace.Whole(name+"/list", -1)
	zeros := n.Node(name, "Reshape", nil, nil, n.Node(name, "Sub", like.Shape, nil, like, like), list)
	flat := n.Node(name, "ScatterElements", nil, sums, zeros, n.Node(name, "Reshape", nil, nil, at, list), n.Node(name, "Reshape", nil, nil, x, list))
	y := n.Node(name, "Reshape", like.Shape, nil, flat, n.Node(name, "Shape", nil, nil, like))
	n.Helper(unpoolHelper)
	return n.Python(y, fmt.Sprintf("unpool(%%s, %%s, %s, %s)", pair(p.unpool.Window), pair(p.unpool.Stride)), x, like)
}

func (p *placedUnpool) strides() (smaller, larger Extent) { return square(1), p.unpool.Stride }
