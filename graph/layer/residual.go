package layer

import (
	"fmt"
	"strings"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/graph/op"
	"gaetrain/graph/trace"
)

// Residual adds its input to the output of its body, y = body(x) + x, so the
// body learns the difference (He et al. 2016). If the body changes the shape, a
// projection of x without bias is added instead of x: a convolution with 1×1
// filters and the stride of the whole body, or a linear map.
type Residual struct {
	Body       Sequence
	projection Layer // of a tied decoder; nil: derived from the shapes
}

func init() {
	makers["residual"] = true
	register("residual", func(r *reader, _ []string, like Options) error {
		inner, ok := strings.CutSuffix(r.rest, ")")
		if !ok || r.enlarge != (Enlarge{}) {
			return fmt.Errorf("needs layers in parentheses; hint: such as residual(conv:32,3 conv:32,3,linear), and no up or bilinear before it")
		}
		if r.depth == maxDepth {
			return fmt.Errorf("is inside of %d other blocks; hint: at most %d", r.depth, maxDepth)
		}
		body, err := (&reader{hidden: r.hidden, words: r.words, depth: r.depth + 1}).parse(inner, like)
		if err != nil {
			return err
		}
		return r.add(Residual{Body: body}, 0, true)
	})
}

// String returns the text form that Parse reads.
func (l Residual) String() string { return "residual(" + l.Body.String() + ")" }
func (l Residual) full() string   { return "residual(" + l.Body.full() + ")" }

func (l Residual) inside() Sequence { return l.Body }

// Place implements Layer.
func (l Residual) Place(at At) (Placed, error) {
	body, err := stack(at.Part, at.Name, at.In, l.Body)
	if err != nil {
		return nil, err
	}
	if body.Depth() == 0 {
		return nil, impossible("%s is a residual block without layers; hint: such as residual(dense:64)", at.Name)
	}
	p := &placedResidual{place: place{at, l, body.Out()}, body: body}
	if body.Out() == at.In {
		return p, nil
	}
	projection := l.projection
	if projection == nil {
		projection = p.derived()
	}
	if p.projection, err = projection.Place(At{at.Part, at.Name + "/projection", at.In}); err != nil {
		return nil, err
	}
	if p.projection.Out() != p.out {
		return nil, impossible("%s: its body maps %s to %s, but its projection %s maps to %s; hint: odd kernels with the padding that keeps the size", at.Name, at.In, p.out, projection, p.projection.Out())
	}
	return p, nil
}

type placedResidual struct {
	place
	body       *Stack
	projection Placed // nil: none
}

// images reports whether the summands are images.
func (p *placedResidual) images() bool { return makesImages(p.body.Numbered(p.body.Depth())) }

// derived returns the projection that fits the shapes.
func (p *placedResidual) derived() Layer {
	o := Options{NoBias: true, Initialiser: p.initialiser()}
	if !p.images() {
		return Dense{Units: p.out.Size(), Shape: p.out, Options: o}
	}
	smaller, larger := p.strides()
	return Conv{Channels: p.out.Channels, Filters: Filters{Kernel: square(1), Stride: smaller}, Enlarge: Enlarge{Factor: larger.Height}, Options: o}
}

// initialiser is the initialiser of the last weights of the body.
func (p *placedResidual) initialiser() graph.Initialiser {
	for number := p.body.Depth(); number >= 1; number-- {
		switch l := p.body.Numbered(number).(type) {
		case Weighted:
			return l.Options().Initialiser
		case *placedResidual:
			return l.initialiser()
		}
	}
	return graph.GlorotUniform
}

// strides are the factors by which the body scales images down and up.
func (p *placedResidual) strides() (smaller, larger Extent) {
	smaller, larger = square(1), square(1)
	for _, l := range p.body.Layers() {
		if l, ok := l.(interface {
			strides() (smaller, larger Extent)
		}); ok {
			s, g := l.strides()
			smaller = Extent{Height: smaller.Height * s.Height, Width: smaller.Width * s.Width}
			larger = Extent{Height: larger.Height * g.Height, Width: larger.Width * g.Width}
		}
	}
	return smaller, larger
}

// On declares the layer.
func (p *placedResidual) On(s *graph.Scope, x graph.Value) graph.Value {
	layout := s.Rows // layout of the summands
	if p.images() {
		layout = s.Images
	}
	x = layout(p.at.Name, x)
	y, shortcut := p.body.declare(s, x), x
	if p.projection != nil {
		shortcut = p.projection.On(s, x)
	}
	sum := s.Apply(func(rows *op.Rows, y op.Node, more ...op.Node) (op.Node, error) {
		return op.Add(p.at.Name, rows, kernel.Linear, [2]bool{false, shortcut.Constant()}, y, more[0])
	}, y, shortcut).As(p.out)
	return s.Traced(sum, func(n *trace.Network, in []*trace.Value) *trace.Value {
		y, shortcut := n.As(p.at.Name, in[0], p.out.Dims()...), n.As(p.at.Name, in[1], p.out.Dims()...)
		return n.Python(n.Node(p.at.Name, "Add", y.Shape, nil, y, shortcut), "%s + %s", y, shortcut)
	}, y, shortcut)
}

// mirror returns a residual block of the mirrored body. Its layers have the
// options of the layers of this block at the same positions. The output layer
// of the decoder has the options of an output layer.
func (p *placedResidual) mirror(m mirroring) (Sequence, error) {
	var before Sequence
	if m.pool != nil && m.by == ByUnpooling && !m.pool.pool.Average {
		before, m.pool = Sequence{m.pool.undo()}, nil
	}
	body, err := mirror(p.body, func(number int) Options {
		o := m.like
		if w, ok := p.body.Numbered(p.body.Depth() - number + 1).(Weighted); ok && !(m.output && number == 1) {
			o = w.Options()
			o.Dropout = m.like.Dropout
		}
		return o
	}, m)
	if err != nil {
		return nil, err
	}
	l := Residual{Body: body}
	if m.tied {
		l.projection, err = p.undone()
	}
	return append(before, l), err
}

// undone returns the projection of a tied decoder; nil: there is none.
func (p *placedResidual) undone() (Layer, error) {
	from, ok := p.projection.(interface {
		Weighted
		mirror(m mirroring) (Sequence, error)
	})
	if !ok {
		return nil, nil
	}
	layers, err := from.mirror(mirroring{like: from.Options(), tied: true, by: ByTransposed})
	if err != nil {
		return nil, err
	}
	return layers[0], nil
}

// match relates the layers of the body to those of the block that it mirrors.
func (l Residual) match(of group, tied bool) (Layer, error) {
	from, ok := of.main.(*placedResidual)
	if !ok {
		if tied {
			return nil, impossible("tied %s mirrors %s, which is not residual; hint: the same layers in reverse", l, of.main.Layer())
		}
		return l, nil
	}
	body, err := match(l.Body, from.body, of.pool, tied)
	l.Body = body
	if err == nil && tied {
		l.projection, err = from.undone()
	}
	return l, err
}
