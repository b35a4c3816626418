package layer

import (
	"fmt"
	"strings"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
)

// Norm says over what a layer's sums, its weights times its input, are brought
// to mean 0 and variance 1 before they are scaled, moved and activated:
// y = act(gain ⊙ normalised + bias). Gain and bias are of a unit, or of a channel.
type Norm string

// NoNorm leaves sums as they are.
const NoNorm Norm = ""

// A normaliser is what a kind of normalisation does.
type normaliser interface {
	name() Norm
	// check reports why units cannot be normalised.
	check(u *units) error
	// declare declares the parameters besides the bias, and returns what declares
	// y of the sums x and the bias, which may be none.
	declare(s *graph.Scope, u *units) func(act kernel.Activation, x, bias graph.Value) graph.Value
}

// normalisers are the kinds of normalisation, by name, and how they read what
// follows the name.
var normalisers = map[string]func(argument string) (normaliser, error){
	"batch": func(argument string) (normaliser, error) { return batchNorm{}, noArgument(argument) },
	"group": func(argument string) (normaliser, error) { return parseGroups(argument) },
	"layer": func(argument string) (normaliser, error) { return layerNorm{}, noArgument(argument) },
}

// normalises reports whether there is a kind of normalisation of that name.
func normalises(kind string) bool { return normalisers[kind] != nil }

func noArgument(text string) error {
	if text != "" {
		return fmt.Errorf("%q is no argument of this normalisation; hint: none", text)
	}
	return nil
}

// ParseNorm finds a kind of normalisation by its name; none is one.
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

// normaliser finds what the kind does.
func (n Norm) normaliser() (normaliser, error) {
	kind, argument, _ := strings.Cut(string(n), ":")
	read, ok := normalisers[kind]
	if !ok {
		return nil, fmt.Errorf("unknown normalisation %q; hint: %s", string(n), normHint)
	}
	return read(argument)
}

const normHint = "none, batch, layer or such as group:8"

// String names the kind.
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

// argument is the kind as an argument of a layer.
func (n Norm) argument() string {
	kind, argument, has := strings.Cut(string(n), ":")
	if !has {
		return kind + "norm"
	}
	return kind + "norm:" + argument
}

// gain declares the factor of each unit, which starts at 1.
func gain(s *graph.Scope, u *units) graph.Value {
	return s.Parameter(graph.Spec{Name: u.at.Name + "/gain", Part: u.at.Part, Role: graph.Gain, Shape: []int{u.count}, Fill: graph.Constant(1)})
}

// optional lists a value unless it is none.
func optional(v graph.Value) []graph.Value {
	if v.None() {
		return nil
	}
	return []graph.Value{v}
}
