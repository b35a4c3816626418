package layer

import (
	"fmt"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/graph/op"
	"gaetrain/graph/trace"
)

// Frames is a dense layer that is applied to each frame of its input
// separately, with separate rows of the weights: y = (x₁·W₁ … x_K·W_K). A tied
// layer maps the responses to each frame back to that frame.
type Frames struct {
	Count int // K, the number of frames in the input
	Dense     // Units for each frame; Shape is the shape of all frames together
}

func init() {
	register("frames", func(r *reader, arguments []string, like Options) (err error) {
		if err := r.refuseLarger(); err != nil {
			return err
		}
		if len(arguments) < 2 {
			return fmt.Errorf("needs the number of frames and the units for each; hint: such as frames:2,64")
		}
		l := Frames{Dense: Dense{Options: like}}
		if l.Count, err = parseCount(arguments[0]); err != nil {
			return err
		}
		if err := l.parse(arguments[1:]); err != nil {
			return err
		}
		return r.add(l, l.Dropout, false)
	})
}

// String returns the text form that Parse reads.
func (l Frames) String() string {
	return fmt.Sprintf("frames:%d,%s%s", l.Count, l.size(), l.arguments())
}
func (l Frames) full() string { return l.String() + l.further() }

func (l Frames) conditional(int) (Layer, bool) { return nil, false }

func (l Frames) with(o Options) Layer {
	l.Options = o
	return l
}

// Place implements Layer.
func (l Frames) Place(at At) (Placed, error) {
	in := at.In.Size()
	if l.Count < 1 || in%l.Count != 0 {
		return nil, impossible("%s divides %s into %d frames; hint: a number of frames that divides its %d values", at.Name, at.In, l.Count, in)
	}
	if err := checkCount(at, l.Units); err != nil {
		return nil, err
	}
	if l.Units > graph.MaxSize/in {
		return nil, impossible("%s would have %d×%d weights; hint: at most %d in one layer", at.Name, in, l.Units, graph.MaxSize)
	}
	count := l.Units * l.Count
	out := l.Shape
	if out == (graph.Shape{}) {
		out = graph.Row(count)
	}
	if out.Size() != count {
		return nil, impossible("%s: %d units for each of %d frames do not fit images of %s", at.Name, l.Units, l.Count, out)
	}
	p := &placedFrames{units{place: place{at, l, out}, has: l.Options, units: l.Units, count: count, places: 1}, l.Count}
	p.weigh(in, l.Units, in, l.Units)
	return p, p.check()
}

type placedFrames struct {
	units
	frames int
}

func (p *placedFrames) flops() float64 { return 2 * float64(p.at.In.Size()) * float64(p.units.units) }

// On declares the layer.
func (p *placedFrames) On(s *graph.Scope, x graph.Value) graph.Value {
	return p.on(s, s.Rows(p.at.Name, x), p)
}

func (p *placedFrames) sums(s *graph.Scope, act kernel.Activation, x, w, b graph.Value) graph.Value {
	y := s.Apply(func(rows *op.Rows, n op.Node, more ...op.Node) (op.Node, error) {
		return op.FrameAffine(p.at.Name, rows, p.frames, p.tied, x.Constant(), n, more[0], second(more))
	}, x, append([]graph.Value{w}, optional(b)...)...)
	y = s.Traced(y, func(n *trace.Network, in []*trace.Value) *trace.Value { return p.form(n, in[0], in[1], in[2]) }, x, w, b)
	if act == kernel.Linear {
		return y
	}
	return s.Activate(p.at.Name, act, y)
}

// form writes a dense layer for each frame, and joins their outputs (w: the rows of all
// frames; b: nil for none).
func (p *placedFrames) form(n *trace.Network, x, w, b *trace.Value) *trace.Value {
	x = n.Flat(p.at.Name, x)
	rows, columns := w.Shape[0]/p.frames, w.Shape[1]
	from, to := x.Shape[0]/p.frames, p.count/p.frames
	var parts []*trace.Value
	for i := range p.frames {
		place := fmt.Sprintf("%s/frame/%d", p.at.Name, i+1)
		block := trace.Constant("", []int{rows, columns}, w.Constant.Floats[i*rows*columns:(i+1)*rows*columns])
		var bias *trace.Value
		if b != nil {
			bias = trace.Constant(place+"/bias", []int{to}, b.Constant.Floats[i*to:(i+1)*to])
		}
		parts = append(parts, linear(n, place, n.Columns(place, x, i*from, (i+1)*from), own(place+"/weights", block, !p.tied), bias))
	}
	return n.Join(p.at.Name, parts...)
}

// tie makes the layer use the transposed weights of the layer that it mirrors.
func (p *placedFrames) tie(t Tied) (Placed, error) {
	from, err := p.undoes(t)
	if err != nil {
		return nil, err
	}
	other, ok := from.(*placedFrames)
	if !ok || other.frames != p.frames || other.out.Size() != p.at.In.Size() {
		return nil, impossible("tied %s has %d frames with %d values in total, unlike the output of %s; hint: the same frames and units", p.at.Name, p.frames, p.at.In.Size(), from.Name())
	}
	return p, nil
}

// mirror returns the layer from the responses back to the frames.
func (p *placedFrames) mirror(m mirroring) (Sequence, error) {
	l := Frames{p.frames, Dense{Units: p.at.In.Size() / p.frames, Options: m.like}}
	if p.at.In.Channels > 1 || p.at.In.Height > 1 {
		l.Shape = p.at.In
	}
	return Sequence{m.tie(l, p)}, nil
}
