package layer

import (
	"fmt"
	"strings"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/graph/op"
	"gaetrain/graph/trace"
)

// Dense is a fully connected layer, y = act(x·W + b).
type Dense struct {
	Units int
	Shape graph.Shape // shape of the output; zero: a row of units
	Options
}

func init() {
	register("dense", func(r *reader, arguments []string, like Options) error {
		if err := r.refuseLarger(); err != nil {
			return err
		}
		l := Dense{Options: like}
		if err := l.parse(arguments); err != nil {
			return err
		}
		return r.add(l, l.Dropout, false)
	})
}

// parse reads units, a shape and options.
func (l *Dense) parse(arguments []string) (err error) {
	if l.Units, err = parseCount(arguments[0]); err != nil {
		return err
	}
	for _, argument := range arguments[1:] {
		sides := strings.Split(argument, "x")
		if len(sides) != 3 {
			if err := l.argument(argument); err != nil {
				return err
			}
			continue
		}
		for i, side := range []*int{&l.Shape.Channels, &l.Shape.Height, &l.Shape.Width} {
			if *side, err = parseCount(sides[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// String returns the text form that Parse reads.
func (l Dense) String() string { return "dense:" + l.size() + l.arguments() }
func (l Dense) full() string   { return l.String() + l.further() }

func (l Dense) size() string {
	if l.Shape == (graph.Shape{}) {
		return fmt.Sprint(l.Units)
	}
	return fmt.Sprintf("%d,%dx%dx%d", l.Units, l.Shape.Channels, l.Shape.Height, l.Shape.Width)
}

func (l Dense) with(o Options) Layer {
	l.Options = o
	return l
}

// Place implements Layer.
func (l Dense) Place(at At) (Placed, error) {
	p, err := l.place(at)
	if err != nil {
		return nil, err
	}
	return p, nil
}

func (l Dense) place(at At) (*placedDense, error) {
	if err := checkCount(at, l.Units); err != nil {
		return nil, err
	}
	out := l.Shape
	if out == (graph.Shape{}) {
		out = graph.Row(l.Units)
	}
	if out.Size() != l.Units {
		return nil, impossible("%s: %d units do not fit images of %s", at.Name, l.Units, out)
	}
	in := at.In.Size()
	if l.Units > graph.MaxSize/in {
		return nil, impossible("%s would have %d×%d weights; hint: at most %d in one layer", at.Name, in, l.Units, graph.MaxSize)
	}
	p := &placedDense{units{place: place{at, l, out}, has: l.Options, units: l.Units, count: l.Units, places: 1}}
	p.weigh(in, l.Units, in, l.Units)
	return p, p.check()
}

type placedDense struct{ units }

func (p *placedDense) flops() float64 { return 2 * float64(p.at.In.Size()) * float64(p.units.units) }

// On declares the layer.
func (p *placedDense) On(s *graph.Scope, x graph.Value) graph.Value {
	return p.on(s, s.Rows(p.at.Name, x), p)
}

func (p *placedDense) sums(s *graph.Scope, act kernel.Activation, x, w, b graph.Value) graph.Value {
	y := s.Apply(func(rows *op.Rows, n op.Node, more ...op.Node) (op.Node, error) {
		return op.Affine(p.at.Name, rows, act, p.tied, x.Constant(), n, more[0], second(more))
	}, x, append([]graph.Value{w}, optional(b)...)...)
	return s.Traced(y, func(n *trace.Network, in []*trace.Value) *trace.Value {
		return graph.Activated(n, p.at.Name, act, p.form(n, in[0], in[1], in[2]))
	}, x, w, b)
}

// form writes x·W + b as Gemm and nn.Linear, whose weights are H×D (b: nil for none).
func (p *placedDense) form(n *trace.Network, x, w, b *trace.Value) *trace.Value {
	return linear(n, p.at.Name, n.Flat(p.at.Name, x), own(p.at.Name+"/weights", w, !p.tied), b)
}

// linear writes x·Wᵀ + b (w: H×D; b: nil for none).
func linear(n *trace.Network, place string, x, w, b *trace.Value) *trace.Value {
	y := n.Node(place, "Gemm", w.Shape[:1], trace.Attributes{trace.Int("transB", 1)}, x, w, b)
	without := ""
	if b == nil {
		without = ", bias=False"
	}
	module := n.Module(place, fmt.Sprintf("nn.Linear(%d, %d%s)", w.Shape[1], w.Shape[0], without), trace.StateOf("weight", w), trace.StateOf("bias", b))
	return n.Python(y, module+"(%s)", x)
}

// own returns weights under the name of the layer that uses them, transposed if so.
func own(name string, w *trace.Value, transpose bool) *trace.Value {
	if !transpose {
		return trace.Constant(name, w.Shape, w.Constant.Floats)
	}
	rows, columns := w.Shape[0], w.Shape[1]
	values := make([]float32, len(w.Constant.Floats))
	for i, v := range w.Constant.Floats {
		values[i%columns*rows+i/columns] = v
	}
	return trace.Constant(name, []int{columns, rows}, values)
}

// tie makes the layer use the transposed weights of the layer that it mirrors.
func (p *placedDense) tie(t Tied) (Placed, error) {
	from, err := p.undoes(t)
	if err != nil {
		return nil, err
	}
	if from.Units() != p.at.In.Size() {
		return nil, impossible("tied %s has %d inputs, but %s has %d units; hint: as many inputs as units", p.at.Name, p.at.In.Size(), from.Name(), from.Units())
	}
	return p, nil
}

// mirror returns the dense layer from the units back to the input.
func (p *placedDense) mirror(m mirroring) (Sequence, error) {
	l := Dense{Units: p.at.In.Size(), Options: m.like}
	if p.at.In.Channels > 1 || p.at.In.Height > 1 {
		l.Shape = p.at.In
	}
	return Sequence{m.tie(l, p)}, nil
}
