package recipes

import (
	"context"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"gaetrain/graph"
	"gaetrain/graph/layer"
	"gaetrain/trainer"
)

// The tests in files named network_ check the programs of one model each: their results,
// the parameters that they move, and the reported terms.

// netShape is the shape of the images of most of these tests.
var netShape = graph.Shape{Channels: 1, Height: 4, Width: 5}

// netPlain is a dense autoencoder 20-13-3-13-20 of tanh units.
func netPlain(loss lossName) *Plain {
	m := defaultPlain()
	m.Hidden, m.CodeSize, m.Activation, m.OutputActivation = []int{13}, 3, layer.Tanh, layer.LinearUnits
	m.Reconstruction.Loss = loss
	return &m
}

// place places a model for images of a shape, with three classes.
func place[M trainer.Model](t testing.TB, m M, shape graph.Shape) M {
	t.Helper()
	if err := m.Place(trainer.Source{Shape: shape, Classes: 3}); err != nil {
		t.Fatal(err)
	}
	return m
}

// net has the parameters of declarations, from which programs are compiled.
type net struct {
	testing.TB
	*graph.Parameters
}

func newNet(t testing.TB, seed uint64, declarations ...graph.Declaration) net {
	t.Helper()
	n := net{t, new(graph.Parameters)}
	for _, d := range declarations {
		if _, err := n.Declare(seed, 8, d); err != nil {
			t.Fatal(err)
		}
	}
	return n
}

func (n net) compile(o graph.Options, d graph.Declaration) *graph.Program {
	n.Helper()
	p, err := graph.Compile(n.Parameters, o, d)
	if err != nil {
		n.Fatal(err)
	}
	n.Cleanup(func() {
		if err := p.Close(); err != nil {
			n.Error(err)
		}
	})
	return p
}

func (n net) training(batch int, d graph.Declaration, outputs ...string) *graph.Program {
	n.Helper()
	return n.compile(graph.Options{Name: "training", Batch: batch, Training: true, Outputs: outputs}, d)
}

func (n net) evaluation(batch int, d graph.Declaration, outputs ...string) *graph.Program {
	n.Helper()
	return n.compile(graph.Options{Name: "evaluation", Batch: batch, Outputs: outputs}, d)
}

func (n net) run(p *graph.Program, rows int, inputs map[string][]float32) {
	n.Helper()
	if err := p.Run(context.Background(), graph.Batch{Rows: rows, Inputs: inputs}); err != nil {
		n.Fatal(err)
	}
}

// values returns the numbers of the parameter called name.
func (n net) values(name string) []float32 {
	n.Helper()
	p, ok := n.Get(name)
	if !ok {
		n.Fatalf("no parameter %q among %v", name, n.names())
	}
	return p.Values()
}

func (n net) names() (names []string) {
	for _, p := range n.All() {
		names = append(names, p.Name)
	}
	return names
}

// netMoved lists the names of the parameters that a program has gradients of.
func netMoved(p *graph.Program) (names []string) {
	for _, g := range p.Gradients() {
		names = append(names, g.Name)
	}
	return names
}

// netTerm finds a term of a program.
func netTerm(t testing.TB, p *graph.Program, name string) graph.Term {
	t.Helper()
	for _, term := range p.Terms() {
		if term.Name == name {
			return term
		}
	}
	t.Fatalf("no term %s", name)
	return graph.Term{}
}

// netReported returns the weights of the terms of a program in the reported loss, by
// name.
func netReported(p *graph.Program) map[string]float64 {
	weights := make(map[string]float64)
	for _, term := range p.Terms() {
		weights[term.Name] = term.Reported
	}
	return weights
}

// netMean is the mean of a term over the images of the last run.
func netMean(t testing.TB, p *graph.Program, name string) (mean float64) {
	t.Helper()
	images := netTerm(t, p, name).PerImage()
	for _, v := range images {
		mean += float64(v) / float64(len(images))
	}
	return mean
}

// descend moves the parameters against their gradients of the last run.
func descend(p *graph.Program, rate float32) {
	for _, g := range p.Gradients() {
		for i, v := range g.Values() {
			g.Parameter.Values()[i] -= rate * v
		}
	}
}

// netImages returns n images of the given size with values in [0, 1).
func netImages(n, size int) []float32 {
	rng := rand.New(rand.NewPCG(3, 5))
	values := make([]float32, n*size)
	for i := range values {
		values[i] = rng.Float32()
	}
	return values
}

// netNormals returns standard normal numbers.
func netNormals(n int, seed uint64) []float32 {
	rng := rand.New(rand.NewPCG(seed, 7))
	values := make([]float32, n)
	for i := range values {
		values[i] = float32(rng.NormFloat64())
	}
	return values
}

// netBoth is a batch whose targets are its inputs.
func netBoth(x []float32) map[string][]float32 {
	return map[string][]float32{trainer.Input: x, trainer.Target: x}
}

func netSame(t testing.TB, what string, got, want []float32) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

func netNear(t testing.TB, what string, got, want float64) {
	t.Helper()
	if !(math.Abs(got-want) <= 3e-5*max(1, math.Abs(want))) {
		t.Errorf("%s = %g, want %g", what, got, want)
	}
}

func netMentions(t testing.TB, err error, parts ...string) {
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

// netBytes measures what f allocates once it has run before.
func netBytes(f func()) uint64 {
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

// The declarations of the programs of a trained model.

func encodes(m trainer.Encoder, shape graph.Shape) graph.Declaration {
	return func(s *graph.Scope) { s.Output(trainer.Code, m.Encode(s, s.Input(trainer.Input, graph.Data, shape))) }
}

func decodes(m trainer.Decoder) graph.Declaration {
	return func(s *graph.Scope) {
		s.Output(trainer.Reconstruction, m.Likelihood().Mean(s, m.Decode(s, s.Input(trainer.Code, graph.Data, m.CodeShape()))))
	}
}

func likens(m trainer.Decoder, shape graph.Shape) graph.Declaration {
	return func(s *graph.Scope) {
		y := m.Decode(s, s.Input(trainer.Code, graph.Data, m.CodeShape()))
		s.Minimise(graph.Sum(m.Likelihood().Term(s, y, s.Input(trainer.Target, graph.Target, shape))))
	}
}

func pullsBack(m trainer.Encoder, shape graph.Shape) graph.Declaration {
	return func(s *graph.Scope) {
		x := s.Variable(trainer.Input, shape)
		z := s.Rows(trainer.Code, m.Encode(s, x))
		s.Output(trainer.Sensitivity, s.VJP(z, s.Input(trainer.Direction, graph.Data, graph.Row(m.CodeShape().Size())), x))
	}
}
