package latent

import (
	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/graph/op"
)

// Gates are codes that open and close the responses of units: they tell how two
// frames x and y relate (Konda 2014).
type Gates struct {
	Code      graph.Value // B×L, the gates s
	responses graph.Value // of the units that they gate
}

// ProductGates declares s = act(r₁ ⊙ r₂) of the responses r = (x·U, y·V) of both
// frames (responses: B×2L).
func ProductGates(s *graph.Scope, act kernel.Activation, responses graph.Value) Gates {
	return gates(s, act, 2, responses)
}

// EnergyGates declares s = act(r ⊙ r) of the responses r = (x, y)·W to both frames
// together (responses: B×L).
func EnergyGates(s *graph.Scope, act kernel.Activation, responses graph.Value) Gates {
	return gates(s, act, 1, responses)
}

func gates(s *graph.Scope, act kernel.Activation, frames int, responses graph.Value) Gates {
	product := s.Apply(func(rows *op.Rows, x op.Node, _ ...op.Node) (op.Node, error) {
		return op.FrameProduct(code, rows, frames, x)
	}, responses)
	return Gates{s.Activate(code, act, product), responses}
}

// Gated declares the responses that the open gates let through, s ⊙ r; with
// exchange those of the other frame, (s ⊙ r₂, s ⊙ r₁).
func (g Gates) Gated(s *graph.Scope, exchange bool) graph.Value {
	return s.Apply(func(rows *op.Rows, x op.Node, more ...op.Node) (op.Node, error) {
		return op.Modulate(code, rows, exchange, x, more[0])
	}, g.Code, g.responses)
}

// Contraction declares the term "contraction", ‖∂s/∂(x, y)‖² per image, given the
// weights of the responses.
func (g Gates) Contraction(s *graph.Scope, act kernel.Activation, weights graph.Value) graph.Term {
	return s.Term("contraction", func(rows *op.Rows, x op.Node, more ...op.Node) (op.Loss, error) {
		return op.GateContraction("contraction", rows, act, x, more[0], more[1])
	}, g.Code, g.responses, weights)
}
