package recipes

import (
	"math"
	"slices"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/graph/op"
)

// unitRows is the scope on which each row of a weight matrix is divided by its length
// after each training step.
func unitRows(s *graph.Scope) *graph.Scope {
	return s.Observing(func(s *graph.Scope, p graph.Parameter) {
		if p.Role == graph.Weight {
			s.After(func() { normaliseRows(p) })
		}
	})
}

func normaliseRows(w graph.Parameter) {
	for row := range slices.Chunk(w.Values(), w.Shape[1]) {
		kernel.Scale(float32(1/math.Sqrt(max(kernel.SumSquares(row), 1e-30))), row)
	}
}

// startTied initialises a dictionary: the rows of the decoder have length 1, the
// encoder has the same directions, and the bias is the mean image.
func startTied(p *graph.Parameters) {
	values := func(name string) graph.Parameter { v, _ := p.Get(name); return v }
	directions, encoder := values("decoder/1/weights"), values("encoder/1/weights")
	if directions.Tensor == nil {
		return // a classifier has no decoder
	}
	normaliseRows(directions)
	units, pixels := directions.Shape[0], directions.Shape[1]
	for unit := range units {
		for pixel := range pixels {
			encoder.Values()[pixel*units+unit] = directions.Values()[unit*pixels+pixel]
		}
	}
	copy(values("decoder/1/bias").Values(), values("input/mean").Values())
}

// leftover declares ‖x − x̂ − more‖². Its gradient reaches only more, the contribution
// of dead units.
func leftover(s *graph.Scope, y, more, target graph.Value) graph.Term {
	return s.Term("auxiliary_loss", func(rows *op.Rows, more op.Node, others ...op.Node) (op.Loss, error) {
		whole, err := op.Add("dead units", rows, kernel.Linear, [2]bool{true, false}, others[0], more)
		if err != nil {
			return op.Loss{}, err
		}
		return op.SquaredError("auxiliary_loss", rows, whole, others[1])
	}, more, y, target)
}
