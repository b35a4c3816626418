package layer

import (
	"fmt"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/graph/op"
)

// MaxClasses is how many labels a byte can have.
const MaxClasses = 256

// Conditional is a dense layer that takes the label of each image besides its
// input, y = act(x·W + E_c + b), with weights E for each class: the same as if
// its input had one more number for each class, 1 for the image's and else 0.
type Conditional struct {
	Dense
	Classes int
}

func init() {
	register("conditional", func(r *reader, arguments []string, like Options) (err error) {
		if err := r.refuseLarger(); err != nil {
			return err
		}
		if len(arguments) < 2 {
			return fmt.Errorf("wants classes and units; hint: such as conditional:10,64")
		}
		l := Conditional{Dense: Dense{Options: like}}
		if l.Classes, err = parseCount(arguments[0]); err != nil {
			return err
		}
		if err := l.parse(arguments[1:]); err != nil {
			return err
		}
		return r.add(l, l.Dropout, false)
	})
}

// String returns the layer as Parse reads it.
func (l Conditional) String() string {
	return fmt.Sprintf("conditional:%d,%s%s", l.Classes, l.size(), l.arguments())
}

func (l Conditional) full() string { return l.String() + l.further() }

func (l Conditional) with(o Options) Layer {
	l.Options = o
	return l
}

// Place puts the layer in its place.
func (l Conditional) Place(at At) (Placed, error) {
	if err := checkClasses(l.Classes); err != nil {
		return nil, err
	}
	dense, err := l.Dense.place(at)
	if err != nil {
		return nil, err
	}
	dense.layer = l
	return &placedConditional{dense, l.Classes}, nil
}

func checkClasses(classes int) error {
	if classes < 1 || classes > MaxClasses {
		return impossible("conditional on %d classes; hint: from 1 to %d", classes, MaxClasses)
	}
	return nil
}

type placedConditional struct {
	*placedDense
	classes int
}

// On declares the layer behind x.
func (p *placedConditional) On(s *graph.Scope, x graph.Value) graph.Value {
	return p.on(s, s.Rows(p.at.Name, x), p)
}

func (p *placedConditional) sums(s *graph.Scope, act kernel.Activation, x, w, b graph.Value) graph.Value {
	z := p.placedDense.sums(s, kernel.Linear, x, w, b)
	initialiser := p.has.Initialiser
	if initialiser == graph.Images {
		initialiser = graph.Zeros
	}
	name := p.at.Name + "/classes"
	classes := s.Parameter(graph.Spec{
		Name: name, Part: p.at.Part, Role: graph.Weight, Shape: []int{p.classes, p.count},
		Fill: initialiser.Fill(name, p.at.In.Size()+p.classes, p.count),
	})
	return s.Apply(func(rows *op.Rows, z op.Node, more ...op.Node) (op.Node, error) {
		return op.Condition(p.at.Name, rows, act, z, more[0], more[1])
	}, z, classes, s.Labels(graph.Data, p.classes))
}

func (p *placedConditional) tie(t Tied) (Placed, error) {
	_, err := p.placedDense.tie(t)
	return p, err
}

// mirror is a layer without labels; see ConditionFirst.
func (p *placedConditional) mirror(m mirroring) (Sequence, error) {
	layers, err := p.placedDense.mirror(m)
	if t, ok := layers[0].(Tied); ok {
		t.Of = p
		layers[0] = t
	}
	return layers, err
}

// Condition makes the first dense layer of a sequence take labels.
func Condition(layers Sequence, classes int) (Sequence, error) {
	layers = layers.unfold()
	for i, l := range layers {
		if conditional, ok := condition(l, classes); ok {
			layers[i] = conditional
			return layers, checkClasses(classes)
		}
	}
	return nil, impossible("no layer of %q can take labels; hint: a fully connected one", layers)
}

// ConditionFirst makes the first layer of a decoder take labels, which must be
// dense.
func ConditionFirst(layers Sequence, classes int) (Sequence, error) {
	layers = layers.unfold()
	if len(layers) == 0 {
		return nil, impossible("no layer to take labels; hint: at least one, fully connected")
	}
	conditional, ok := condition(layers[0], classes)
	if !ok {
		return nil, impossible("decoder/1 takes labels and has filters; hint: a decoder that begins with a fully connected layer")
	}
	layers[0] = conditional
	return layers, checkClasses(classes)
}

// condition makes a layer take labels, if it can.
func condition(l Layer, classes int) (Layer, bool) {
	c, ok := l.(interface {
		conditional(classes int) (Layer, bool)
	})
	if !ok {
		return nil, false
	}
	return c.conditional(classes)
}

func (l Dense) conditional(classes int) (Layer, bool) { return Conditional{l, classes}, true }

func (t Tied) conditional(classes int) (Layer, bool) {
	l, ok := condition(t.Layer, classes)
	t.Layer = l
	return t, ok
}
