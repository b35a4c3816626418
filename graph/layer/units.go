package layer

import (
	"slices"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/graph/op"
)

// units are what placed layers with weights have in common.
type units struct {
	place
	has        Options
	units      int        // that the layer was given
	count      int        // with a bias and a gain each: units, or channels
	places     int        // values that each of those has of an image
	weights    graph.Spec // of a tied layer: those of the layer that it undoes
	tied       bool       // the weights are used transposed
	normaliser normaliser // nil: none
}

// A summer is a placed layer that declares act(x·W + b), where b may be none.
type summer interface {
	sums(s *graph.Scope, act kernel.Activation, x, w, b graph.Value) graph.Value
	flops() float64 // in the product of one row
}

// Units is the number of units, or channels.
func (u *units) Units() int { return u.units }

// Options are what the layer has besides its size.
func (u *units) Options() Options { return u.has }

// Weights describes the weights.
func (u *units) Weights() graph.Spec {
	spec := u.weights
	spec.Shape = slices.Clone(spec.Shape)
	return spec
}

// on declares the units behind x, and remembers their output and weights for
// penalties.
func (u *units) on(s *graph.Scope, x graph.Value, l summer) graph.Value {
	act, _ := u.has.Activation.Kernel()
	w := s.Weights(u.weights)
	var normalise func(kernel.Activation, graph.Value, graph.Value) graph.Value
	if u.normaliser != nil {
		normalise = u.normaliser.declare(s, u)
	}
	var bias graph.Value
	if !u.has.NoBias {
		bias = s.Parameter(graph.Spec{Name: u.at.Name + "/bias", Part: u.at.Part, Role: graph.Bias, Shape: []int{u.count}})
	}
	s.Product(l.flops(), x)
	var y graph.Value
	if normalise == nil {
		y = l.sums(s, act, x, w, bias)
	} else { // the bias comes after it
		y = normalise(act, l.sums(s, kernel.Linear, x, w, graph.Value{}), bias)
	}
	y = u.has.Activation.behind(s, u.at.Name, y).As(u.out)
	s.Keep(u.at.Name+"/output", y)
	s.Keep(u.at.Name+"/weights", w)
	return y
}

// weigh describes the weights of a layer that are not another one's.
func (u *units) weigh(fanIn, fanOut int, shape ...int) {
	name := u.at.Name + "/weights"
	u.weights = graph.Spec{Name: name, Part: u.at.Part, Role: graph.Weight, Shape: shape, Fill: u.has.Initialiser.Fill(name, fanIn, fanOut)}
}

// check reports options that units cannot have.
func (u *units) check() error {
	if u.has.Norm != NoNorm {
		n, err := u.has.Norm.normaliser()
		if err != nil {
			return impossible("%s: %w", u.at.Name, err)
		}
		if err := n.check(u); err != nil {
			return err
		}
		u.normaliser = n
	}
	if _, err := ParseActivation(u.has.Activation.String()); err != nil {
		return impossible("%s: %w", u.at.Name, err)
	}
	if _, err := graph.ParseInitialiser(string(u.has.Initialiser)); err != nil {
		return impossible("%s: %w", u.at.Name, err)
	}
	if u.has.Initialiser == graph.Images && (u.at.Name != "encoder/1" || len(u.weights.Shape) > 2) {
		return impossible("%s starts as images; hint: only the first layer of the encoder takes images, fully connected", u.at.Name)
	}
	return nil
}

// checkCount reports a layer without units.
func checkCount(at At, units int) error {
	if units < 1 {
		return impossible("%s has %d units; hint: at least 1", at.Name, units)
	}
	return nil
}

// second is the node after the first of more; nil where there is none.
func second(more []op.Node) op.Node {
	if len(more) < 2 {
		return nil
	}
	return more[1]
}
