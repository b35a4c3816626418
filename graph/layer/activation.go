package layer

import (
	"fmt"
	"slices"
	"strings"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/graph/op"
	"gaetrain/graph/trace"
)

// Activation is an elementwise function of a layer's sums x·W + b. The
// activations of package kernel are fused with the sums.
type Activation uint8

// The activations. LinearUnits is the zero value.
const (
	LinearUnits = Activation(kernel.Linear)
	Sigmoid     = Activation(kernel.Sigmoid)
	Tanh        = Activation(kernel.Tanh)
	ReLU        = Activation(kernel.ReLU)
	LeakyReLU   = Activation(kernel.LeakyReLU)
	ELU         = Activation(kernel.ELU)
	Softplus    = Activation(kernel.Softplus)
	SELU        = Activation(kernel.SELU)
	GELU        = smooth + Activation(kernel.GELU)
	SiLU        = smooth + Activation(kernel.SiLU)
)

// smooth is the first activation that is an operation of its own, because its
// derivative cannot be computed from its value.
const smooth = SELU + 1

// Activations lists every activation in order.
func Activations() []Activation {
	var all []Activation
	for _, a := range kernel.Activations() {
		all = append(all, Activation(a))
	}
	for _, a := range kernel.SmoothActivations() {
		all = append(all, smooth+Activation(a))
	}
	return all
}

// String returns the name in text forms and settings, such as "leaky-relu".
func (a Activation) String() string {
	if slices.Contains(kernel.SmoothActivations(), a.smooth()) && a >= smooth {
		return a.smooth().String()
	}
	return kernel.Activation(a).String()
}

// ParseActivation is the inverse of String. The error lists all names.
func ParseActivation(name string) (Activation, error) {
	var names []string
	for _, a := range Activations() {
		if a.String() == name {
			return a, nil
		}
		names = append(names, a.String())
	}
	return 0, fmt.Errorf("unknown activation %q; hint: one of %s", name, strings.Join(names, ", "))
}

// MarshalText implements encoding.TextMarshaler.
func (a Activation) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (a *Activation) UnmarshalText(text []byte) (err error) {
	*a, err = ParseActivation(string(text))
	return err
}

// Kernel returns the activation that is fused with the sums. For an activation
// that is an operation of its own it returns kernel.Linear and false.
func (a Activation) Kernel() (kernel.Activation, bool) {
	if a >= smooth {
		return kernel.Linear, false
	}
	return kernel.Activation(a), true
}

func (a Activation) smooth() kernel.SmoothActivation { return kernel.SmoothActivation(a - smooth) }

// behind declares the part of the activation that is not fused with the sums.
func (a Activation) behind(s *graph.Scope, name string, x graph.Value) graph.Value {
	if a < smooth {
		return x
	}
	y := s.Apply(func(rows *op.Rows, x op.Node, _ ...op.Node) (op.Node, error) {
		return op.ActivateSmooth(name, rows, a.smooth(), x)
	}, x)
	return s.Traced(y, func(n *trace.Network, in []*trace.Value) *trace.Value { return a.form(n, name, in[0]) }, x)
}

// form writes y = x·σ(u(x)) of a smooth activation, see kernel.SmoothActivation.
func (a Activation) form(n *trace.Network, place string, x *trace.Value) *trace.Value {
	u, python := x, "F.silu(%s)"
	if a == GELU {
		python = `F.gelu(%s, approximate="tanh")`
		square := n.Node(place, "Mul", x.Shape, nil, x, x)
		third := n.Node(place, "Mul", x.Shape, nil, square, trace.Scalar(place+"/third", kernel.GELUThird))
		factor := n.Node(place, "Add", x.Shape, nil, third, trace.Scalar(place+"/first", kernel.GELUFirst))
		u = n.Node(place, "Mul", x.Shape, nil, x, factor)
	}
	return n.Python(n.Node(place, "Mul", x.Shape, nil, x, n.Node(place, "Sigmoid", x.Shape, nil, u)), python, x)
}
