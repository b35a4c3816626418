package layer

import (
	"fmt"
	"strings"

	"gaetrain/graph/kernel"
)

// Activation is what becomes of a unit's sum. Those of package kernel are
// computed along with the sums.
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
)

// Activations lists every activation in order.
func Activations() []Activation {
	var all []Activation
	for _, a := range kernel.Activations() {
		all = append(all, Activation(a))
	}
	return all
}

// String returns the name used in flags and files, such as "leaky-relu".
func (a Activation) String() string { return kernel.Activation(a).String() }

// ParseActivation is the inverse of String.
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

// Kernel is the activation as package kernel has it, whose derivative follows
// from its value; false where there is none.
func (a Activation) Kernel() (kernel.Activation, bool) {
	return kernel.Activation(a), true
}
