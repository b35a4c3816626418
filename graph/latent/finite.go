package latent

import (
	"fmt"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/graph/op"
	"gaetrain/graph/trace"
)

// Finite declares a code whose values are rounded to a few levels each (z: B×L,
// levels: L numbers of at least 2; finite scalar quantisation, Mentzer et al.
// 2023). Gradients pass through the rounding unchanged.
func Finite(s *graph.Scope, levels []int, z graph.Value) graph.Value {
	z = s.Rows(code, z)
	y := s.Apply(func(rows *op.Rows, z op.Node, _ ...op.Node) (op.Node, error) {
		return op.FiniteScalar(code, rows, levels, z)
	}, z)
	return s.Traced(y, func(n *trace.Network, in []*trace.Value) *trace.Value { return rounded(n, levels, n.Flat(code, in[0])) }, z)
}

// rounded writes y = round(tanh(z + shift)·half − offset)·scale, see
// kernel.FiniteScalar. Halves are rounded to even numbers.
func rounded(n *trace.Network, levels []int, z *trace.Value) *trace.Value {
	q, err := kernel.NewFiniteScalar(levels)
	if err != nil {
		return trace.Unknown(err.Error())
	}
	shift, half, offset, scale := q.Constants()
	constant := func(name string, values []float32) *trace.Value {
		return trace.Constant(code+"/"+name, z.Shape, values)
	}
	s, h, o, c := constant("shift", shift), constant("half", half), constant("offset", offset), constant("scale", scale)
	b := n.Node(code, "Mul", z.Shape, nil, n.Node(code, "Tanh", z.Shape, nil, n.Node(code, "Add", z.Shape, nil, z, s)), h)
	level := n.Node(code, "Round", z.Shape, nil, n.Node(code, "Sub", z.Shape, nil, b, o))
	python := fmt.Sprintf("torch.round(torch.tanh(%%s + %s) * %s - %s) * %s", n.Buffer("code/shift", s.Constant), n.Buffer("code/half", h.Constant), n.Buffer("code/offset", o.Constant), n.Buffer("code/scale", c.Constant))
	return n.Python(n.Node(code, "Mul", z.Shape, nil, level, c), python, z)
}
