// Package compute computes recorded networks, one item at a time, with plain loops. It
// shows how far rounded weights change the outputs of a network.
package compute

import (
	"fmt"
	"maps"
	"slices"

	"gaetrain/graph/trace"
)

// Network is a recorded network that can be computed. Several goroutines may run it.
type Network struct {
	*trace.Network
	constants map[*trace.Tensor][]float32
	wholes    map[*trace.Tensor][]float32
}

// New returns a network. A kind of node that this package does not know is an error.
func New(n *trace.Network) (*Network, error) {
	c := &Network{n, make(map[*trace.Tensor][]float32), make(map[*trace.Tensor][]float32)}
	for _, node := range n.Nodes {
		if functions[node.Kind] == nil {
			return nil, fmt.Errorf("%s is an operation of the kind %s, which is not known", node.Out[0].Name, node.Kind)
		}
	}
	for _, t := range n.Tensors {
		for _, v := range t.Ints {
			c.wholes[t] = append(c.wholes[t], float32(v))
		}
	}
	return c, nil
}

// Kinds lists the kinds of nodes that can be computed.
func Kinds() []string { return slices.Sorted(maps.Keys(functions)) }

// With returns the network with other values of some of its constants.
func (c *Network) With(constants map[*trace.Tensor][]float32) *Network {
	other := *c
	other.constants = constants
	return &other
}

// Run computes the outputs of one item (inputs: the values of one row or image by the
// names of the network). see is called with each node and its inputs before it is
// computed; nil for no calls.
func (c *Network) Run(inputs map[string][]float32, see func(node trace.Node, in [][]float32)) (map[string][]float32, error) {
	values := make(map[*trace.Value]array)
	for _, p := range c.Inputs {
		given, ok := inputs[p.Name]
		if !ok {
			return nil, fmt.Errorf("the input %q is missing", p.Name)
		}
		values[p.Value] = array{append([]int{1}, p.Shape...), given}
	}
	for _, node := range c.Nodes {
		in := make([]array, len(node.In))
		for i, v := range node.In {
			switch {
			case v == nil: // left out
			case v.Constant != nil:
				in[i] = array{v.Shape, c.constant(v.Constant)}
			default:
				in[i] = values[v]
			}
		}
		if see != nil {
			list := make([][]float32, len(in))
			for i, a := range in {
				list[i] = a.values
			}
			see(node, list)
		}
		for i, out := range functions[node.Kind](attributes(node.Attributes), in) {
			if i < len(node.Out) {
				values[node.Out[i]] = out
			}
		}
	}
	outputs := make(map[string][]float32, len(c.Outputs))
	for _, p := range c.Outputs {
		outputs[p.Name] = values[p.Value].values
	}
	return outputs, nil
}

func (c *Network) constant(t *trace.Tensor) []float32 {
	if other, ok := c.constants[t]; ok {
		return other
	}
	if t.Ints != nil {
		return c.wholes[t]
	}
	return t.Floats
}

// array is a value of a network. Its first dimension is the batch, which is 1, except for
// constants.
type array struct {
	shape  []int
	values []float32
}

func zeros(shape ...int) array { return array{shape, make([]float32, size(shape))} }

func size(shape []int) int {
	n := 1
	for _, side := range shape {
		n *= side
	}
	return n
}

// function computes the outputs of a node.
type function func(a attributes, in []array) []array

type attributes trace.Attributes

func (a attributes) find(name string) any {
	if i := slices.IndexFunc(a, func(one trace.Attribute) bool { return one.Name == name }); i >= 0 {
		return a[i].Value
	}
	return nil
}

func (a attributes) float(name string, usual float32) float64 {
	if v, ok := a.find(name).(float32); ok {
		return float64(v)
	}
	return float64(usual)
}

// pair returns the first two of a list of whole numbers.
func (a attributes) pair(name string, usual int) (first, second int) {
	if v, ok := a.find(name).([]int64); ok && len(v) > 1 {
		return int(v[0]), int(v[1])
	}
	return usual, usual
}

func (a attributes) text(name string) string {
	text, _ := a.find(name).(string)
	return text
}
