package latent

import (
	"gaetrain/graph"
	"gaetrain/graph/op"
)

// Finite declares a code whose values are rounded to a few levels each (z: B×L,
// levels: L numbers of at least 2; finite scalar quantisation, Mentzer et al.
// 2023). Gradients pass through the rounding unchanged.
func Finite(s *graph.Scope, levels []int, z graph.Value) graph.Value {
	return s.Apply(func(rows *op.Rows, z op.Node, _ ...op.Node) (op.Node, error) {
		return op.FiniteScalar(code, rows, levels, z)
	}, s.Rows(code, z))
}
