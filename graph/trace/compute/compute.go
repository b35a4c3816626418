// Package compute computes recorded networks. It shows how far rounded weights change the
// outputs of a network.
package compute

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"gaetrain/graph/kernel"
	"gaetrain/graph/trace"
)

// Network is a recorded network that can be computed. Several goroutines may run it.
type Network struct {
	*trace.Network
	block     int // items that are computed at once
	constants map[*trace.Tensor][]float32
	wholes    map[*trace.Tensor][]float32
}

// New returns a network. A kind of node that this package does not know is an error.
func New(n *trace.Network) (*Network, error) {
	c := &Network{Network: n, wholes: make(map[*trace.Tensor][]float32)}
	values := 1 // of one item
	for _, node := range n.Nodes {
		if _, known := functions[node.Kind]; !known {
			return nil, fmt.Errorf("%s is an operation of the kind %s, which is not known", node.Out[0].Name, node.Kind)
		}
		if node.Kind == "Gemm" && node.In[1].Constant == nil {
			return nil, fmt.Errorf("%s is a product with computed weights, which is not known", node.Out[0].Name)
		}
		for _, v := range node.Out {
			values += size(v.Shape)
		}
	}
	c.block = max(1, min(blockItems, blockValues/values))
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

// Row are the inputs or outputs of a network for one item: the values of one row or image by
// the names of the network.
type Row = map[string][]float32

// blockItems and blockValues limit the items that are computed at once, and the values of
// all nodes for them.
const blockItems, blockValues = 128, 2 << 20

// Run computes the outputs of items, block by block. Before a node is computed for a block,
// see is called with the values of its first input for the items from, from+1, …; nil for
// no calls. Errors are about a missing input, or the cause of ctx.
func (c *Network) Run(ctx context.Context, items []Row, see func(node trace.Node, from int, in [][]float32)) ([]Row, error) {
	outputs := make([]Row, 0, len(items))
	for from := 0; from < len(items); from += c.block {
		values, err := c.begin(items[from:min(from+c.block, len(items))])
		if err != nil {
			return nil, err
		}
		for _, node := range c.Nodes {
			if err := context.Cause(ctx); err != nil {
				return nil, err
			}
			if see != nil {
				see(node, from, values.of(node.In[0]))
			}
			if err := c.compute(ctx, node, values); err != nil {
				return nil, err
			}
		}
		for i := range values.items {
			out := make(Row, len(c.Outputs))
			for _, p := range c.Outputs {
				out[p.Name] = values.computed[p.Value][i].values
			}
			outputs = append(outputs, out)
		}
	}
	return outputs, nil
}

// block are the values of a network for some items.
type block struct {
	items    int
	computed map[*trace.Value][]array // of each item
}

// of returns the values of each item; nil for a constant.
func (b block) of(v *trace.Value) [][]float32 {
	var list [][]float32
	for _, a := range b.computed[v] {
		list = append(list, a.values)
	}
	return list
}

// begin returns the inputs of some items.
func (c *Network) begin(items []Row) (block, error) {
	b := block{len(items), make(map[*trace.Value][]array)}
	for _, p := range c.Inputs {
		for _, item := range items {
			given, ok := item[p.Name]
			if !ok {
				return b, fmt.Errorf("the input %q is missing", p.Name)
			}
			b.computed[p.Value] = append(b.computed[p.Value], array{append([]int{1}, p.Shape...), given})
		}
	}
	return b, nil
}

// compute computes a node for the items of a block, unless the context ends before.
func (c *Network) compute(ctx context.Context, node trace.Node, b block) error {
	results := make([][]array, b.items)
	if node.Kind == "Gemm" {
		c.gemm(node, b, results)
	} else {
		err := kernel.Each(ctx, b.items, kernel.Stateless, func(_ struct{}, i int) {
			in := make([]array, len(node.In))
			for k, v := range node.In {
				switch {
				case v == nil: // left out
				case v.Constant != nil:
					in[k] = array{v.Shape, c.constant(v.Constant)}
				default:
					in[k] = b.computed[v][i]
				}
			}
			results[i] = functions[node.Kind](attributes(node.Attributes), in)
		})
		if err != nil {
			return context.Cause(ctx)
		}
	}
	for k, v := range node.Out {
		list := make([]array, b.items)
		for i := range list {
			list[i] = results[i][k]
		}
		b.computed[v] = list
	}
	return nil
}

// gemm computes W·x + b (W: units×width) for each row x of all items in one product.
func (c *Network) gemm(node trace.Node, b block, results [][]array) {
	w, bias := node.In[1], []float32(nil)
	if len(node.In) > 2 {
		bias = c.constant(node.In[2].Constant)
	}
	units, width := w.Shape[0], w.Shape[1]
	given := b.computed[node.In[0]]
	rows := len(given[0].values) / width // of an item
	x, y := make([]float32, 0, b.items*rows*width), make([]float32, b.items*rows*units)
	for _, a := range given {
		x = append(x, a.values...)
	}
	kernel.Affine(kernel.Float32, kernel.Linear, true, b.items*rows, units, width, x, c.constant(w.Constant), bias, y)
	for i := range results {
		from, to := i*rows*units, (i+1)*rows*units
		results[i] = []array{{[]int{rows, units}, y[from:to:to]}}
	}
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
// constants and for items with several rows, such as words of a code.
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
