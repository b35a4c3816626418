package op

import (
	"gorgonia.org/gorgonia"

	"gaetrain/graph/kernel"
)

// UnitRows declares the rows of w, each divided by its Euclidean norm (w: L×D), as
// the decoder of a dictionary needs them: a unit of the code then cannot be small
// by making its row large. A row of zeros stays as it is.
func UnitRows(name string, w *gorgonia.Node) (*gorgonia.Node, error) {
	b := base{name: name + ": rows of unit length"}
	shape, err := b.shape("weights", w.Shape(), 2)
	if err != nil {
		return nil, err
	}
	b.rows = &Rows{Live: shape[0], Compiled: shape[0]} // all of them, whatever the batch
	return declareLayer(b, &unitRows{columns: shape[1], norms: make([]float32, shape[0])}, shape, false, w)
}

type unitRows struct {
	columns int
	norms   []float32 // of the last run
}

func (u *unitRows) forward(rows int, in [][]float32, unit []float32) {
	kernel.UnitRows(rows, u.columns, in[0], unit, u.norms)
}

func (u *unitRows) backward(rows int, _ [][]float32, unit, dUnit []float32, gradients [][]float32) {
	if gradients[0] != nil {
		kernel.UnitRowsGradient(rows, u.columns, unit, u.norms, dUnit, gradients[0])
	}
}
