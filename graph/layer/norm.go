package layer

import (
	"fmt"
	"strings"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
)

// Norm is the kind of normalisation of a layer's sums x·W. They get mean 0 and
// variance 1 before gain, bias and activation are applied: y = act(gain ⊙
// normalised + bias). There is one gain and one bias for each unit, or for each
// channel of a convolution.
type Norm string

// NoNorm is no normalisation.
const NoNorm Norm = ""

// A normaliser implements one kind of normalisation.
type normaliser interface {
	name() Norm
	// check returns an error if these units cannot be normalised.
	check(u *units) error
	// declare declares the parameters except the bias. It returns a function
	// that declares y for the sums x and the bias, which may be the zero Value.
	declare(s *graph.Scope, u *units) func(act kernel.Activation, x, bias graph.Value) graph.Value
}

// normalisers are the kinds of normalisation by name. Each parses the text
// after the colon.
var normalisers = map[string]func(argument string) (normaliser, error){
	"batch": func(argument string) (normaliser, error) { return batchNorm{}, noArgument(argument) },
	"group": func(argument string) (normaliser, error) { return parseGroups(argument) },
	"layer": func(argument string) (normaliser, error) { return layerNorm{}, noArgument(argument) },
}

// normalises reports whether there is a kind of normalisation of that name.
func normalises(kind string) bool { return normalisers[kind] != nil }

func noArgument(text string) error {
	if text != "" {
		return fmt.Errorf("%q is not an argument of this normalisation; hint: it has no arguments", text)
	}
	return nil
}

// ParseNorm finds a kind of normalisation by its name. "" and "none" are
// NoNorm.
func ParseNorm(name string) (Norm, error) {
	if name == "" || name == "none" {
		return NoNorm, nil
	}
	n, err := Norm(name).normaliser()
	if err != nil {
		return NoNorm, err
	}
	return n.name(), nil
}

// normaliser returns the implementation of the kind.
func (n Norm) normaliser() (normaliser, error) {
	kind, argument, _ := strings.Cut(string(n), ":")
	read, ok := normalisers[kind]
	if !ok {
		return nil, fmt.Errorf("unknown normalisation %q; hint: %s", string(n), normHint)
	}
	return read(argument)
}

const normHint = "none, batch, layer or such as group:8"

// String returns the name, such as "batch", "group:8" or "none".
func (n Norm) String() string {
	if n == NoNorm {
		return "none"
	}
	return string(n)
}

// MarshalText implements encoding.TextMarshaler.
func (n Norm) MarshalText() ([]byte, error) { return []byte(n), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (n *Norm) UnmarshalText(text []byte) (err error) {
	*n, err = ParseNorm(string(text))
	return err
}

// argument is the kind as an argument in the text of a layer, such as
// "batchnorm".
func (n Norm) argument() string {
	kind, argument, has := strings.Cut(string(n), ":")
	if !has {
		return kind + "norm"
	}
	return kind + "norm:" + argument
}

// gain declares the scale of each unit. It starts at 1.
func gain(s *graph.Scope, u *units) graph.Value {
	return s.Parameter(graph.Spec{Name: u.at.Name + "/gain", Part: u.at.Part, Role: graph.Gain, Shape: []int{u.count}, Fill: graph.Constant(1)})
}

// optional returns the value in a list, or no list for the zero Value.
func optional(v graph.Value) []graph.Value {
	if v.None() {
		return nil
	}
	return []graph.Value{v}
}
