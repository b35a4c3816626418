package latent

import (
	"gaetrain/graph"
	"gaetrain/graph/op"
)

// Finite declares a code whose values are rounded to a few levels each, so that
// every row is one of finitely many (finite scalar quantisation, Mentzer 2023; z:
// B×L, levels: L whole numbers). Gradients pass through the rounding.
func Finite(s *graph.Scope, levels []int, z graph.Value) graph.Value {
	return s.Apply(func(rows *op.Rows, z op.Node, _ ...op.Node) (op.Node, error) {
		return op.FiniteScalar(code, rows, levels, z)
	}, s.Rows(code, z))
}
