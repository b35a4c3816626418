package recipes

import (
	"math"
	"slices"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
)

// unitRows is the scope on which each row of weights is divided by its length
// after each step of training.
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

// transpose writes weights L×D as weights D×L.
func transpose(from, to graph.Parameter) {
	rows, columns := from.Shape[0], from.Shape[1]
	for i := range rows {
		for j := range columns {
			to.Values()[j*rows+i] = from.Values()[i*columns+j]
		}
	}
}
