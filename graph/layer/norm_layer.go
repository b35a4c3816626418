package layer

import (
	"fmt"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/graph/op"
	"gaetrain/graph/trace"
)

// LayerNorm normalises each image over all values of the layer (Ba, Kiros &
// Hinton 2016).
const LayerNorm Norm = "layer"

type layerNorm struct{}

func (layerNorm) name() Norm { return LayerNorm }

func (layerNorm) check(u *units) error {
	if u.out.Size() == 1 {
		return impossible("layer normalisation of %s, a single value; hint: more units, or batch normalisation", u.at.Name)
	}
	return nil
}

func (layerNorm) declare(s *graph.Scope, u *units) func(kernel.Activation, graph.Value, graph.Value) graph.Value {
	gain := gain(s, u)
	return func(act kernel.Activation, x, bias graph.Value) graph.Value {
		y := s.Apply(func(rows *op.Rows, x op.Node, more ...op.Node) (op.Node, error) {
			return op.ImageNormalise(u.at.Name, rows, act, x, more[0], second(more))
		}, x, append([]graph.Value{gain}, optional(bias)...)...)
		return s.Traced(y, func(n *trace.Network, in []*trace.Value) *trace.Value {
			return graph.Activated(n, u.at.Name, act, layerNorm{}.form(n, u, in[0], in[1], in[2]))
		}, x, gain, bias)
	}
}

// form writes the normalisation of rows, which needs the operators of version 17. That of
// images has one gain for each channel, so it is the normalisation of a single group.
func (layerNorm) form(n *trace.Network, u *units, x, gain, bias *trace.Value) *trace.Value {
	if len(x.Shape) > 1 {
		return groupNorm{1}.form(n, u, x, gain, bias)
	}
	name := u.at.Name
	n.NeedOpset(17)
	bias = orZeros(name, u, bias)
	y := n.Node(name, "LayerNormalization", x.Shape, trace.Attributes{trace.Float("epsilon", kernel.NormaliseEpsilon)}, x, gain, bias)
	module := n.Module(name+"/norm", fmt.Sprintf("nn.LayerNorm(%d)", u.count), trace.StateOf("weight", gain), trace.StateOf("bias", bias))
	return n.Python(y, module+"(%s)", x)
}
