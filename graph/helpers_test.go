package graph_test

import (
	"context"
	"math"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/graph/layer"
	"gaetrain/graph/op"
)

// image is the shape of the images of most tests.
var image = graph.Shape{Channels: 1, Height: 4, Width: 5}

// autoencoder is an encoder, a decoder and a reconstruction term.
type autoencoder struct {
	encoder, decoder *layer.Stack
	logits           bool // the term is the cross-entropy of logits, else the squared error
}

// small is a fully connected autoencoder 20-13-3-13-20. The first layer of the
// decoder has no bias.
func small(t testing.TB, activation string, logits bool) autoencoder {
	t.Helper()
	return spelled(t, image, "dense:13,"+activation+" dense:3", "dense:13,nobias,"+activation+" dense:20,1x4x5", logits)
}

// spelled returns an autoencoder whose layers are given as text.
func spelled(t testing.TB, in graph.Shape, encoder, decoder string, logits bool) autoencoder {
	t.Helper()
	e := stack(t, "encoder", in, encoder)
	return autoencoder{e, stack(t, "decoder", e.Out(), decoder), logits}
}

func stack(t testing.TB, part string, in graph.Shape, text string) *layer.Stack {
	t.Helper()
	hidden := layer.Options{Activation: layer.ReLU, Initialiser: graph.GlorotUniform}
	last := layer.Options{Initialiser: graph.GlorotUniform}
	layers, err := layer.Parse(text, hidden, last)
	if err != nil {
		t.Fatal(err)
	}
	s, err := layer.NewStack(part, in, layers)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (a autoencoder) declare(s *graph.Scope) {
	z := a.encoder.On(s, s.Input("input", graph.Data, a.encoder.In()))
	s.Output("code", z)
	y := a.decoder.On(s, z)
	x := y
	if a.logits && s.Wants("reconstruction") {
		x = s.Activate("reconstruction", kernel.Sigmoid, y)
	}
	s.Output("reconstruction", x)
	target := s.Input("target", graph.Target, a.encoder.In())
	if a.logits {
		s.Minimise(graph.Sum(term(s, "reconstruction", op.Bernoulli().Loss, y, target).In("pixels")))
	} else {
		s.Minimise(graph.Sum(term(s, "reconstruction", op.SquaredError, y, target).In("pixels")))
	}
}

// decode declares the decoder alone.
func (a autoencoder) decode(s *graph.Scope) {
	s.Output("reconstruction", a.decoder.On(s, s.Input("code", graph.Data, a.decoder.In())))
}

// term declares a term of two batches.
func term(s *graph.Scope, name string, of func(name string, rows *op.Rows, x, target op.Node) (op.Loss, error), x, target graph.Value) graph.Term {
	return s.Term(name, func(rows *op.Rows, x op.Node, more ...op.Node) (op.Loss, error) {
		return of(name, rows, x, more[0])
	}, x, target)
}

// squaredError declares the squared error of y.
func squaredError(s *graph.Scope, y, target graph.Value) graph.Term {
	return term(s, "reconstruction", op.SquaredError, y, target)
}

// dense declares act(x·W + b) with parameters of its own.
func dense(s *graph.Scope, name string, act kernel.Activation, units int, x graph.Value) graph.Value {
	x = s.Rows(name, x)
	w := s.Weights(weights(name, x.Size(), units))
	b := s.Parameter(graph.Spec{Name: name + "/bias", Part: "encoder", Role: graph.Bias, Shape: []int{units}})
	s.Product(2*float64(x.Size()*units), true, x)
	return s.Apply(func(rows *op.Rows, n op.Node, more ...op.Node) (op.Node, error) {
		return op.Affine(name, rows, act, false, x.Constant(), n, more[0], more[1])
	}, x, w, b)
}

func weights(name string, in, out int) graph.Spec {
	name += "/weights"
	return graph.Spec{Name: name, Part: "encoder", Role: graph.Weight, Shape: []int{in, out}, Fill: graph.GlorotUniform.Fill(name, in, out)}
}

func parameters(t testing.TB, seed uint64, d ...graph.Declaration) *graph.Parameters {
	t.Helper()
	p := new(graph.Parameters)
	for _, d := range d {
		if _, err := p.Declare(seed, 8, d); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

func compile(t testing.TB, p *graph.Parameters, o graph.Options, d graph.Declaration) *graph.Program {
	t.Helper()
	program, err := graph.Compile(p, o, d)
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

func trainingOf(t testing.TB, p *graph.Parameters, batch int, d graph.Declaration) *graph.Program {
	t.Helper()
	return compile(t, p, graph.Options{Name: "training", Batch: batch, Training: true}, d)
}

func evaluationOf(t testing.TB, p *graph.Parameters, batch int, d graph.Declaration, outputs ...string) *graph.Program {
	t.Helper()
	return compile(t, p, graph.Options{Name: "evaluation", Batch: batch, Outputs: outputs}, d)
}

// both returns a batch whose targets are its inputs.
func both(x []float32) map[string][]float32 { return map[string][]float32{"input": x, "target": x} }

func run(t testing.TB, p *graph.Program, rows int, inputs map[string][]float32) {
	t.Helper()
	if err := p.Run(context.Background(), graph.Batch{Rows: rows, Inputs: inputs}); err != nil {
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

// normals returns standard normal numbers.
func normals(n int, seed uint64) []float32 {
	rng := rand.New(rand.NewPCG(seed, 7))
	values := make([]float32, n)
	for i := range values {
		values[i] = float32(rng.NormFloat64())
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

func names(p *graph.Parameters) (names []string) {
	for _, parameter := range p.All() {
		names = append(names, parameter.Name)
	}
	return names
}

// moved lists the names of the parameters that a program trains.
func moved(p *graph.Program) (names []string) {
	for _, g := range p.Gradients() {
		names = append(names, g.Name)
	}
	return names
}

func fill(values []float32, v float32) {
	for i := range values {
		values[i] = v
	}
}

// same fails if two results differ in one bit.
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
	within(t, what, got, want, 2e-5*max(1, math.Abs(want)))
}

func within(t testing.TB, what string, got, want, bound float64) {
	t.Helper()
	if !(math.Abs(got-want) <= bound) {
		t.Errorf("%s = %g, want %g (± %g)", what, got, want, bound)
	}
}

// scale returns the largest absolute value.
func scale(values []float32) (most float64) {
	for _, v := range values {
		most = max(most, math.Abs(float64(v)))
	}
	return most
}

// mentions fails if there is no error or if its text lacks a part.
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

// bytesPerRun measures the bytes that f allocates in a run after the first one.
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

// descend makes one step against the gradients of the last run.
func (a *adam) descend(p *graph.Program) {
	if a.first == nil {
		for _, g := range p.Gradients() {
			a.first = append(a.first, make([]float32, len(g.Parameter.Values())))
			a.second = append(a.second, make([]float32, len(g.Parameter.Values())))
		}
	}
	a.step++
	correction := func(beta float64) float32 { return float32(1 / (1 - math.Pow(beta, float64(a.step)))) }
	moments := kernel.AdamMoments{Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8, Correction1: correction(0.9), Correction2: correction(0.999)}
	for i, g := range p.Gradients() {
		kernel.Adam(kernel.Update{Rate: 1e-3, Scale: 1}, moments, g.Parameter.Values(), g.Step(), a.first[i], a.second[i])
	}
}

// setThreads sets GOMAXPROCS until the test ends.
func setThreads(t *testing.T, threads int) {
	old := runtime.GOMAXPROCS(threads)
	t.Cleanup(func() { runtime.GOMAXPROCS(old) })
}

// eachPath runs a test with every implementation of the kernels that this
// processor supports.
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
