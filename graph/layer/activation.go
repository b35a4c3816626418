package layer

import (
	"fmt"
	"slices"
	"strings"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/graph/op"
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
	return s.Apply(func(rows *op.Rows, x op.Node, _ ...op.Node) (op.Node, error) {
		return op.ActivateSmooth(name, rows, a.smooth(), x)
	}, x)
}
