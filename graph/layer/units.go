package layer

import (
	"slices"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/graph/op"
)

// units is the common part of placed layers with weights.
type units struct {
	place
	has        Options
	units      int        // as given to the layer
	count      int        // number of biases and gains: units, or channels
	places     int        // values of an image that share a bias and a gain
	weights    graph.Spec // of a tied layer: those of the layer that it mirrors
	tied       bool       // the weights are used transposed
	normaliser normaliser // nil: none
}

// A summer is a placed layer that declares act(x·W + b). b may be the zero
// Value.
type summer interface {
	sums(s *graph.Scope, act kernel.Activation, x, w, b graph.Value) graph.Value
	flops() float64 // of the product of one row
}

// Units is the number of units, or of channels.
func (u *units) Units() int { return u.units }

// Options are the properties of the layer besides its size.
func (u *units) Options() Options { return u.has }

// Weights describes the weights.
func (u *units) Weights() graph.Spec {
	spec := u.weights
	spec.Shape = slices.Clone(spec.Shape)
	return spec
}

// on declares the layer. It keeps output and weights for penalties, see
// Scope.Keep.
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
	s.Product(l.flops(), len(u.weights.Shape) == 2, x)
	var y graph.Value
	if normalise == nil {
		y = l.sums(s, act, x, w, bias)
	} else { // normalisation adds the bias
		y = normalise(act, l.sums(s, kernel.Linear, x, w, graph.Value{}), bias)
	}
	y = u.has.Activation.behind(s, u.at.Name, y).As(u.out)
	s.Keep(u.at.Name+"/output", y)
	s.Keep(u.at.Name+"/weights", w)
	return y
}

// weigh describes the layer's own weights.
func (u *units) weigh(fanIn, fanOut int, shape ...int) {
	name := u.at.Name + "/weights"
	u.weights = graph.Spec{Name: name, Part: u.at.Part, Role: graph.Weight, Shape: shape, Fill: u.has.Initialiser.Fill(name, fanIn, fanOut)}
}

// check returns an error if the units cannot have their options.
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
		return impossible("%s cannot be initialised from images; hint: only a fully connected first layer of the encoder can", u.at.Name)
	}
	return nil
}

// checkCount returns an error for a layer without units.
func checkCount(at At, units int) error {
	if units < 1 {
		return impossible("%s has %d units; hint: at least 1", at.Name, units)
	}
	return nil
}

// second returns the second node, or nil if there is none.
func second(more []op.Node) op.Node {
	if len(more) < 2 {
		return nil
	}
	return more[1]
}
