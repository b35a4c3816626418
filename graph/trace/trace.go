// Package trace records a network as operations that other programs know: nodes of
// ONNX, and statements of PyTorch that compute the same. The layers write both while a
// declaration runs, see graph.Trace. Package trace writes no files and knows no model.
package trace

import (
	"fmt"
	"slices"
	"strings"
)

// LowestOpset is the version of the ONNX operators that networks need at least.
const LowestOpset = 13

// Network is a recorded network. Its methods are for the layers. After an error they
// have no effect.
type Network struct {
	Part    string // of the model; the names of its own modules leave it out
	Inputs  []Port
	Outputs []Port
	Nodes   []Node    // in the order of computation
	Tensors []*Tensor // constants of the nodes
	Modules []Module  // of PyTorch
	Steps   []*Step   // of PyTorch, in the order of computation
	Helpers []string  // functions that the steps call
	Opset   int       // version of the operators

	inputs map[string]*Value
	names  map[string]bool
}

// New returns an empty network of a part of a model.
func New(part string) *Network {
	return &Network{Part: part, Opset: LowestOpset, inputs: make(map[string]*Value), names: make(map[string]bool)}
}

// Value is one value of a network. A value is a batch of rows or of images, or a
// constant.
type Value struct {
	Name  string
	Shape []int // of one row or image, such as D or C×H×W; of all of a constant
	// Constant is the tensor of a constant; nil for a value that is computed.
	Constant *Tensor
	// Missing names the operation that has no form in ONNX; "" if there is none.
	Missing string

	step *Step // the statement of PyTorch; nil for an input or an intermediate value
}

// Tensor is a constant with the type float32 or int64. Its values are row-major.
type Tensor struct {
	Name   string
	Shape  []int
	Floats []float32
	Ints   []int64 // nil: the values are Floats
}

// Port is an input or an output. Its first dimension is the batch.
type Port struct {
	*Value
	Name  string
	Whole bool // the values are int64
}

// Node is one operation of ONNX.
type Node struct {
	Kind       string // the operator, such as "Gemm"
	In         []*Value
	Out        []*Value
	Attributes Attributes
}

// Attribute is an attribute of a node: an int, a float32, a string or a list of ints.
type Attribute struct {
	Name  string
	Value any
}

// Unknown returns a value whose operation has no form in ONNX.
func Unknown(operation string) *Value { return &Value{Missing: operation} }

// Constant returns a constant. It becomes a part of the network when a node takes it.
func Constant(name string, shape []int, values []float32) *Value {
	return &Value{Name: name, Shape: shape, Constant: &Tensor{Name: name, Shape: shape, Floats: values}}
}

// Whole returns a constant list of whole numbers.
func Whole(name string, values ...int64) *Value {
	shape := []int{len(values)}
	return &Value{Name: name, Shape: shape, Constant: &Tensor{Name: name, Shape: shape, Ints: values}}
}

// Scalar returns a constant number.
func Scalar(name string, value float32) *Value { return Constant(name, nil, []float32{value}) }

// Input declares an input, or returns the input of that name.
func (n *Network) Input(name string, whole bool, shape ...int) *Value {
	if v, ok := n.inputs[name]; ok {
		return v
	}
	v := &Value{Name: n.unique(name), Shape: shape}
	n.inputs[name] = v
	n.Inputs = append(n.Inputs, Port{v, name, whole})
	return v
}

// Output gives a value the name of an output. The first value of a name counts.
func (n *Network) Output(name string, v *Value) {
	if slices.ContainsFunc(n.Outputs, func(p Port) bool { return p.Name == name }) {
		return
	}
	if v.Missing == "" {
		taken := func(p Port) bool { return p.Value == v }
		if slices.ContainsFunc(n.Inputs, taken) || slices.ContainsFunc(n.Outputs, taken) {
			v = n.Python(n.Node(name, "Identity", v.Shape, nil, v), "%s", v)
		}
		v.Name = n.unique(name)
	}
	n.Outputs = append(n.Outputs, Port{v, name, false})
}

// Node adds an operation with one result, a batch of the given shape. place is the layer,
// such as "encoder/1". Inputs that are nil at the end are left out.
func (n *Network) Node(place, kind string, shape []int, attributes Attributes, in ...*Value) *Value {
	return n.Several(place, kind, [][]int{shape}, attributes, in...)[0]
}

// Several is Node for an operation with several results.
func (n *Network) Several(place, kind string, shapes [][]int, attributes Attributes, in ...*Value) []*Value {
	for len(in) > 0 && in[len(in)-1] == nil {
		in = in[:len(in)-1]
	}
	in = slices.Clone(in)
	node := Node{Kind: kind, Attributes: attributes}
	for i, v := range in {
		if v != nil && v.Missing != "" {
			return slices.Repeat([]*Value{v}, len(shapes))
		}
		if v != nil && v.Constant != nil {
			in[i] = n.keep(v)
		}
	}
	for _, shape := range shapes {
		name := n.unique(place + "/" + strings.ToLower(kind))
		node.Out = append(node.Out, &Value{Name: name, Shape: shape})
	}
	node.In = in
	n.Nodes = append(n.Nodes, node)
	return node.Out
}

// keep makes a constant a part of the network, unless an equal one is.
func (n *Network) keep(v *Value) *Value {
	t := v.Constant
	for _, old := range n.Tensors {
		if old == t {
			return v
		}
		if old.Name == t.Name && slices.Equal(old.Shape, t.Shape) && slices.Equal(old.Floats, t.Floats) && slices.Equal(old.Ints, t.Ints) {
			return &Value{Name: old.Name, Shape: old.Shape, Constant: old}
		}
	}
	t = &Tensor{n.unique(t.Name), t.Shape, t.Floats, t.Ints}
	n.Tensors = append(n.Tensors, t)
	return &Value{Name: t.Name, Shape: t.Shape, Constant: t}
}

// unique returns a name that no value has.
func (n *Network) unique(name string) string {
	free := name
	for i := 2; n.names[free]; i++ {
		free = fmt.Sprintf("%s_%d", name, i)
	}
	n.names[free] = true
	return free
}

// NeedOpset raises the version of the operators.
func (n *Network) NeedOpset(version int) { n.Opset = max(n.Opset, version) }

// Flat returns a batch as rows.
func (n *Network) Flat(place string, x *Value) *Value {
	if len(x.Shape) == 1 {
		return x
	}
	y := n.Node(place, "Flatten", []int{size(x.Shape)}, nil, x)
	return n.Python(y, "%s.flatten(1)", x)
}

// As returns a batch as rows of another shape of equal size.
func (n *Network) As(place string, x *Value, shape ...int) *Value {
	if slices.Equal(x.Shape, shape) {
		return x
	}
	if len(shape) == 1 {
		return n.Flat(place, x)
	}
	to, text := []int64{0}, "-1" // 0: the dimension of the input
	for _, side := range shape {
		to, text = append(to, int64(side)), fmt.Sprintf("%s, %d", text, side)
	}
	y := n.Node(place, "Reshape", shape, nil, x, Whole(place+"/shape", to...))
	return n.Python(y, "%s.view("+text+")", x)
}

// Columns returns the columns from ≤ i < to of rows.
func (n *Network) Columns(place string, x *Value, from, to int) *Value {
	y := n.Node(place, "Slice", []int{to - from}, nil, x, Whole(place+"/from", int64(from)), Whole(place+"/to", int64(to)), Whole(place+"/axis", 1))
	return n.Python(y, fmt.Sprintf("%%s[:, %d:%d]", from, to), x)
}

// Join returns rows side by side.
func (n *Network) Join(place string, parts ...*Value) *Value {
	width, text := 0, ""
	for i, p := range parts {
		width += p.Shape[0]
		if i > 0 {
			text += ", "
		}
		text += "%s"
	}
	y := n.Node(place, "Concat", []int{width}, Attributes{Int("axis", 1)}, parts...)
	return n.Python(y, "torch.cat(["+text+"], 1)", parts...)
}

func size(shape []int) int {
	n := 1
	for _, side := range shape {
		n *= side
	}
	return n
}
