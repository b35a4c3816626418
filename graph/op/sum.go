package op

import (
	"fmt"

	"github.com/chewxy/hm"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Weight is the weight of a term of a loss. It may change between runs.
type Weight struct{ Value float32 }

// WeightedSum declares the scalar Σ weight·term.
func WeightedSum(name string, weights []*Weight, terms gorgonia.Nodes) (*gorgonia.Node, error) {
	if len(weights) != len(terms) || len(terms) == 0 {
		return nil, fmt.Errorf("%s: %d weights for %d terms", name, len(weights), len(terms))
	}
	return gorgonia.ApplyOp(&weightedSum{base: base{name: name + ": weighted sum"}, weights: weights, sum: gorgonia.NewF32(0)}, terms...)
}

type weightedSum struct {
	base
	weights []*Weight
	sum     *gorgonia.F32
}

func (s *weightedSum) Arity() int { return len(s.weights) }

func (s *weightedSum) Type() hm.Type {
	types := make([]hm.Type, len(s.weights)+1)
	for i := range types {
		types[i] = scalar()
	}
	return hm.NewFnType(types...)
}

func (s *weightedSum) InferShape(...gorgonia.DimSizer) (tensor.Shape, error) {
	return tensor.ScalarShape(), nil
}

func (s *weightedSum) Do(in ...gorgonia.Value) (out gorgonia.Value, err error) {
	defer s.end(&err)
	*s.sum = 0
	for i, term := range in {
		*s.sum += gorgonia.F32(gorgonia.F32(s.weights[i].Value) * *term.(*gorgonia.F32))
	}
	return s.sum, nil
}

func (s *weightedSum) DiffWRT(inputs int) []bool {
	all := make([]bool, inputs)
	for i := range all {
		all[i] = true
	}
	return all
}

func (s *weightedSum) SymDiff(in gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	gradients := make(gorgonia.Nodes, len(in))
	for i := range in {
		w := &weighted{base: s.derive(fmt.Sprintf("gradient of term %d", i)), weight: s.weights[i], product: gorgonia.NewF32(0)}
		var err error
		if gradients[i], err = gorgonia.ApplyOp(w, grad); err != nil {
			return nil, err
		}
	}
	return gradients, nil
}

// weighted multiplies a scalar by a weight.
type weighted struct {
	base
	weight  *Weight
	product *gorgonia.F32
}

func (w *weighted) Arity() int    { return 1 }
func (w *weighted) Type() hm.Type { return hm.NewFnType(scalar(), scalar()) }

func (w *weighted) InferShape(...gorgonia.DimSizer) (tensor.Shape, error) {
	return tensor.ScalarShape(), nil
}

func (w *weighted) Do(in ...gorgonia.Value) (out gorgonia.Value, err error) {
	defer w.end(&err)
	*w.product = gorgonia.F32(w.weight.Value) * *in[0].(*gorgonia.F32)
	return w.product, nil
}
