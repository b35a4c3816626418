package graph_test

import (
	"slices"
	"testing"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/graph/op"
)

// twoLayers declares two layers, one of them frozen.
func twoLayers(frozenFirst bool) graph.Declaration {
	return func(s *graph.Scope) {
		first, second := s, s.Frozen()
		if frozenFirst {
			first, second = second, first
		}
		x := s.Input("input", graph.Data, image)
		h := dense(first, "first", kernel.Tanh, 7, x)
		y := dense(second, "second", kernel.Tanh, 20, h)
		s.Output("y", y)
		s.Minimise(graph.Sum(term(s, "error", op.SquaredError, y, x)))
	}
}

// TestFrozen checks that frozen parameters have no gradient and do not change,
// and that gradients pass through a frozen layer.
func TestFrozen(t *testing.T) {
	t.Parallel()
	const rows = 4
	x := images(rows, 20)
	for _, frozenFirst := range []bool{false, true} {
		p := parameters(t, 1, twoLayers(frozenFirst))
		program := trainingOf(t, p, rows, twoLayers(frozenFirst))
		frozen, want := []string{"second/weights", "second/bias"}, []string{"first/weights", "first/bias"}
		if frozenFirst {
			frozen, want = want, frozen
		}
		if got := moved(program); !slices.Equal(got, want) {
			t.Errorf("the program moves %v, want %v", got, want)
		}
		var before [][]float32
		for _, name := range frozen {
			before = append(before, slices.Clone(values(t, p, name)))
		}
		var solver adam
		run(t, program, rows, both(x))
		first := program.Mean()
		for range 50 {
			run(t, program, rows, both(x))
			solver.descend(program)
		}
		if program.Mean() >= first {
			t.Errorf("the loss went from %g to %g", first, program.Mean())
		}
		for i, name := range frozen {
			same(t, name, values(t, p, name), before[i])
		}
	}
	// The gradients of the first layer do not depend on whether the second is
	// frozen.
	all := func(s *graph.Scope) {
		x := s.Input("input", graph.Data, image)
		y := dense(s, "second", kernel.Tanh, 20, dense(s, "first", kernel.Tanh, 7, x))
		s.Minimise(graph.Sum(term(s, "error", op.SquaredError, y, x)))
	}
	p := parameters(t, 1, all)
	free, part := trainingOf(t, p, rows, all), trainingOf(t, p, rows, twoLayers(false))
	run(t, free, rows, both(x))
	run(t, part, rows, both(x))
	for i, g := range part.Gradients() {
		same(t, g.Name, g.Values(), free.Gradients()[i].Values())
	}
}

func TestMoves(t *testing.T) {
	t.Parallel()
	for _, training := range []bool{true, false} {
		compile(t, new(graph.Parameters), graph.Options{Batch: 3, Training: training}, func(s *graph.Scope) {
			s.Output("x", s.Activate("x", kernel.Tanh, s.Input("input", graph.Data, image)))
			if s.Training() != training || s.Frozen().Training() != training {
				t.Errorf("training is %t", s.Training())
			}
			if s.Moves() != training || s.Frozen().Moves() {
				t.Errorf("moves is %t, frozen %t", s.Moves(), s.Frozen().Moves())
			}
			if s.Batch() != 3 || s.Frozen().Batch() != 3 {
				t.Errorf("batch is %d", s.Batch())
			}
		})
	}
}

// TestAllFrozen freezes all parameters.
func TestAllFrozen(t *testing.T) {
	t.Parallel()
	a := small(t, "tanh", false)
	p := parameters(t, 1, a.declare)
	program := trainingOf(t, p, 2, func(s *graph.Scope) { a.declare(s.Frozen()) })
	evaluation := evaluationOf(t, p, 2, a.declare)
	run(t, program, 2, both(images(2, 20)))
	run(t, evaluation, 2, both(images(2, 20)))
	if len(program.Gradients()) != 0 || program.Mean() != evaluation.Mean() {
		t.Errorf("%d gradients, loss %g, want none and %g", len(program.Gradients()), program.Mean(), evaluation.Mean())
	}
}
