package layer

import (
	"fmt"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/graph/op"
	"gaetrain/graph/trace"
)

// MaxClasses is the number of different labels of 16 bits.
const MaxClasses = 1 << 16

// Conditional is a dense layer with the class c of each image as a second
// input, y = act(x·W + E_c + b) (E: classes × units, one row for each class).
// It equals a dense layer on x with a one-hot vector of the class appended
// (Sohn, Lee & Yan 2015).
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
			return fmt.Errorf("needs classes and units; hint: such as conditional:10,64")
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

// String returns the text form that Parse reads.
func (l Conditional) String() string {
	return fmt.Sprintf("conditional:%d,%s%s", l.Classes, l.size(), l.arguments())
}

func (l Conditional) full() string { return l.String() + l.further() }

func (l Conditional) with(o Options) Layer {
	l.Options = o
	return l
}

// Place implements Layer.
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

// On declares the layer.
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
	labels := s.Labels(graph.Data, p.classes)
	z = s.Repeat(p.at.Name, z, labels)
	y := s.Apply(func(rows *op.Rows, z op.Node, more ...op.Node) (op.Node, error) {
		return op.Condition(p.at.Name, rows, act, z, more[0], more[1])
	}, z, classes, labels)
	return s.Traced(y, func(n *trace.Network, in []*trace.Value) *trace.Value {
		return graph.Activated(n, p.at.Name, act, p.add(n, in[0], in[1], in[2]))
	}, z, classes, labels)
}

// add writes z + E_c as Gather and nn.Embedding.
func (p *placedConditional) add(n *trace.Network, z, classes, labels *trace.Value) *trace.Value {
	row := n.Node(p.at.Name, "Gather", z.Shape, nil, classes, labels)
	module := n.Module(p.at.Name+"/classes", fmt.Sprintf("nn.Embedding(%d, %d)", p.classes, p.count), trace.StateOf("weight", classes))
	return n.Python(n.Node(p.at.Name, "Add", z.Shape, nil, z, row), "%s + "+module+"(%s)", z, labels)
}

func (p *placedConditional) tie(t Tied) (Placed, error) {
	_, err := p.placedDense.tie(t)
	return p, err
}

// mirror returns a layer without labels; see ConditionFirst.
func (p *placedConditional) mirror(m mirroring) (Sequence, error) {
	layers, err := p.placedDense.mirror(m)
	if t, ok := layers[0].(Tied); ok {
		t.Of = p
		layers[0] = t
	}
	return layers, err
}

// Condition adds labels as an input to the first dense layer of a sequence.
// Errors wrap graph.ErrArchitecture.
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

// ConditionFirst adds labels as an input to the first layer of a decoder, which
// must be dense. Errors wrap graph.ErrArchitecture.
func ConditionFirst(layers Sequence, classes int) (Sequence, error) {
	layers = layers.unfold()
	if len(layers) == 0 {
		return nil, impossible("no layer can take labels; hint: at least one fully connected layer")
	}
	conditional, ok := condition(layers[0], classes)
	if !ok {
		return nil, impossible("decoder/1 has filters and cannot take labels; hint: a decoder that begins with a fully connected layer")
	}
	layers[0] = conditional
	return layers, checkClasses(classes)
}

// condition adds labels to a layer. It reports false if the layer cannot take
// labels.
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
