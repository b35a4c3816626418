package latent

import (
	"fmt"

	"gaetrain/graph"
	"gaetrain/graph/op"
	"gaetrain/graph/trace"
)

// Largest declares a code that keeps the k largest values of each image and
// sets the others to 0 (Makhzani & Frey 2014; z: B×L). The name is that of the
// layer, such as "encoder/3".
func Largest(s *graph.Scope, name string, k int, z graph.Value) graph.Value {
	if k > z.Size() && !s.Failed() {
		s.Failf("top-k of %s is %d; hint: from 1 to its %d units, or 0 for all", name, k, z.Size())
	}
	z = s.Rows(name, z)
	y := s.Apply(func(rows *op.Rows, z op.Node, _ ...op.Node) (op.Node, error) {
		return op.TopK(name, rows, k, z)
	}, z)
	return s.Traced(y, func(n *trace.Network, in []*trace.Value) *trace.Value { return largest(n, k, n.Flat(code, in[0])) }, z)
}

// largestHelper keeps the k largest values of each row.
const largestHelper = `def largest(x, k):
    """Keeps the k largest values of each row. The others are 0."""
    values, at = x.topk(k)
    return torch.zeros_like(x).scatter(1, at, values)
`

// largest writes the code: the largest values are put at their places among zeros.
func largest(n *trace.Network, k int, z *trace.Value) *trace.Value {
	kept := n.Several(code, "TopK", [][]int{{k}, {k}}, nil, z, trace.Whole(code+"/k", int64(k)))
	zeros := n.Node(code, "Sub", z.Shape, nil, z, z)
	y := n.Node(code, "ScatterElements", z.Shape, trace.Attributes{trace.Int("axis", 1)}, zeros, kept[1], kept[0])
	n.Helper(largestHelper)
	return n.Python(y, fmt.Sprintf("largest(%%s, %d)", k), z)
}
