package op

import (
	"fmt"

	"github.com/chewxy/hm"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// output declares a further result of an op as a node. Gorgonia's ops have one
// output. An op that computes several results keeps the others in its own
// buffers, and a node that runs after the op returns one of them.
func output(b base, from *buffer, shape tensor.Shape, after *gorgonia.Node) (*gorgonia.Node, error) {
	return gorgonia.ApplyOp(&sideOutput{base: b, from: from, shape: shape.Clone(), after: after.Dims()}, after)
}

type sideOutput struct {
	base
	from  *buffer
	shape tensor.Shape
	after int // dimensions of the node that computes the result
}

func typeOf(dimensions int) hm.Type {
	if dimensions == 0 {
		return scalar()
	}
	return gorgonia.TensorType{Dims: dimensions, Of: hm.TypeVariable('a')}
}

func (s *sideOutput) Arity() int    { return 1 }
func (s *sideOutput) Type() hm.Type { return hm.NewFnType(typeOf(s.after), typeOf(len(s.shape))) }

func (s *sideOutput) InferShape(...gorgonia.DimSizer) (tensor.Shape, error) {
	return s.shape.Clone(), nil
}

func (s *sideOutput) Do(...gorgonia.Value) (gorgonia.Value, error) {
	if s.from.dense == nil {
		return nil, fmt.Errorf("%s: not computed yet", s.name)
	}
	return s.from.dense, nil
}
