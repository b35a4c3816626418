package graph_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/graph/op"
)

func TestShape(t *testing.T) {
	t.Parallel()
	if s := (graph.Shape{Channels: 3, Height: 4, Width: 5}); s.Size() != 60 || s.String() != "3×4×5" || graph.Row(7) != (graph.Shape{Channels: 1, Height: 1, Width: 7}) {
		t.Errorf("%s has %d values, a row is %s", s, s.Size(), graph.Row(7))
	}
	for _, test := range []struct {
		shape graph.Shape
		want  string // "" for a good one
	}{
		{image, ""}, {graph.Row(1), ""}, {graph.Row(graph.MaxSize), ""},
		{graph.Shape{Channels: 0, Height: 4, Width: 5}, "0×4×5"},
		{graph.Shape{Channels: 1, Height: -4, Width: 5}, "1×-4×5"},
		{graph.Shape{Channels: 1, Height: 4}, "1×4×0"},
		{graph.Row(graph.MaxSize + 1), "hint: at most"},
		{graph.Shape{Channels: 7, Height: 0x6DB6DB6DB6DB6DB7, Width: 20}, "7×7905747460161236407×20"}, // 20 modulo 2⁶⁴
	} {
		err := test.shape.Validate()
		if test.want == "" {
			if err != nil {
				t.Error(err)
			}
			continue
		}
		mentions(t, err, test.want, "hint")
		if !errors.Is(err, graph.ErrArchitecture) {
			t.Errorf("error %q does not wrap ErrArchitecture", err)
		}
	}
}

// TestInputsByName declares inputs twice. The same name must give the same
// input, also with another shape.
func TestInputsByName(t *testing.T) {
	t.Parallel()
	declare := func(s *graph.Scope) {
		x, again := s.Input("x", graph.Data, image), s.Input("x", graph.Target, graph.Row(20))
		if x.Shape() != image || again.Shape() != graph.Row(20) || !x.Constant() || again.Size() != 20 {
			t.Errorf("%s and %s", x.Shape(), again.Shape())
		}
		if s.Variable("v", image).Constant() || !s.Labels(graph.Target, 3).Constant() {
			t.Error("a variable is constant, or labels are not")
		}
		s.Minimise(graph.Sum(term(s, "error", op.SquaredError, s.Activate("y", kernel.Tanh, x), again)))
	}
	program := compile(t, new(graph.Parameters), graph.Options{Batch: 2}, declare)
	if program.Width("x") != 20 || program.Width("labels") != 1 || program.Width("y") != 0 {
		t.Errorf("widths %d, %d and %d", program.Width("x"), program.Width("labels"), program.Width("y"))
	}
	nodes, err := program.Describe()
	if err != nil {
		t.Fatal(err)
	}
	roles := make(map[string]int)
	for _, n := range nodes {
		roles[n.Role+" "+n.Name]++
	}
	if roles["input x"] != 1 || roles["target x"] != 0 {
		t.Errorf("%v", roles)
	}
	_, err = new(graph.Parameters).Declare(1, 2, func(s *graph.Scope) {
		s.Input("x", graph.Data, image)
		s.Input("x", graph.Data, graph.Row(21))
	})
	mentions(t, err, `input "x" is declared with 20 values, and also with 21`)
	if !errors.Is(err, graph.ErrArchitecture) {
		t.Errorf("error %q does not wrap ErrArchitecture", err)
	}
}

// classifier declares the cross-entropy of labels. The logits are the input.
func classifier(s *graph.Scope) {
	z := s.Input("input", graph.Data, graph.Row(3))
	s.Minimise(graph.Sum(term(s, "classification", op.SoftmaxCrossEntropy, z, s.Labels(graph.Target, 3))))
}

func TestLabels(t *testing.T) {
	t.Parallel()
	program := compile(t, new(graph.Parameters), graph.Options{Name: "classification", Batch: 2}, classifier)
	z := []float32{0, 1, 2, 5, 0, 0}
	logits := func(labels ...float32) map[string][]float32 {
		return map[string][]float32{"input": z, "labels": labels}
	}
	run(t, program, 2, logits(2, 1))
	for i, want := range []float64{-math.Log(softmax(z[:3])[2]), -math.Log(softmax(z[3:])[1])} {
		near(t, "cross-entropy", float64(program.Terms()[0].PerImage()[i]), want)
	}
	if wrong := program.Terms()[0].SquaredPerImage(); wrong[0] != 0 || wrong[1] != 1 {
		t.Errorf("wrong predictions: %v", wrong)
	}
	nan := float32(math.NaN())
	for _, bad := range []float32{3, -1, 1.5, nan, 1e10} {
		mentions(t, program.Run(context.Background(), graph.Batch{Rows: 2, Inputs: logits(1, bad)}), "classification program: labels", "whole numbers from 0 to 2")
		run(t, program, 1, logits(1, bad)) // the bad label is outside of this batch
	}
	mentions(t, program.Run(context.Background(), graph.Batch{Rows: 2, Inputs: logits(1)}), "labels has 1 values, want 2×1")
	run(t, program, 2, logits(0, 2))
}

func softmax(scores []float32) []float64 {
	p := make([]float64, len(scores))
	var sum float64
	for i, v := range scores {
		p[i] = math.Exp(float64(v))
		sum += p[i]
	}
	for i := range p {
		p[i] /= sum
	}
	return p
}

// TestRunErrors checks that an error names the input that is missing or too
// short, and that the program can run after the error.
func TestRunErrors(t *testing.T) {
	t.Parallel()
	a := small(t, "relu", false)
	p := parameters(t, 1, a.declare)
	x := images(4, 20)
	evaluation := evaluationOf(t, p, 4, a.declare)
	decoder := compile(t, p, graph.Options{Name: "decoding", Batch: 4, Outputs: []string{"reconstruction"}}, a.decode)
	for _, c := range []struct {
		name          string
		program       *graph.Program
		rows          int
		input, target []float32
		want          []string
	}{
		{"no images", evaluation, 0, x, x, []string{"evaluation", "0 images", "1 to 4"}},
		{"negative", evaluation, -1, x, x, []string{"-1 images"}},
		{"too many", evaluation, 5, x, x, []string{"5 images", "1 to 4"}},
		{"short input", evaluation, 4, x[:79], x, []string{"evaluation", "input", "79", "4×20"}},
		{"no input", evaluation, 1, nil, x, []string{"input", "0", "1×20"}},
		{"short target", evaluation, 3, x, x[:59], []string{"target", "59", "3×20"}},
		{"no target", evaluation, 4, x, nil, []string{"target", "0", "4×20"}},
		{"no codes", decoder, 4, x, x, []string{"decoding", "code", "0", "4×3"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			mentions(t, c.program.Run(context.Background(), graph.Batch{Rows: c.rows, Inputs: map[string][]float32{"input": c.input, "target": c.target}}), c.want...)
		})
	}
	run(t, evaluation, 4, both(x)) // a run after an error
}

// TestManyBuffers runs a program on more buffers than it caches tensors for,
// and on a buffer whose values change.
func TestManyBuffers(t *testing.T) {
	t.Parallel()
	a := small(t, "tanh", false)
	program := evaluationOf(t, parameters(t, 1, a.declare), 3, a.declare, "code")
	x := images(100, 20)
	var want [][]float32
	for i := range 98 {
		copied := append([]float32(nil), x[20*i:20*(i+3)]...)
		run(t, program, 3, both(copied))
		want = append(want, append([]float32(nil), program.Output("code")...))
	}
	reused := make([]float32, 60)
	for i := range 98 {
		copy(reused, x[20*i:])
		run(t, program, 3, both(reused))
		same(t, "codes in a buffer that is used again", program.Output("code"), want[i])
		run(t, program, 3, both(x[20*i:]))
		same(t, "codes in a part of a long buffer", program.Output("code"), want[i])
	}
}

// TestSharedBuffer runs inputs of different widths that begin at the same
// address.
func TestSharedBuffer(t *testing.T) {
	t.Parallel()
	program := compile(t, new(graph.Parameters), graph.Options{Batch: 2}, func(s *graph.Scope) {
		for _, name := range []string{"wide", "narrow"} {
			x := s.Input(name, graph.Data, graph.Row(len(name)))
			s.Output(name, s.Activate(name+" act", kernel.ReLU, x))
		}
	})
	x := images(2, 6)
	for range 2 {
		run(t, program, 2, map[string][]float32{"wide": x, "narrow": x})
		same(t, "wide", program.Output("wide"), x[:8])
		same(t, "narrow", program.Output("narrow"), x)
	}
}

// TestOutputs checks that a program has the requested outputs and those that
// need no extra operation.
func TestOutputs(t *testing.T) {
	t.Parallel()
	a := spelled(t, graph.Shape{Channels: 1, Height: 4, Width: 4}, "conv:2,3,s2 dense:3", "dense:16,1x4x4", false)
	declare := func(s *graph.Scope) {
		a.declare(s)
		x := s.Images("images", s.Input("input", graph.Data, a.encoder.In()))
		s.Output("images", x) // as rows they need an operation
		s.Output("nothing", graph.Value{})
		if s.Wants("images") != s.Frozen().Wants("images") {
			t.Error("scopes want different things")
		}
	}
	p := parameters(t, 1, declare)
	x := images(2, 16)
	for _, asked := range []bool{true, false} {
		var outputs []string
		if asked {
			outputs = []string{"images", "code"}
		}
		program := evaluationOf(t, p, 2, declare, outputs...)
		run(t, program, 2, both(x))
		if program.Has("images") != asked || !program.Has("code") || program.Has("nothing") || program.Has("other") {
			t.Errorf("asked is %t: images %t, code %t", asked, program.Has("images"), program.Has("code"))
		}
		if asked {
			same(t, "images", program.Output("images"), x)
		} else if program.Output("images") != nil {
			t.Error("values of an output that is not given")
		}
		if got := program.Shape("code"); got != graph.Row(3) {
			t.Errorf("codes are %s", got)
		}
		if got := len(program.Output("code")); got != 6 {
			t.Errorf("%d values of 2 codes", got)
		}
	}
	for _, missing := range []string{"other", "nothing"} {
		_, err := graph.Compile(p, graph.Options{Name: "evaluation", Batch: 2, Outputs: []string{"code", missing}}, declare)
		mentions(t, err, fmt.Sprintf("the evaluation program has no output %q", missing))
		if !errors.Is(err, graph.ErrArchitecture) {
			t.Errorf("error %q does not wrap ErrArchitecture", err)
		}
	}
}

// TestGiven declares an input only if the batches have it.
func TestGiven(t *testing.T) {
	t.Parallel()
	declare := func(s *graph.Scope) {
		x := s.Input("input", graph.Data, image)
		y := dense(s, "only", kernel.Linear, 20, x)
		if !s.Given("mask") {
			s.Minimise(graph.Sum(term(s, "error", op.SquaredError, y, x)))
			return
		}
		s.Minimise(graph.Sum(s.Term("error", func(rows *op.Rows, y op.Node, more ...op.Node) (op.Loss, error) {
			return op.WeightedSquaredError("error", rows, kernel.PixelWeights{Intact: 2}, y, more[0], more[1])
		}, y, x, s.Input("mask", graph.Data, image))))
	}
	p := parameters(t, 1, declare)
	x := both(images(2, 20))
	with := compile(t, p, graph.Options{Name: "training", Batch: 2}, declare)
	without := compile(t, p, graph.Options{Name: "evaluation", Batch: 2, Without: []string{"mask"}}, declare)
	mentions(t, with.Run(context.Background(), graph.Batch{Rows: 2, Inputs: x}), "training program: mask has 0 values")
	run(t, without, 2, x)
	x["mask"] = make([]float32, 40)
	run(t, with, 2, x)
	near(t, "loss", with.Mean(), 2*without.Mean())
	if with.Width("mask") != 20 || without.Width("mask") != 0 {
		t.Errorf("the mask has %d and %d values", with.Width("mask"), without.Width("mask"))
	}
}
