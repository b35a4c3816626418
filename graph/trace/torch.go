package trace

import (
	"slices"
	"strings"
)

// Step is one value in PyTorch: an expression of other values.
type Step struct {
	Of         *Value
	Expression string // with %s for each input
	In         []*Value
}

// Module is a submodule, or a buffer, of a PyTorch module.
type Module struct {
	Name        string // of the attribute, such as "layer1"
	Constructor string // such as "nn.Linear(784, 512)"; "" for a buffer
	State       []State
}

// State is a tensor of a module.
type State struct {
	Name string // in the module, such as "weight"; "" for a buffer
	*Tensor
}

// Python sets the PyTorch form of a value: an expression with %s for each input. It
// returns the value.
func (n *Network) Python(y *Value, expression string, in ...*Value) *Value {
	y.step = &Step{y, expression, in}
	n.Steps = append(n.Steps, y.step)
	return y
}

// Module adds a submodule for the layer at a place, such as "encoder/1". The tensors of
// its state have names such as weight; those without a tensor are left out. It returns
// the expression of the module, such as "self.layer1".
func (n *Network) Module(place, constructor string, state ...State) string {
	m := Module{Name: n.attribute(place), Constructor: constructor}
	for _, s := range state {
		if s.Tensor != nil {
			m.State = append(m.State, s)
		}
	}
	if !slices.ContainsFunc(n.Modules, func(other Module) bool { return other.Name == m.Name }) {
		n.Modules = append(n.Modules, m)
	}
	return "self." + m.Name
}

// Buffer adds a constant of a module that is no parameter. It returns its expression.
func (n *Network) Buffer(place string, t *Tensor) string {
	return n.Module(place, "", State{"", t})
}

// Helper adds a function that steps call.
func (n *Network) Helper(source string) {
	if !slices.Contains(n.Helpers, source) {
		n.Helpers = append(n.Helpers, source)
	}
}

// attribute is the name of the module of a place: "encoder/2/1" is layer2_1 in the
// encoder, and encoder_layer2_1 in other parts.
func (n *Network) attribute(place string) string {
	words := strings.FieldsFunc(place, func(r rune) bool { return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9') })
	if len(words) > 0 && words[0] == n.Part {
		words = words[1:]
	}
	for i, word := range words {
		if word[0] >= '0' && word[0] <= '9' && (i == 0 || words[i-1][0] > '9') {
			words[i] = "layer" + word
			break
		}
	}
	return strings.Join(words, "_")
}

// StateOf is a tensor in the state of a module; nil for no constant.
func StateOf(name string, v *Value) State {
	if v == nil {
		return State{Name: name}
	}
	return State{name, v.Constant}
}
