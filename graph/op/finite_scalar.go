package op

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"gaetrain/graph/kernel"
)

// FiniteScalar declares the code y of z, quantised to the given number of
// levels for each unit (z, y: B×L; Mentzer et al. 2023, see
// [kernel.FiniteScalar]). The gradient is that of the values before rounding
// (straight-through estimator).
func FiniteScalar(name string, rows *Rows, levels []int, z *gorgonia.Node) (*gorgonia.Node, error) {
	b := base{name: name + ": finite scalar quantisation", rows: rows}
	shape, err := b.batch("input", z.Shape())
	if err != nil {
		return nil, err
	}
	if shape[1] != len(levels) {
		return nil, fmt.Errorf("%s: %d units, but levels for %d", b.name, shape[1], len(levels))
	}
	q, err := kernel.NewFiniteScalar(levels)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", b.name, err)
	}
	return declareLayer(b, &finiteScalar{FiniteScalar: q}, shape, false, z)
}

type finiteScalar struct {
	*kernel.FiniteScalar
	tanh []float32 // B×L, of the last run
}

func (f *finiteScalar) forward(batch int, in [][]float32, y []float32) {
	if f.tanh == nil {
		f.tanh = make([]float32, len(y))
	}
	f.Quantise(batch, in[0], y, f.tanh)
}

func (f *finiteScalar) backward(batch int, _ [][]float32, _, dy []float32, gradients [][]float32) {
	if gradients[0] != nil {
		f.Gradient(batch, f.tanh, dy, gradients[0])
	}
}
