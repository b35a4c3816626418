package latent_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gaetrain/graph"
	"gaetrain/graph/op"
)

// code declares a code of an input. The code is computed from input·w, where w
// is the identity, so the gradient in w can be checked.
type code func(s *graph.Scope, x graph.Value) []graph.Term

func (c code) declare(width int) graph.Declaration {
	return func(s *graph.Scope) {
		x := s.Variable("input", graph.Row(width))
		w := s.Parameter(graph.Spec{Name: "w", Role: graph.Weight, Shape: []int{width, width}, Fill: func(values []float32, _ uint64) {
			for i := range width {
				values[i*(width+1)] = 1
			}
		}})
		y := s.Apply(func(rows *op.Rows, x op.Node, more ...op.Node) (op.Node, error) {
			return op.Affine("w", rows, 0, false, false, x, more[0], nil)
		}, x, w)
		s.Minimise(graph.Sum(c(s, y)...))
	}
}

// program compiles a code of an input of the given size.
func (c code) program(t testing.TB, p *graph.Parameters, batch, width int, training bool, outputs ...string) *graph.Program {
	t.Helper()
	declare := c.declare(width)
	if _, err := p.Declare(1, batch, declare); err != nil {
		t.Fatal(err)
	}
	program, err := graph.Compile(p, graph.Options{Name: "code", Batch: batch, Training: training, Outputs: outputs}, declare)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := program.Close(); err != nil {
			t.Error(err)
		}
	})
	return program
}

func run(t testing.TB, p *graph.Program, rows int, inputs map[string][]float32) {
	t.Helper()
	if err := p.Run(context.Background(), graph.Batch{Rows: rows, Inputs: inputs}); err != nil {
		t.Fatal(err)
	}
}

// checkGradient compares the gradient of the loss in w, which is Σ_B
// xᵀ·∂loss/∂y, with finite differences of a float64 reference.
func checkGradient(t *testing.T, p *graph.Program, rows int, x []float32, loss func(y []float64) float64) {
	t.Helper()
	const step = 1e-6
	width := len(x) / rows
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	near(t, "loss", p.Mean(), loss(y))
	slopes := make([]float64, len(y))
	for i, old := range y {
		y[i] = old + step
		above := loss(y)
		y[i] = old - step
		below := loss(y)
		y[i], slopes[i] = old, (above-below)/(2*step)
	}
	got := p.Gradients()[0].Values()
	want, scale := make([]float64, width*width), 0.0
	for row := range rows {
		for i := range width {
			for j := range width {
				want[i*width+j] += float64(x[row*width+i]) * slopes[row*width+j]
			}
		}
	}
	for _, v := range want {
		scale = max(scale, math.Abs(v))
	}
	for i, v := range want {
		if !(math.Abs(float64(got[i])-v) <= 1e-4*scale+1e-7) {
			t.Errorf("gradient %d is %g, want %g (scale %g)", i, got[i], v, scale)
		}
	}
}

func values(t testing.TB, p *graph.Parameters, name string) []float32 {
	t.Helper()
	parameter, ok := p.Get(name)
	if !ok {
		t.Fatalf("no parameter %q", name)
	}
	return parameter.Values()
}

// normals returns standard normal numbers.
func normals(n int, seed uint64) []float32 {
	rng := rand.New(rand.NewPCG(seed, 7))
	values := make([]float32, n)
	for i := range values {
		values[i] = float32(rng.NormFloat64())
	}
	return values
}

func near(t testing.TB, what string, got, want float64) {
	t.Helper()
	if !(math.Abs(got-want) <= 2e-5*max(1, math.Abs(want))) {
		t.Errorf("%s = %g, want %g", what, got, want)
	}
}

func nearAll(t testing.TB, what string, got []float32, want []float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	for i, w := range want {
		near(t, fmt.Sprintf("%s[%d]", what, i), float64(got[i]), w)
	}
}

func equal(t testing.TB, what string, got, want []float32) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

func mentions(t testing.TB, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one with %q", parts)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q does not mention %q", err, part)
		}
	}
}

// target declares the squared error of a code and an input called target, with
// one row for each image.
func target(s *graph.Scope, z graph.Value) graph.Term {
	return s.Term("error", func(rows *op.Rows, z op.Node, more ...op.Node) (op.Loss, error) {
		return op.SquaredError("error", rows, z, more[0])
	}, z, s.Input("target", graph.Target, graph.Row(z.Size())))
}
