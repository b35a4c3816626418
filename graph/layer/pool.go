package layer

import (
	"fmt"

	"gaetrain/graph"
	"gaetrain/graph/op"
	"gaetrain/graph/trace"
)

// Pool makes images smaller. The output is the maximum or the mean of each
// window.
type Pool struct {
	Window, Stride Extent
	Average        bool
}

func init() {
	for _, kind := range []string{"maxpool", "avgpool"} {
		register(kind, func(r *reader, arguments []string, _ Options) error {
			if !r.poolable || r.dropped {
				return fmt.Errorf("is misplaced; hint: one pooling after a convolution, before its dropout")
			}
			window, stride, extra, err := parseWindow(arguments)
			if err == nil && extra != (Extent{}) {
				err = fmt.Errorf("pooling has no output padding; hint: only unpool has it")
			}
			r.layers, r.poolable = append(r.layers, Pool{window, stride, kind == "avgpool"}), false
			return err
		})
	}
}

// parseWindow reads the window, stride and output padding of pooling.
func parseWindow(arguments []string) (window, stride, extra Extent, err error) {
	if window, err = parseExtent(arguments[0]); err != nil {
		return
	}
	stride = window
	for _, argument := range arguments[1:] {
		name := argument[:min(1, len(argument))]
		option, ok := map[string]*Extent{"s": &stride, "o": &extra}[name]
		if !ok {
			err = fmt.Errorf("%q is not a stride; hint: such as s2", argument)
			return
		}
		if *option, err = parseExtent(argument[1:]); err != nil {
			return
		}
	}
	if min(window.Height, window.Width, stride.Height, stride.Width) < 1 {
		err = fmt.Errorf("windows and strides must be at least 1")
	}
	return
}

// String returns the text form that Parse reads.
func (l Pool) String() string {
	name := "maxpool"
	if l.Average {
		name = "avgpool"
	}
	return fmt.Sprintf("%s:%s,s%s", name, extentText(l.Window), extentText(l.Stride))
}

func (Pool) follows() {}

// Place implements Layer.
func (l Pool) Place(at At) (Placed, error) {
	in, w, s := at.In, l.Window, l.Stride
	if min(w.Height, w.Width, s.Height, s.Width) < 1 || w.Height > in.Height || w.Width > in.Width {
		return nil, impossible("%s: windows of %s with stride %s do not fit into %s", at.Name, extentText(w), extentText(s), in)
	}
	out := graph.Shape{Channels: in.Channels, Height: (in.Height-w.Height)/s.Height + 1, Width: (in.Width-w.Width)/s.Width + 1}
	return &placedPool{place{at, l, out}, l}, nil
}

type placedPool struct {
	place
	pool Pool
}

// pooled is the name under which the scope keeps the output of the pooling.
func (p *placedPool) pooled() string { return fmt.Sprintf("%s/pooled to %s", p.at.Name, p.out) }

// On declares the layer.
func (p *placedPool) On(s *graph.Scope, x graph.Value) graph.Value {
	x = s.Images(p.at.Name, x)
	y := s.Apply(func(rows *op.Rows, x op.Node, _ ...op.Node) (op.Node, error) {
		return op.Pool(p.at.Name, rows, p.pool.Window, p.pool.Stride, p.pool.Average, x)
	}, x)
	y = s.Traced(y, func(n *trace.Network, in []*trace.Value) *trace.Value {
		return p.form(n, n.As(p.at.Name, in[0], p.at.In.Channels, p.at.In.Height, p.at.In.Width))
	}, x)
	s.Keep(p.pooled(), y)
	s.Keep(p.whole(), x)
	return y
}

// whole is the name under which the scope keeps the input of the pooling.
func (p *placedPool) whole() string { return p.pooled() + " from its input" }

// form writes the pooling of images.
func (p *placedPool) form(n *trace.Network, x *trace.Value) *trace.Value {
	kind, function := "MaxPool", "F.max_pool2d"
	if p.pool.Average {
		kind, function = "AveragePool", "F.avg_pool2d"
	}
	y := n.Node(p.at.Name, kind, []int{p.out.Channels, p.out.Height, p.out.Width}, p.windows(), x)
	return n.Python(y, fmt.Sprintf("%s(%%s, %s, %s)", function, pair(p.pool.Window), pair(p.pool.Stride)), x)
}

func (p *placedPool) windows() trace.Attributes {
	w, s := p.pool.Window, p.pool.Stride
	return trace.Attributes{trace.Ints("kernel_shape", w.Height, w.Width), trace.Ints("strides", s.Height, s.Width)}
}

// pair is an extent as an argument in Python.
func pair(e Extent) string {
	if e.Height == e.Width {
		return fmt.Sprint(e.Height)
	}
	return fmt.Sprintf("(%d, %d)", e.Height, e.Width)
}

func (p *placedPool) strides() (smaller, larger Extent) { return p.pool.Stride, square(1) }

// undo returns the unpooling that mirrors the pooling.
func (p *placedPool) undo() Unpool {
	in, w, s := p.at.In, p.pool.Window, p.pool.Stride
	return Unpool{Window: w, Stride: s, OutputPadding: Extent{
		Height: in.Height - (p.out.Height-1)*s.Height - w.Height,
		Width:  in.Width - (p.out.Width-1)*s.Width - w.Width,
	}, of: &unpooled{p.at.Name, p}}
}
