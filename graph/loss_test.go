package graph_test

import (
	"math"
	"slices"
	"testing"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/graph/op"
)

// terms declares an autoencoder of one layer. f combines its squared error and
// the L1 norm of its code.
func terms(f func(s *graph.Scope, squared, l1 graph.Term) graph.Loss) graph.Declaration {
	return func(s *graph.Scope) {
		x := s.Input("input", graph.Data, image)
		z := dense(s, "code", kernel.Tanh, 4, x)
		y := dense(s, "output", kernel.Linear, 20, z)
		l1 := s.Term("l1", func(rows *op.Rows, z op.Node, _ ...op.Node) (op.Loss, error) { return op.L1("l1", rows, z) }, z)
		s.Minimise(f(s, term(s, "squared", op.SquaredError, y, x), l1))
	}
}

// meanOf returns the mean of a term over the images of the last run.
func meanOf(p *graph.Program, i int) (mean float64) {
	images := p.Terms()[i].PerImage()
	for _, v := range images {
		mean += float64(v) / float64(len(images))
	}
	return mean
}

// TestWeights checks the trained and the reported loss for every kind of
// weight.
func TestWeights(t *testing.T) {
	t.Parallel()
	type loss = func(s *graph.Scope, squared, l1 graph.Term) graph.Loss
	for _, test := range []struct {
		name                          string
		loss                          loss
		training, reported            float64 // weight of the L1 norm
		squared, squaredReported, has float64 // weights of the squared error; number of terms
	}{
		{"sum", func(_ *graph.Scope, a, b graph.Term) graph.Loss { return graph.Sum(a, b) }, 1, 1, 1, 1, 2},
		{"alone", func(_ *graph.Scope, a, _ graph.Term) graph.Loss { return graph.Sum(a) }, 0, 0, 1, 1, 1},
		{"alone, weighted", func(_ *graph.Scope, a, _ graph.Term) graph.Loss { return graph.Sum(a.Times(3)) }, 0, 0, 3, 3, 1},
		{"times", func(_ *graph.Scope, a, b graph.Term) graph.Loss { return graph.Sum(a, b.Times(0.5)) }, 0.5, 0.5, 1, 1, 2},
		{"plus", func(_ *graph.Scope, a, b graph.Term) graph.Loss { return graph.Sum(a).Plus(b.Times(2)) }, 2, 2, 1, 1, 2},
		{"unreported", func(_ *graph.Scope, a, b graph.Term) graph.Loss { return graph.Sum(a, b.Times(2).Unreported()) }, 2, 0, 1, 1, 2},
		{"alone, unreported", func(_ *graph.Scope, a, _ graph.Term) graph.Loss { return graph.Sum(a.Unreported()) }, 0, 0, 1, 0, 1},
		{"only reported", func(_ *graph.Scope, a, b graph.Term) graph.Loss { return graph.Sum(a, b.Times(2).OnlyReported()) }, 0, 2, 1, 1, 2},
		{"rising, before At", func(_ *graph.Scope, a, b graph.Term) graph.Loss { return graph.Sum(a, b.Times(2).RisingOver(3)) }, 2, 2, 1, 1, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			const rows = 3
			declare := terms(test.loss)
			p := parameters(t, 1, declare)
			training, evaluation := trainingOf(t, p, rows, declare), evaluationOf(t, p, rows, declare)
			for _, c := range []struct {
				program     *graph.Program
				squared, l1 float64
			}{{training, test.squared, test.training}, {evaluation, test.squaredReported, test.reported}} {
				run(t, c.program, rows, both(images(rows, 20)))
				want := c.squared * meanOf(c.program, 0)
				if test.has == 2 {
					want += c.l1 * meanOf(c.program, 1)
				}
				near(t, "loss", c.program.Mean(), want)
				reported := []float64{test.squaredReported, test.reported}
				for i, term := range c.program.Terms() {
					if want := []string{"squared", "l1"}[i]; term.Name != want || term.Reported != reported[i] {
						t.Errorf("term %d is %s with weight %g, want %s with %g", i, term.Name, term.Reported, want, reported[i])
					}
				}
			}
			if len(training.Terms()) != int(test.has) {
				t.Errorf("%d terms", len(training.Terms()))
			}
		})
	}
}

// TestWeightedGradients compares the gradients of a weighted sum with those of
// its terms, at several epochs of a rising weight.
func TestWeightedGradients(t *testing.T) {
	t.Parallel()
	const rows, weight, epochs = 3, 2., 4.
	alone := func(i int) graph.Declaration {
		return terms(func(_ *graph.Scope, a, b graph.Term) graph.Loss {
			return graph.Sum(a.Times([]float64{1, 0}[i]), b.Times([]float64{0, 1}[i]))
		})
	}
	sum := terms(func(_ *graph.Scope, a, b graph.Term) graph.Loss {
		return graph.Sum(a, b.Times(weight).RisingOver(epochs))
	})
	p := parameters(t, 1, sum)
	x := both(images(rows, 20))
	gradients := func(d graph.Declaration, epoch float64) (all []float32, mean float64) {
		program := trainingOf(t, p, rows, d)
		program.At(epoch)
		run(t, program, rows, x)
		for _, g := range program.Gradients() {
			all = append(all, g.Values()...)
		}
		return all, program.Mean()
	}
	first, squared := gradients(alone(0), 0)
	second, l1 := gradients(alone(1), 0)
	for _, epoch := range []float64{3, 0, 1, 4, 100} {
		rising := weight * min(1, epoch/epochs)
		got, mean := gradients(sum, epoch)
		near(t, "loss", mean, squared+rising*l1)
		for i, g := range got {
			want := float64(first[i]) + rising*float64(second[i])
			within(t, "gradient", float64(g), want, 1e-6*max(1, math.Abs(want)))
		}
	}
}

// TestAt moves rising weights back and forth. Evaluation must ignore them.
func TestAt(t *testing.T) {
	t.Parallel()
	const rows = 2
	declare := terms(func(s *graph.Scope, a, b graph.Term) graph.Loss {
		return graph.Sum(a, b.Times(3).RisingOver(2), b.Times(1).RisingOver(0))
	})
	p := parameters(t, 1, declare)
	training, evaluation := trainingOf(t, p, rows, declare), evaluationOf(t, p, rows, declare)
	for _, epoch := range []float64{0, 1.5, 2, 7, 0.5} {
		training.At(epoch)
		evaluation.At(epoch)
		for _, program := range []*graph.Program{training, evaluation} {
			run(t, program, rows, both(images(rows, 20)))
		}
		near(t, "training loss", training.Mean(), meanOf(training, 0)+(1+3*min(1, epoch/2))*meanOf(training, 1))
		near(t, "evaluated loss", evaluation.Mean(), meanOf(evaluation, 0)+4*meanOf(evaluation, 1))
	}
}

// TestRising checks a rising number of an operation.
func TestRising(t *testing.T) {
	t.Parallel()
	var full, atOnce *op.Weight
	declare := terms(func(s *graph.Scope, a, _ graph.Term) graph.Loss {
		full, atOnce = s.Rising(20, 4), s.Rising(5, 0)
		return graph.Sum(a)
	})
	p := parameters(t, 1, declare)
	for _, training := range []bool{true, false} {
		program := compile(t, p, graph.Options{Batch: 1, Training: training}, declare)
		for _, epoch := range []float64{1, 0, 4, 9} {
			program.At(epoch)
			want := 20.
			if training {
				want *= min(1, epoch/4)
			}
			near(t, "number", float64(full.Value), want)
			near(t, "number that is there at once", float64(atOnce.Value), 5)
		}
	}
}

// TestWhole minimises one operation and reports the terms that it consists of.
func TestWhole(t *testing.T) {
	t.Parallel()
	const rows = 3
	var whole op.Loss
	declare := func(s *graph.Scope) {
		x := s.Input("input", graph.Data, image)
		y := dense(s, "only", kernel.Linear, 20, x)
		part := func(name string, factor float32) graph.Term {
			return s.Term(name, func(rows *op.Rows, y op.Node, more ...op.Node) (loss op.Loss, err error) {
				loss, err = op.WeightedSquaredError(name, rows, kernel.PixelWeights{Corrupted: factor, Intact: factor}, y, more[0], more[0])
				if name == "all" {
					whole = loss
				}
				return loss, err
			}, y, x)
		}
		part("all", 5)
		s.Minimise(graph.Whole(whole, part("a", 2), part("b", 3).Times(7)))
	}
	p := parameters(t, 1, declare)
	for _, training := range []bool{true, false} {
		program := compile(t, p, graph.Options{Batch: rows, Training: training}, declare)
		run(t, program, rows, both(images(rows, 20)))
		near(t, "loss", program.Mean(), meanOf(program, 0)+meanOf(program, 1)) // the weight 7 is only reported
		if got := program.Terms(); len(got) != 2 || got[0].Name != "a" || got[1].Reported != 7 {
			t.Errorf("terms %+v", got)
		}
	}
}

// TestPlusCopies checks that Plus does not change a loss that is used
// elsewhere.
func TestPlusCopies(t *testing.T) {
	t.Parallel()
	declare := terms(func(s *graph.Scope, a, b graph.Term) graph.Loss {
		first := graph.Sum(a, b).Plus(b)
		first.Plus(b.Times(9))
		second := first.Plus(b.Times(2))
		first.Plus(b.Times(5))
		return second
	})
	program := evaluationOf(t, parameters(t, 1, declare), 2, declare)
	var weights []float64
	for _, term := range program.Terms() {
		weights = append(weights, term.Reported)
	}
	if !slices.Equal(weights, []float64{1, 1, 1, 2}) {
		t.Errorf("weights %v", weights)
	}
}

// TestNoLoss compiles a program without a loss. It trains nothing.
func TestNoLoss(t *testing.T) {
	t.Parallel()
	declare := func(s *graph.Scope) {
		s.Output("code", dense(s, "code", kernel.Tanh, 4, s.Input("input", graph.Data, image)))
	}
	p := parameters(t, 1, declare)
	for _, training := range []bool{true, false} {
		program := compile(t, p, graph.Options{Batch: 2, Training: training}, declare)
		run(t, program, 1, both(images(2, 20)))
		if len(program.Gradients()) != 0 || len(program.Terms()) != 0 || program.NotFinite() != "" {
			t.Errorf("%d gradients, %d terms", len(program.Gradients()), len(program.Terms()))
		}
	}
}
