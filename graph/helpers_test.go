package graph_test

import (
	"math"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
)

// small is a dense autoencoder 20-13-3-13-20.
func small(activation kernel.Activation) graph.Architecture {
	return fullyConnected(graph.Shape{Channels: 1, Height: 4, Width: 5}, []int{13}, 3, activation, kernel.Linear, kernel.Linear, graph.GlorotUniform)
}

// objectives are all objectives there are.
var objectives = []graph.Objective{{Reconstruction: graph.CrossEntropy}, {Reconstruction: graph.SquaredError}}

func parameters(t testing.TB, a graph.Architecture, seed uint64) *graph.Parameters {
	t.Helper()
	p, err := graph.NewParameters(a, graph.Objective{}, seed)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func compile(t testing.TB, a graph.Architecture, o graph.Objective, p *graph.Parameters, mode graph.Mode, batch int) *graph.Program {
	t.Helper()
	program, err := graph.Compile(a, o, p, mode, batch)
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

func run(t testing.TB, p *graph.Program, rows int, input, target []float32) {
	t.Helper()
	if err := p.Run(graph.Batch{Rows: rows, Input: input, Target: target}); err != nil {
		t.Fatal(err)
	}
}

// images returns n images of the given size with values in [0, 1).
func images(n, size int) []float32 {
	rng := rand.New(rand.NewPCG(3, 5))
	values := make([]float32, n*size)
	for i := range values {
		values[i] = rng.Float32()
	}
	return values
}

// values returns the numbers of the parameter called name.
func values(t testing.TB, p *graph.Parameters, name string) []float32 {
	t.Helper()
	parameter, ok := p.Get(name)
	if !ok {
		t.Fatalf("no parameter %q", name)
	}
	return parameter.Values()
}

func fill(values []float32, v float32) {
	for i := range values {
		values[i] = v
	}
}

// same fails where two results differ in a bit.
func same(t testing.TB, what string, got, want []float32) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	for i := range want {
		if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
			t.Fatalf("%s[%d] = %g, want %g to the bit", what, i, got[i], want[i])
		}
	}
}

func near(t testing.TB, what string, got, want float64) {
	t.Helper()
	if !(math.Abs(got-want) <= 2e-5*max(1, math.Abs(want))) {
		t.Errorf("%s = %g, want %g", what, got, want)
	}
}

// mentions fails where there is no error, or its text lacks a part.
func mentions(t *testing.T, err error, parts ...string) {
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

// bytesPerRun measures what f allocates once it has run before.
func bytesPerRun(f func()) uint64 {
	const runs = 100
	f()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range runs {
		f()
	}
	runtime.ReadMemStats(&after)
	return (after.TotalAlloc - before.TotalAlloc) / runs
}

// adam holds the moments of all parameters of a training program.
type adam struct {
	step          int
	first, second [][]float32
}

// descend moves the parameters against their gradients of the last run.
func (a *adam) descend(p *graph.Program) {
	if a.first == nil {
		for _, g := range p.Gradients() {
			a.first = append(a.first, make([]float32, len(g.Values())))
			a.second = append(a.second, make([]float32, len(g.Values())))
		}
	}
	a.step++
	correction := func(beta float64) float32 { return float32(1 / (1 - math.Pow(beta, float64(a.step)))) }
	moments := kernel.AdamMoments{Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8, Correction1: correction(0.9), Correction2: correction(0.999)}
	for i, g := range p.Gradients() {
		kernel.Adam(kernel.Update{Rate: 1e-3, Scale: 1}, moments, g.Parameter.Values(), kernel.Gradient{Values: g.Values()}, a.first[i], a.second[i])
	}
}

// setThreads sets GOMAXPROCS until the test ends.
func setThreads(t *testing.T, threads int) {
	old := runtime.GOMAXPROCS(threads)
	t.Cleanup(func() { runtime.GOMAXPROCS(old) })
}

// eachPath runs a test with every implementation of the kernels that this
// processor has.
func eachPath(t *testing.T, test func(t *testing.T)) {
	old := kernel.Path()
	t.Cleanup(func() {
		if err := kernel.Use(old); err != nil {
			t.Error(err)
		}
	})
	for _, path := range kernel.Paths() {
		t.Run(path, func(t *testing.T) {
			if err := kernel.Use(path); err != nil {
				t.Fatal(err)
			}
			test(t)
		})
	}
}

// fullyConnected is an autoencoder whose layers have one initialiser.
func fullyConnected(input graph.Shape, widths []int, units int, hidden, code, output kernel.Activation, initialiser graph.Initialiser) graph.Architecture {
	layer := func(a kernel.Activation) graph.Layer { return graph.Layer{Activation: a, Initialiser: initialiser} }
	last := layer(code)
	last.Units = units
	return graph.Dense(input, widths, layer(hidden), last, layer(output))
}
