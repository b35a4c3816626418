package latent

import (
	"slices"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/graph/op"
	"gaetrain/graph/trace"
)

// Gates are codes that multiply the responses of units to two frames x and y.
// They represent the relation between the frames (Konda, Memisevic & Michalski
// 2014).
type Gates struct {
	Code      graph.Value // the gates s, B×L
	responses graph.Value // of the gated units
}

// ProductGates declares s = act(r₁ ⊙ r₂) for the responses r = (x·U, y·V) to
// each frame (responses: B×2L).
func ProductGates(s *graph.Scope, act kernel.Activation, responses graph.Value) Gates {
	return gates(s, act, 2, responses)
}

// EnergyGates declares s = act(r ⊙ r) for the responses r = (x, y)·W to both
// frames together (responses: B×L).
func EnergyGates(s *graph.Scope, act kernel.Activation, responses graph.Value) Gates {
	return gates(s, act, 1, responses)
}

func gates(s *graph.Scope, act kernel.Activation, frames int, responses graph.Value) Gates {
	product := s.Apply(func(rows *op.Rows, x op.Node, _ ...op.Node) (op.Node, error) {
		return op.FrameProduct(code, rows, frames, x)
	}, responses)
	product = s.Traced(product, func(n *trace.Network, in []*trace.Value) *trace.Value {
		r := n.Flat(code, in[0])
		a, b := r, r
		if half := r.Shape[0] / frames; frames == 2 {
			a, b = n.Columns(code, r, 0, half), n.Columns(code, r, half, 2*half)
		}
		return n.Python(n.Node(code, "Mul", a.Shape, nil, a, b), "%s * %s", a, b)
	}, responses)
	return Gates{s.Activate(code, act, product), responses}
}

// Gated declares the gated responses s ⊙ r. With exchange the two frames change
// places: (s ⊙ r₂, s ⊙ r₁).
func (g Gates) Gated(s *graph.Scope, exchange bool) graph.Value {
	y := s.Apply(func(rows *op.Rows, x op.Node, more ...op.Node) (op.Node, error) {
		return op.Modulate(code, rows, exchange, x, more[0])
	}, g.Code, g.responses)
	return s.Traced(y, func(n *trace.Network, in []*trace.Value) *trace.Value {
		return modulated(n, exchange, in[0], n.Flat(code, in[1]))
	}, g.Code, g.responses)
}

// modulated writes the product of the gates and the responses to each frame.
func modulated(n *trace.Network, exchange bool, gates, responses *trace.Value) *trace.Value {
	var parts []*trace.Value
	width := gates.Shape[0]
	for at := 0; at < responses.Shape[0]; at += width {
		r := n.Columns(code, responses, at, at+width)
		parts = append(parts, n.Python(n.Node(code, "Mul", r.Shape, nil, gates, r), "%s * %s", gates, r))
	}
	if exchange {
		slices.Reverse(parts)
	}
	return n.Join(code, parts...)
}

// Contraction declares the term "contraction", ‖∂s/∂(x, y)‖² of each image. act
// is the activation of the gates, and weights are those of the responses.
func (g Gates) Contraction(s *graph.Scope, act kernel.Activation, weights graph.Value) graph.Term {
	return s.Term("contraction", func(rows *op.Rows, x op.Node, more ...op.Node) (op.Loss, error) {
		return op.GateContraction("contraction", rows, act, x, more[0], more[1])
	}, g.Code, g.responses, weights)
}
