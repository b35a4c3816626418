package graph

import (
	"fmt"

	"gaetrain/graph/kernel"
	"gaetrain/graph/trace"
)

// activationForms are the operators of ONNX and the functions of PyTorch.
var activationForms = map[kernel.Activation]struct {
	kind, python string
	attributes   trace.Attributes
}{
	kernel.Sigmoid:   {"Sigmoid", "torch.sigmoid(%s)", nil},
	kernel.Tanh:      {"Tanh", "torch.tanh(%s)", nil},
	kernel.ReLU:      {"Relu", "F.relu(%s)", nil},
	kernel.LeakyReLU: {"LeakyRelu", fmt.Sprintf("F.leaky_relu(%%s, %g)", kernel.LeakySlope), trace.Attributes{trace.Float("alpha", kernel.LeakySlope)}},
	kernel.ELU:       {"Elu", "F.elu(%s)", nil},
	kernel.Softplus:  {"Softplus", "F.softplus(%s)", nil},
	kernel.SELU:      {"Selu", "F.selu(%s)", nil},
}

// Activated writes the form of y = act(x) of a layer.
func Activated(n *trace.Network, place string, act kernel.Activation, x *trace.Value) *trace.Value {
	form, ok := activationForms[act]
	if !ok {
		return x
	}
	return n.Python(n.Node(place, form.kind, x.Shape, form.attributes, x), form.python, x)
}
