package graph_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/graph/kernel/noise"
	"gaetrain/graph/op"
)

// failing returns an operation that cannot be declared.
func failing(err error) func(*op.Rows, op.Node, ...op.Node) (op.Node, error) {
	return func(*op.Rows, op.Node, ...op.Node) (op.Node, error) { return nil, err }
}

// everything calls every method of a scope.
func everything(s *graph.Scope, x graph.Value) {
	spec := graph.Spec{Name: "more/weights", Role: graph.Weight, Shape: []int{20, 2}}
	mean := s.Statistic(graph.Spec{Name: "more/mean", Shape: []int{2}})
	for i := range mean {
		mean[i] += 0
	}
	w := s.Parameter(spec)
	s.Weights(spec)
	s.StatisticValue(graph.Spec{Name: "more/value", Shape: []int{2}})
	for _, derived := range []*graph.Scope{
		s.Frozen(), s.Observing(func(*graph.Scope, graph.Parameter) {}),
		s.WithWeights(func(s *graph.Scope, _ graph.Spec, w graph.Value) graph.Value { return w }),
		s.Replacing(func(_ *graph.Scope, spec graph.Spec) graph.Spec { return spec }),
	} {
		derived.Weights(spec)
	}
	y := s.Apply(failing(errors.New("not called")), x, w)
	y = s.Rows("y", s.Images("y", s.Rows("y", s.First("y", s.Activate("y", kernel.Tanh, y)))))
	s.ApplyTo(func(w op.Node) (op.Node, error) { return w, nil }, w)
	s.VJP(y, s.Input("v", graph.Data, graph.Row(2)), s.Variable("more", graph.Row(2)))
	s.Input("input", graph.Data, graph.Row(-1))
	s.Labels(graph.Data, 3)
	s.Output("y", y)
	s.Keep("y", y)
	s.Kept("y")
	s.Draw()
	s.After(func() {})
	s.Product(3, true, y)
	lost := term(s, "more", op.SquaredError, y, x)
	s.Minimise(graph.Sum(lost, lost.Times(2).RisingOver(3).Unreported().OnlyReported()).Plus(lost))
	s.Rising(2, 3)
	s.Failf("the last error")
}

// TestFirstErrorSticks fails a declaration in many places. Later declarations
// must have no effect, and Compile and Declare must return the first error.
func TestFirstErrorSticks(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken operation")
	for _, test := range []struct {
		name string
		fail func(s *graph.Scope, x graph.Value) graph.Value
		want string
	}{
		{"Fail", func(s *graph.Scope, x graph.Value) graph.Value { s.Fail(broken); return x }, "broken operation"},
		{"Failf", func(s *graph.Scope, x graph.Value) graph.Value { s.Failf("%d is odd", 3); return x }, "3 is odd"},
		{"operation", func(s *graph.Scope, x graph.Value) graph.Value { return s.Apply(failing(broken), x) }, "broken operation"},
		{"on weights", func(s *graph.Scope, x graph.Value) graph.Value {
			w := s.Parameter(graph.Spec{Name: "w", Role: graph.Weight, Shape: []int{2, 2}})
			return s.ApplyTo(func(op.Node) (op.Node, error) { return nil, broken }, w)
		}, "broken operation"},
		{"no value", func(s *graph.Scope, x graph.Value) graph.Value { return s.Apply(failing(nil), graph.Value{}) }, "no value"},
		{"no further value", func(s *graph.Scope, x graph.Value) graph.Value { return s.Apply(failing(nil), x, graph.Value{}) }, "no value"},
		{"no product", func(s *graph.Scope, x graph.Value) graph.Value { return s.VJP(x, graph.Value{}, x) }, "no value"},
		{"term", func(s *graph.Scope, x graph.Value) graph.Value {
			lost := s.Term("t", func(*op.Rows, op.Node, ...op.Node) (op.Loss, error) { return op.Loss{}, broken }, x)
			s.Minimise(graph.Sum(lost))
			return x
		}, "broken operation"},
		{"input", func(s *graph.Scope, x graph.Value) graph.Value { return s.Input("x", graph.Data, graph.Row(0)) }, "1×1×0"},
		{"parameter", func(s *graph.Scope, x graph.Value) graph.Value {
			s.Parameter(graph.Spec{Name: "w", Role: graph.Weight, Shape: []int{2, 2}})
			return s.Parameter(graph.Spec{Name: "w", Role: graph.Weight, Shape: []int{2}})
		}, "[2 2]"},
		{"images", func(s *graph.Scope, x graph.Value) graph.Value {
			return s.Images("x", x.As(graph.Shape{Channels: 2, Height: 3, Width: 3}))
		}, "x: images: rows of 20 values, want 2×3×3"},
		{"observed", func(s *graph.Scope, x graph.Value) graph.Value {
			return s.Observing(func(s *graph.Scope, _ graph.Parameter) { s.Fail(broken) }).Parameter(graph.Spec{Name: "w", Role: graph.Weight, Shape: []int{2, 2}})
		}, "broken operation"},
		{"replaced", func(s *graph.Scope, x graph.Value) graph.Value {
			return s.Replacing(func(s *graph.Scope, spec graph.Spec) graph.Spec { s.Fail(broken); return spec }).Parameter(graph.Spec{Name: "w", Role: graph.Weight, Shape: []int{2, 2}})
		}, "broken operation"},
		{"panic", func(s *graph.Scope, x graph.Value) graph.Value { panic("broken graph") }, "broken graph"},
	} {
		t.Run(test.name, func(t *testing.T) {
			failed := false
			declare := func(s *graph.Scope) {
				x := s.Input("input", graph.Data, image)
				y := test.fail(s, x)
				failed = s.Failed()
				everything(s, y)
				everything(s, graph.Value{})
			}
			p := new(graph.Parameters)
			_, err := p.Declare(1, 2, declare)
			mentions(t, err, test.want)
			if slices.ContainsFunc(names(p), func(name string) bool { return name != "w" }) {
				t.Errorf("parameters %v after an error", names(p))
			}
			if test.name != "panic" && !failed {
				t.Error("the scope has not failed")
			}
			for _, training := range []bool{true, false} {
				w := graph.Spec{Name: "w", Role: graph.Weight, Shape: []int{2, 2}}
				with := parameters(t, 1, func(s *graph.Scope) { s.Parameter(w) })
				_, err := graph.Compile(with, graph.Options{Name: "broken", Batch: 2, Training: training, Outputs: []string{"y"}}, declare)
				mentions(t, err, "broken program", test.want)
			}
		})
	}
}

func TestErrorsWrap(t *testing.T) {
	t.Parallel()
	_, err := new(graph.Parameters).Declare(1, 2, func(s *graph.Scope) { s.Failf("a layer of %d", 0) })
	if !errors.Is(err, graph.ErrArchitecture) {
		t.Errorf("error %q does not wrap ErrArchitecture", err)
	}
	_, err = new(graph.Parameters).Declare(1, 0, func(*graph.Scope) {})
	mentions(t, err, "batches of 0 images", "hint")
	_, err = graph.Compile(new(graph.Parameters), graph.Options{Name: "training", Batch: -1}, func(*graph.Scope) {})
	mentions(t, err, "training", "batches of -1 images")
}

// TestWithWeights divides the weights of a layer by their spectral norm, which
// is 2.
func TestWithWeights(t *testing.T) {
	t.Parallel()
	const rows, singular = 3, 2
	vector := make([]float32, 20)
	vector[4] = 1
	divided := func(s *graph.Scope, spec graph.Spec, w graph.Value) graph.Value {
		if spec.Name != "only/weights" || spec.Role != graph.Weight {
			t.Errorf("%s is a %s", spec.Name, spec.Role)
		}
		return s.ApplyTo(func(w op.Node) (op.Node, error) {
			normal, _, err := op.SpectralNorm(spec.Name, w, vector)
			return normal, err
		}, w)
	}
	declare := func(with bool) graph.Declaration {
		return func(s *graph.Scope) {
			x := s.Input("input", graph.Data, image)
			if with {
				s = s.WithWeights(divided)
			}
			y := dense(s, "only", kernel.Linear, 20, x)
			s.Output("y", y)
			s.Minimise(graph.Sum(term(s, "error", op.SquaredError, y, x)))
		}
	}
	p := parameters(t, 1, declare(false))
	w := values(t, p, "only/weights")
	clear(w)
	for i := range 20 { // a diagonal
		w[21*i] = 0.5
	}
	w[21*4] = singular
	x := images(rows, 20)
	with := compile(t, p, graph.Options{Batch: rows, Training: true, Outputs: []string{"y"}}, declare(true))
	run(t, with, rows, both(x))
	for i, v := range with.Output("y") {
		near(t, "output", float64(v), float64(x[i]*w[21*(i%20)]/singular))
	}
	if !slices.Equal(moved(with), []string{"only/weights", "only/bias"}) {
		t.Errorf("the program moves %v", moved(with))
	}
	without := trainingOf(t, p, rows, declare(false))
	run(t, without, rows, both(x))
	if slices.Equal(with.Gradients()[0].Values(), without.Gradients()[0].Values()) {
		t.Error("the gradient does not pass through the quotient")
	}
}

// TestReplacing reads another parameter in place of each one.
func TestReplacing(t *testing.T) {
	t.Parallel()
	a := small(t, "tanh", false)
	replaced := func(s *graph.Scope) {
		a.declare(s.Replacing(func(_ *graph.Scope, spec graph.Spec) graph.Spec {
			spec.Name, spec.Role, spec.Fill = "mean/"+spec.Name, graph.Statistic, graph.Constant(0.125)
			return spec
		}))
	}
	p := parameters(t, 1, a.declare, replaced)
	if len(p.All()) != 14 || p.Count() != parameters(t, 1, a.declare).Count() {
		t.Errorf("%d numbers to train of %v", p.Count(), names(p))
	}
	program := trainingOf(t, p, 2, func(s *graph.Scope) {
		replaced(s)
		a.declare(s) // the last declared loss counts
	})
	if len(program.Gradients()) != 7 {
		t.Errorf("the program moves %v", moved(program))
	}
	evaluation := evaluationOf(t, p, 2, replaced, "code")
	run(t, evaluation, 2, both(make([]float32, 40)))
	h := math.Tanh(0.125)
	for _, v := range evaluation.Output("code") {
		near(t, "code", float64(v), 13*h*0.125+0.125)
	}
}

// TestObserving checks that each trainable parameter is observed once, in
// order.
func TestObserving(t *testing.T) {
	t.Parallel()
	a := small(t, "tanh", false)
	var seen []string
	declare := func(s *graph.Scope) {
		observed := s.Observing(func(_ *graph.Scope, p graph.Parameter) { seen = append(seen, p.Name) })
		a.declare(observed)
		a.declare(observed)
		observed.Statistic(graph.Spec{Name: "mean", Shape: []int{1}})
	}
	p := parameters(t, 1, declare)
	if want := names(p)[:7]; !slices.Equal(seen, want) {
		t.Errorf("%v, want %v", seen, want)
	}
}

// TestUnusedParameters checks the error for parameters that the loss does not
// depend on.
func TestUnusedParameters(t *testing.T) {
	t.Parallel()
	a := small(t, "tanh", false)
	declare := func(s *graph.Scope) {
		s.Parameter(weights("unused", 3, 2))
		a.declare(s)
	}
	p := parameters(t, 1, declare)
	evaluationOf(t, p, 2, declare)
	_, err := graph.Compile(p, graph.Options{Name: "training", Batch: 2, Training: true}, declare)
	mentions(t, err, "differentiate the training program", "unused/weights")
}

func TestKeep(t *testing.T) {
	t.Parallel()
	compile(t, new(graph.Parameters), graph.Options{Batch: 1}, func(s *graph.Scope) {
		x := s.Input("input", graph.Data, image)
		s.Frozen().Keep("pooled", x)
		s.Output("y", s.Activate("y", kernel.Tanh, x))
		if got := s.Kept("pooled"); got != x {
			t.Errorf("%+v, want %+v", got, x)
		}
		if !s.Kept("other").None() {
			t.Error("there is something else")
		}
	})
}

// TestAfter checks that statistics change only in Advance of a training
// program.
func TestAfter(t *testing.T) {
	t.Parallel()
	a := small(t, "tanh", false)
	declare := func(s *graph.Scope) {
		a.declare(s)
		steps := s.Statistic(graph.Spec{Name: "steps", Shape: []int{1}})
		s.After(func() { steps[0]++ })
		s.Frozen().After(func() { steps[0] += 10 })
		s.Settled().After(func() { steps[0] += 100 }) // has no effect
	}
	p := parameters(t, 1, declare)
	training, evaluation := trainingOf(t, p, 2, declare), evaluationOf(t, p, 2, declare)
	for range 3 {
		run(t, training, 2, both(images(2, 20)))
		run(t, evaluation, 2, both(images(2, 20)))
		evaluation.Advance()
	}
	if steps := values(t, p, "steps"); steps[0] != 0 {
		t.Errorf("%g steps without Advance", steps[0])
	}
	training.Advance()
	training.Advance()
	if steps := values(t, p, "steps"); steps[0] != 22 {
		t.Errorf("%g, want 22", steps[0])
	}
}

// TestDraw checks the numbers of random operations, and the key of the run.
func TestDraw(t *testing.T) {
	t.Parallel()
	var keys []*noise.Key
	program := compile(t, new(graph.Parameters), graph.Options{Batch: 2}, func(s *graph.Scope) {
		s.Output("y", s.Activate("y", kernel.Tanh, s.Input("input", graph.Data, image)))
		for i, scope := range []*graph.Scope{s, s.Frozen(), s} {
			key, number := scope.Draw()
			if number != i+1 {
				t.Errorf("number %d, want %d", number, i+1)
			}
			keys = append(keys, key)
		}
	})
	for step := range uint64(2) {
		want := noise.Key{Seed: 4, Stream: 9, Step: step}
		if err := program.Run(context.Background(), graph.Batch{Rows: 1, Inputs: both(images(2, 20)), Key: want}); err != nil {
			t.Fatal(err)
		}
		for _, key := range keys {
			if *key != want {
				t.Errorf("%+v, want %+v", *key, want)
			}
		}
	}
}

// TestStatistics checks that runs read the present values of statistics, which
// have no gradient.
func TestStatistics(t *testing.T) {
	t.Parallel()
	const rows = 2
	declare := func(s *graph.Scope) {
		x := s.Input("input", graph.Data, image)
		mean := s.StatisticValue(graph.Spec{Name: "mean", Shape: []int{20}})
		one := s.StatisticValue(graph.Spec{Name: "deviation", Shape: []int{1}, Fill: graph.Constant(1)})
		y := s.Apply(func(rows *op.Rows, x op.Node, more ...op.Node) (op.Node, error) {
			return op.Standardise("input", rows, x, more[0], more[1])
		}, x, mean, one)
		if !y.Constant() || !mean.Constant() {
			t.Error("a statistic is not constant")
		}
		s.Output("y", y)
		z := dense(s, "code", kernel.Linear, 20, y)
		if z.Constant() {
			t.Error("units are constant")
		}
		s.Minimise(graph.Sum(term(s, "error", op.SquaredError, z, x)))
	}
	p := parameters(t, 1, declare)
	program := compile(t, p, graph.Options{Batch: rows, Training: true, Outputs: []string{"y"}}, declare)
	x := images(rows, 20)
	for _, shift := range []float32{0, 2} {
		fill(values(t, p, "mean"), shift)
		run(t, program, rows, both(x))
		for i, v := range program.Output("y") {
			near(t, "output", float64(v), float64(x[i])-float64(shift))
		}
	}
	if got := moved(program); !slices.Equal(got, []string{"code/weights", "code/bias"}) {
		t.Errorf("the program moves %v", got)
	}
}
