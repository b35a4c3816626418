package layer

import (
	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/graph/op"
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
		return s.Apply(func(rows *op.Rows, x op.Node, more ...op.Node) (op.Node, error) {
			return op.ImageNormalise(u.at.Name, rows, act, x, more[0], second(more))
		}, x, append([]graph.Value{gain}, optional(bias)...)...)
	}
}
