package graph_test

import (
	"slices"
	"testing"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
)

// penalised is an objective with one penalty.
func penalised(p graph.Penalty) graph.Objective {
	return graph.Objective{Reconstruction: graph.CrossEntropy, Penalties: []graph.Penalty{p}}
}

var sparsity = graph.Penalty{Term: graph.Sparsity, Weight: 1, Target: 0.1, Running: true, Momentum: 0.5}

// TestMeanActivation follows the running mean of a sparse code: it begins at
// the target, runs leave it alone, Advance moves it, and evaluation goes by it.
func TestMeanActivation(t *testing.T) {
	const rows = 4
	a := deep(false)
	p, err := graph.NewParameters(a, penalised(sparsity), 1)
	if err != nil {
		t.Fatal(err)
	}
	mean, ok := p.Get("encoder/3/mean_activation")
	if !ok || !mean.Statistic || !slices.Equal(mean.Values(), []float32{0.1, 0.1, 0.1}) {
		t.Fatalf("%+v of %v", mean, names(p))
	}
	if with, without := p.Count(), parameters(t, a, 1).Count(); with != without {
		t.Errorf("%d trainable numbers with the mean, %d without", with, without)
	}
	input := images(rows, 20)
	training := compile(t, a, penalised(sparsity), p, graph.Training, rows)
	evaluation := compile(t, a, penalised(sparsity), p, graph.Evaluation, rows)
	run(t, evaluation, rows, input, input)
	near(t, "the term where the mean is at the target", float64(evaluation.Terms[1].PerImage()[0]), 0)
	run(t, training, rows, input, input)
	if mean.Values()[0] != 0.1 {
		t.Error("a run moved the mean")
	}
	training.Advance()
	for unit, got := range mean.Values() {
		var batch float64
		for image := range rows {
			batch += float64(evaluation.Codes()[3*image+unit]) / rows
		}
		near(t, "mean", float64(got), 0.5*0.1+0.5*batch)
	}
	run(t, evaluation, 1, input, input)
	if evaluation.Terms[1].PerImage()[0] == 0 {
		t.Error("evaluation does not see the mean")
	}
	for _, g := range training.Gradients() {
		if g.Statistic {
			t.Errorf("%s has a gradient", g.Name)
		}
	}
}

func TestPenaltiesRefuse(t *testing.T) {
	linear, gaussian, topK := small(kernel.Tanh), small(kernel.Tanh), deep(false)
	gaussian.Encoder[1].Units, gaussian.Code = 6, graph.Gaussian
	topK.Encoder[2].TopK = 2
	for _, test := range []struct {
		name         string
		architecture graph.Architecture
		penalty      graph.Penalty
		want         string
	}{
		{"unknown", deep(false), graph.Penalty{Term: "entropy"}, `unknown term "entropy"`},
		{"divergence", deep(false), graph.Penalty{Term: graph.Divergence}, "the code is not gaussian"},
		{"gaussian", gaussian, graph.Penalty{Term: graph.L1}, "a gaussian code has its own penalty"},
		{"share of linear units", linear, sparsity, "those of linear units are not"},
		{"no target", deep(false), graph.Penalty{Term: graph.Sparsity}, "target 0"},
		{"sparse top-k", topK, sparsity, "top-k decides already"},
		{"contracted top-k", topK, graph.Penalty{Term: graph.Contraction}, "top-k decides already"},
		{"convolution", convolved(), graph.Penalty{Term: graph.Contraction}, "encoder/1, a convolution"},
		{"linear contraction", linear, graph.Penalty{Term: graph.Contraction}, "hint: weight decay"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := graph.NewParameters(test.architecture, penalised(test.penalty), 1)
			mentions(t, err, test.want)
			_, err = graph.Compile(test.architecture, penalised(test.penalty), parameters(t, test.architecture, 1), graph.Training, 2)
			mentions(t, err, test.want)
		})
	}
	_, err := graph.Compile(deep(false), penalised(sparsity), parameters(t, deep(false), 1), graph.Training, 2)
	mentions(t, err, "no statistic", "encoder/3/mean_activation")
	topK.Encoder[2].TopK = 4
	mentions(t, topK.Validate(), "top-k of encoder/3 is 4")
}

// convolved has a convolution in front of its code.
func convolved() graph.Architecture {
	a := small(kernel.Tanh)
	a.Encoder[0].Units, a.Encoder[0].Filters = 2, graph.Filters{Kernel: graph.Extent{Height: 3, Width: 3}, Stride: graph.Extent{Height: 1, Width: 2}}
	return a
}

// gated has a code of two frames of 1×2×5.
func gated() graph.Architecture {
	a := fullyConnected(graph.Shape{Channels: 2, Height: 2, Width: 5}, nil, 6, kernel.Sigmoid, kernel.Sigmoid, kernel.Linear, graph.GlorotUniform)
	a.Encoder[0].NoBias, a.Code, a.Tied = true, graph.Product, true
	return a
}

// TestPullback compares products with the Jacobian of a code with differences
// of the code.
func TestPullback(t *testing.T) {
	gaussian, topK := small(kernel.Tanh), small(kernel.Softplus)
	gaussian.Encoder[1].Units, gaussian.Code = 6, graph.Gaussian
	topK.Encoder[0].TopK = 5
	standardised := imprinted(true, 4)
	standardised.Encoder[0].Threshold = 1 // which encoding leaves out
	for name, a := range map[string]graph.Architecture{"deep": deep(true), "gaussian": gaussian, "top-k": topK, "standardised": standardised, "convolution": convolved(), "product": gated()} {
		t.Run(name, func(t *testing.T) {
			const rows, step = 3, 1e-2
			p, size, units := parameters(t, a, 1), a.Input.Size(), a.CodeSize()
			if deviation, ok := p.Get("input/deviation"); ok {
				deviation.Values()[0] = 0.25
				for i := range values(t, p, "encoder/1/weights") {
					values(t, p, "encoder/1/weights")[i] = float32(i%5) - 2
				}
			}
			input, directions := images(rows, size), images(rows, units)
			encoder := compile(t, a, graph.Objective{}, p, graph.Encoding, rows)
			pullback := compile(t, a, graph.Objective{}, p, graph.Pullback, rows)
			if err := pullback.Run(graph.Batch{Rows: rows, Input: input, Direction: directions}); err != nil {
				t.Fatal(err)
			}
			got := slices.Clone(pullback.Sensitivities())
			for _, b := range []graph.Batch{{Direction: make([]float32, len(directions))}, {Direction: directions, Repeated: true}} {
				b.Rows, b.Input = rows, input
				if err := pullback.Run(b); err != nil {
					t.Fatal(err)
				}
			}
			if !slices.Equal(pullback.Sensitivities(), got) {
				t.Error("the images repeated give other products")
			}
			dot := func(image int) (sum float64) {
				run(t, encoder, rows, input, nil)
				for unit := range units {
					at := image*units + unit
					sum += float64(directions[at]) * float64(encoder.Codes()[at])
				}
				return sum
			}
			for at := range got {
				old := input[at]
				input[at] = old + step
				above := dot(at / size)
				input[at] = old - step
				below := dot(at / size)
				input[at] = old
				if want := (above - below) / (2 * step); want-float64(got[at]) > 1e-4 || float64(got[at])-want > 1e-4 {
					t.Errorf("[%d] is %g, differences say %g", at, got[at], want)
				}
			}
		})
	}
	mentions(t, compile(t, deep(false), graph.Objective{}, parameters(t, deep(false), 1), graph.Pullback, 2).Run(graph.Batch{Rows: 2, Input: images(2, 20)}), "direction has 0 values")
}

// TestContractionIsTheJacobian holds the term of gated codes, whose encoder is
// one layer, to the products of unit directions with the Jacobian.
func TestContractionIsTheJacobian(t *testing.T) {
	for _, code := range []graph.Code{graph.Product, graph.Exchange, graph.Energy} {
		a := gated()
		a.Code = code
		p, size, units := parameters(t, a, 1), a.Input.Size(), a.CodeSize()
		o := graph.Objective{Reconstruction: graph.SquaredError, Penalties: []graph.Penalty{{Term: graph.Contraction, Weight: 1}}}
		const rows = 2
		input := images(rows, size)
		evaluation := compile(t, a, o, p, graph.Evaluation, rows)
		run(t, evaluation, rows, input, input)
		pullback := compile(t, a, graph.Objective{}, p, graph.Pullback, rows)
		norms := make([]float64, rows)
		for unit := range units {
			directions := make([]float32, rows*units)
			for i := range rows {
				directions[i*units+unit] = 1
			}
			if err := pullback.Run(graph.Batch{Rows: rows, Input: input, Direction: directions}); err != nil {
				t.Fatal(err)
			}
			for at, v := range pullback.Sensitivities() {
				norms[at/size] += float64(v) * float64(v)
			}
		}
		for i, want := range norms {
			near(t, string(code), float64(evaluation.Terms[1].PerImage()[i]), want)
		}
	}
}

// TestPenaltiesAllocate bounds the bytes of a step with every penalty.
func TestPenaltiesAllocate(t *testing.T) {
	const rows = 256
	a := deep(true).Outer(1)
	o := graph.Objective{Reconstruction: graph.CrossEntropy, Penalties: []graph.Penalty{
		sparsity, {Term: graph.L1, Weight: 0.1}, {Term: graph.Contraction, Weight: 0.1},
	}}
	p, err := graph.NewParameters(a, o, 1)
	if err != nil {
		t.Fatal(err)
	}
	training, input := compile(t, a, o, p, graph.Training, rows), images(rows, 20)
	if got := bytesPerRun(func() { run(t, training, rows, input, input); training.Advance() }); got > 4096 {
		t.Errorf("%d bytes a run", got)
	} else {
		t.Logf("%d bytes a run", got)
	}
}
