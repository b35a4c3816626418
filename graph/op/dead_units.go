package op

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"gaetrain/graph/kernel"
)

// Silence counts for how many batches in a row each unit of a sparse code has been
// silent: 0 for all rows of the batch.
type Silence struct {
	Batches []float32 // L
	Limit   int       // a unit that is silent for more batches is dead
}

// Count returns a function that updates the counts after a run from the code
// (B×L), which must belong to the graph that has run.
func (s Silence) Count(rows *Rows, code *gorgonia.Node) func() {
	return func() { kernel.CountSilence(rows.Live, len(s.Batches), floats(code.Value()), s.Batches) }
}

// DeadUnits declares y with the k largest positive values of dead units in each row
// of h, and zeros in place of the others; of equal values the first ones stay (h,
// y: B×L). Gradients reach the values that stay. Decoded to what the code has left
// unexplained, y gives dead units a gradient that can revive them (Gao 2024).
func DeadUnits(name string, rows *Rows, k int, s Silence, h *gorgonia.Node) (*gorgonia.Node, error) {
	b := base{name: name + ": dead units", rows: rows}
	shape, err := b.batch("input", h.Shape())
	if err != nil {
		return nil, err
	}
	if k < 1 || len(s.Batches) != shape[1] {
		return nil, fmt.Errorf("%s: k is %d and there are counts of %d units, want at least 1, and %d", b.name, k, len(s.Batches), shape[1])
	}
	d := &deadUnits{k: k, silence: s, dead: make([]int, 0, shape[1]), kept: make([]float32, shape.TotalSize())}
	return declareLayer(b, d, shape, false, h)
}

type deadUnits struct {
	k       int
	silence Silence
	dead    []int
	kept    []float32 // B×L, of the last run
}

func (d *deadUnits) forward(batch int, in [][]float32, y []float32) {
	d.dead = d.dead[:0]
	for unit, batches := range d.silence.Batches {
		if batches > float32(d.silence.Limit) {
			d.dead = append(d.dead, unit)
		}
	}
	kernel.TopKAmong(batch, len(d.silence.Batches), d.k, d.dead, in[0], y, d.kept)
}

func (d *deadUnits) backward(batch int, _ [][]float32, _, dy []float32, gradients [][]float32) {
	if gradients[0] != nil {
		kernel.Multiply(gradients[0][:batch*len(d.silence.Batches)], dy, d.kept)
	}
}
