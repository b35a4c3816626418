package graph_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
)

// adversarial is a generator 3-13-20 with a discriminator 20-7-1.
func adversarial() (graph.Architecture, graph.Objective) {
	a := small(kernel.Tanh)
	a.Encoder, a.Code, a.Latent, a.Averaged = nil, graph.Prior, 3, 0.5
	a.Discriminator = []graph.Layer{
		{Units: 7, Activation: kernel.Tanh, Initialiser: graph.GlorotUniform, Spectral: true},
		{Units: 1, Initialiser: graph.GlorotUniform, Spectral: true},
	}
	return a, graph.Objective{Contest: graph.NonSaturating}
}

// moved lists the names of the parameters that a program has gradients of.
func moved(p *graph.Program) (names []string) {
	for _, g := range p.Gradients() {
		names = append(names, g.Name)
	}
	return names
}

func TestGenerator(t *testing.T) {
	const rows = 6
	a, o := adversarial()
	p := parameters(t, a, 1)
	noise := images(rows, 3)
	training := compile(t, a, o, p, graph.Training, rows)
	judge := compile(t, a, o, p, graph.Discriminating, 2*rows)
	for _, program := range []*graph.Program{training, judge} {
		want := map[graph.Mode]string{graph.Training: "decoder/", graph.Discriminating: "discriminator/"}[program.Mode]
		names := moved(program)
		if len(names) != 4 || slices.ContainsFunc(names, func(name string) bool { return !strings.HasPrefix(name, want) }) {
			t.Errorf("the %s program moves %v, want what begins with %s", program.Mode, names, want)
		}
	}
	if err := training.Run(graph.Batch{Rows: rows, Noise: noise}); err != nil {
		t.Fatal(err)
	}
	made := slices.Clone(training.Reconstructions())
	decoder := compile(t, a, o, p, graph.Decoding, rows)
	run(t, decoder, rows, noise, nil)
	same(t, "image", decoder.Reconstructions(), made) // the mean of the weights is still theirs

	real := images(2*rows, 20)[:rows*20]
	run(t, judge, 2*rows, slices.Concat(real, made), nil)
	logits := slices.Clone(judge.Scores())
	for i, z := range logits {
		sign := float64(1)
		if i < rows {
			sign = -1
		}
		near(t, "discrimination", float64(judge.Terms[0].PerImage()[i]), math.Log1p(math.Exp(sign*float64(z))))
	}
	for i, z := range logits[rows:] {
		near(t, "deception", float64(training.Terms[0].PerImage()[i]), math.Log1p(math.Exp(-float64(z))))
	}
	mentions(t, judge.Run(graph.Batch{Rows: 3, Input: real}), "no half is real")
}

// TestGeneratorAverages moves the weights of a generator; what it gives moves
// with their mean, and that only when training counts a step.
func TestGeneratorAverages(t *testing.T) {
	const rows = 2
	a, o := adversarial()
	p := parameters(t, a, 1)
	noise := images(rows, 3)
	training, decoder := compile(t, a, o, p, graph.Training, rows), compile(t, a, o, p, graph.Decoding, rows)
	bias, mean := values(t, p, "decoder/2/bias"), values(t, p, "average/decoder/2/bias")
	fill(bias, 1)
	for step, want := range []float64{0.9, 0.9 + 0.1*(1-2.0/11)} {
		if err := training.Run(graph.Batch{Rows: rows, Noise: noise}); err != nil {
			t.Fatal(err)
		}
		before := mean[0]
		run(t, decoder, rows, noise, nil)
		training.Advance()
		if mean[0] == before {
			t.Fatalf("step %d leaves the mean as it was", step)
		}
		near(t, "mean", float64(mean[0]), want)
	}
	run(t, decoder, rows, noise, nil)
	first := slices.Clone(decoder.Reconstructions())
	fill(bias, -5)
	run(t, decoder, rows, noise, nil)
	same(t, "image", decoder.Reconstructions(), first)
	before := slices.Clone(training.Reconstructions())
	if err := training.Run(graph.Batch{Rows: rows, Noise: noise}); err != nil {
		t.Fatal(err)
	}
	if slices.Equal(training.Reconstructions(), before) {
		t.Error("training does not see the weights themselves")
	}
	if n := parameters(t, a, 1).Count(); n != 3*13+13+13*20+20+20*7+7+7+1 {
		t.Errorf("%d trainable numbers", n)
	}
}

// TestDescribeGenerator finds every parameter in the layer of its op, also where
// that works with a running mean.
func TestDescribeGenerator(t *testing.T) {
	a, o := adversarial()
	nodes, err := compile(t, a, o, parameters(t, a, 1), graph.Evaluation, 2).Describe()
	if err != nil {
		t.Fatal(err)
	}
	places := make(map[string]int)
	for _, n := range nodes {
		if n.Role == "parameter" {
			places[n.Place]++
		}
	}
	for _, place := range []string{"decoder/1", "decoder/2", "discriminator/1", "discriminator/2"} {
		if places[place] != 2 {
			t.Errorf("%d parameters in %s, want weights and bias: %v", places[place], place, places)
		}
	}
}

// TestAdversarialCodes has a discriminator of codes: the encoder gets the
// gradients of both terms.
func TestAdversarialCodes(t *testing.T) {
	const rows = 4
	a, o := adversarial()
	with := small(kernel.Tanh)
	with.Discriminator = a.Discriminator
	o.Reconstruction, o.Penalties = graph.SquaredError, []graph.Penalty{{Term: graph.Deception, Weight: 2}}
	p := parameters(t, with, 1)
	training := compile(t, with, o, p, graph.Training, rows)
	input := images(rows, 20)
	run(t, training, rows, input, input)
	if got := moved(training); len(got) != 8 || slices.ContainsFunc(got, func(name string) bool { return strings.HasPrefix(name, "discriminator/") }) {
		t.Errorf("training moves %v", got)
	}
	if with.Noise() != 3 || with.Judged().Size() != 3 {
		t.Errorf("%d numbers of noise, the discriminator takes %s", with.Noise(), with.Judged())
	}
	judge := compile(t, with, o, p, graph.Judging, 2*rows)
	run(t, judge, 2*rows, slices.Concat(images(rows, 3), training.Codes()), nil)
	for i, z := range judge.Scores()[rows:] {
		near(t, "deception", float64(training.Terms[1].PerImage()[i]), math.Log1p(math.Exp(-float64(z))))
	}
	if len(judge.Gradients()) != 0 {
		t.Error("a judging program has gradients")
	}
}

func TestDiscriminatorErrors(t *testing.T) {
	for want, spoil := range map[string]func(*graph.Architecture, *graph.Objective){
		"codes of 0 values":          func(a *graph.Architecture, _ *graph.Objective) { a.Latent = 0 },
		"without a discriminator":    func(a *graph.Architecture, _ *graph.Objective) { a.Discriminator = nil },
		"one linear one":             func(a *graph.Architecture, _ *graph.Objective) { a.Discriminator[1].Units = 2 },
		"decoder alone":              func(a *graph.Architecture, _ *graph.Objective) { a.Encoder = small(kernel.Tanh).Encoder },
		"from 0 to below 1":          func(a *graph.Architecture, _ *graph.Objective) { a.Averaged = 1 },
		"only layers of a discrimin": func(a *graph.Architecture, _ *graph.Objective) { a.Decoder[0].Spectral = true },
		"smoothed by 0.5":            func(_ *graph.Architecture, o *graph.Objective) { o.Smoothing = 0.5 },
		"which has none":             func(_ *graph.Architecture, o *graph.Objective) { o.Contest, o.Smoothing = graph.Hinge, 0.1 },
		"unknown contest":            func(_ *graph.Architecture, o *graph.Objective) { o.Contest = "chess" },
		"generator has no encoder": func(_ *graph.Architecture, o *graph.Objective) {
			o.Penalties = []graph.Penalty{{Term: graph.L1, Weight: 1}}
		},
		"without a generator": func(a *graph.Architecture, _ *graph.Objective) { *a = small(kernel.Tanh); a.Averaged = 0.5 },
		"of gaussian codes": func(a *graph.Architecture, _ *graph.Objective) {
			d := a.Discriminator
			*a = small(kernel.Tanh)
			a.Encoder[1].Units, a.Code, a.Discriminator = 6, graph.Gaussian, d
		},
	} {
		a, o := adversarial()
		spoil(&a, &o)
		p, err := graph.NewParameters(a, o, 1)
		if err == nil {
			_, err = graph.Compile(a, o, p, graph.Training, 2)
		}
		mentions(t, err, want)
	}
	a, o := adversarial()
	_, err := graph.Compile(a, o, parameters(t, a, 1), graph.Encoding, 2)
	mentions(t, err, "no encoder")
	_, err = graph.Compile(small(kernel.Tanh), o, parameters(t, small(kernel.Tanh), 1), graph.Judging, 2)
	mentions(t, err, "no discriminator")
}
