package latent

import (
	"gaetrain/graph"
	"gaetrain/graph/op"
)

// Largest declares a code that keeps the k largest values of each image and
// sets the others to 0 (Makhzani & Frey 2014; z: B×L). The name is that of the
// layer, such as "encoder/3".
func Largest(s *graph.Scope, name string, k int, z graph.Value) graph.Value {
	if k > z.Size() && !s.Failed() {
		s.Failf("top-k of %s is %d; hint: from 1 to its %d units, or 0 for all", name, k, z.Size())
	}
	return s.Apply(func(rows *op.Rows, z op.Node, _ ...op.Node) (op.Node, error) {
		return op.TopK(name, rows, k, z)
	}, s.Rows(name, z))
}
