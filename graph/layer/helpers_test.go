package layer_test

import (
	"context"
	"math/rand/v2"
	"strings"
	"testing"

	"gaetrain/graph"
	"gaetrain/graph/layer"
	"gaetrain/graph/op"
)

var like = layer.Options{Activation: layer.ReLU, Initialiser: graph.HeUniform}

// linear is like without an activation.
var linear = layer.Options{Initialiser: graph.HeUniform}

func shape(channels, height, width int) graph.Shape {
	return graph.Shape{Channels: channels, Height: height, Width: width}
}

func parse(t testing.TB, text string) layer.Sequence {
	t.Helper()
	layers, err := layer.Parse(text, like, like)
	if err != nil {
		t.Fatal(err)
	}
	return layers
}

func place(t testing.TB, part string, in graph.Shape, text string) *layer.Stack {
	t.Helper()
	return stack(t, part, in, parse(t, text))
}

func stack(t testing.TB, part string, in graph.Shape, layers layer.Sequence) *layer.Stack {
	t.Helper()
	s, err := layer.NewStack(part, in, layers)
	if err != nil {
		t.Fatal(err)
	}
	return s
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

// images returns n images of the given size with values in [0, 1).
func images(n, size int) []float32 {
	rng := rand.New(rand.NewPCG(3, 5))
	values := make([]float32, n*size)
	for i := range values {
		values[i] = rng.Float32()
	}
	return values
}

// autoencoder declares stacks and the squared error of their output against a
// target.
func autoencoder(stacks ...*layer.Stack) graph.Declaration {
	return func(s *graph.Scope) {
		y := s.Input("input", graph.Data, stacks[0].In())
		for _, stack := range stacks {
			y = stack.On(s, y)
			s.Output(stack.Part(), y)
		}
		target := s.Input("target", graph.Target, graph.Row(y.Size()))
		s.Minimise(graph.Sum(s.Term("error", func(rows *op.Rows, x op.Node, more ...op.Node) (op.Loss, error) {
			return op.SquaredError("loss", rows, x, more[0])
		}, y, target)))
	}
}

func parameters(t testing.TB, seed uint64, d ...graph.Declaration) *graph.Parameters {
	t.Helper()
	p := new(graph.Parameters)
	if _, err := p.Declare(seed, 8, d...); err != nil {
		t.Fatal(err)
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

func run(t testing.TB, p *graph.Program, b graph.Batch) {
	t.Helper()
	if err := p.Run(context.Background(), b); err != nil {
		t.Fatal(err)
	}
}

func names(p *graph.Parameters) []string {
	var all []string
	for _, parameter := range p.All() {
		all = append(all, parameter.Name)
	}
	return all
}
