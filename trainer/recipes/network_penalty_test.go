package recipes

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gaetrain/graph"
	"gaetrain/graph/layer"
	"gaetrain/loaders"
	"gaetrain/trainer"
)

// netSigmoid is an autoencoder of sigmoid units.
func netSigmoid(t testing.TB, hidden []int, code int, change func(m *Plain)) *Plain {
	m := defaultPlain()
	m.Hidden, m.CodeSize, m.Activation, m.CodeActivation = hidden, code, layer.Sigmoid, layer.Sigmoid
	change(&m)
	return place(t, &m, netShape)
}

// TestPenalties checks that each penalty is reported with its weight, and that the loss is
// their sum.
func TestPenalties(t *testing.T) {
	const rows = 4
	m := netSigmoid(t, []int{13}, 3, func(m *Plain) { m.Sparsity, m.L1, m.Contraction = 2, 0.25, 0.5 })
	n := newNet(t, 1, m.Declare)
	for _, program := range []*graph.Program{n.training(rows, m.Declare, trainer.Code), n.evaluation(rows, m.Declare, trainer.Code)} {
		n.run(program, rows, netBoth(netImages(rows, 20)))
		reported := netReported(program)
		if want := map[string]float64{"reconstruction": 1, "sparsity": 2, "l1": 0.25, "contraction": 0.5}; !cmp.Equal(want, reported) {
			t.Errorf("reported %v, want %v", reported, want)
		}
		var want float64
		for name, weight := range reported {
			want += weight * netMean(t, program, name)
		}
		netNear(t, "loss", program.Mean(), want)
		codes := program.Output(trainer.Code)
		for i, got := range netTerm(t, program, "l1").PerImage() {
			netNear(t, "l1", float64(got), float64(codes[3*i]+codes[3*i+1]+codes[3*i+2]))
		}
	}
}

// TestMeanActivation checks the running mean of a sparse code. Its initial value is the
// target, runs do not change it, Advance moves it, and evaluation uses it.
func TestMeanActivation(t *testing.T) {
	const rows = 4
	for _, kind := range []string{"running", "batch"} {
		m := netSigmoid(t, []int{13, 7}, 3, func(m *Plain) {
			m.Sparsity, m.SparsityTarget, m.SparsityMean, m.SparsityMomentum = 1, 0.1, kind, 0.5
		})
		n := newNet(t, 1, m.Declare)
		mean := n.values("encoder/3/mean_activation")
		netSame(t, "mean", mean, []float32{0.1, 0.1, 0.1})
		without := netSigmoid(t, []int{13, 7}, 3, func(*Plain) {})
		if with, want := n.Count(), newNet(t, 1, without.Declare).Count(); with != want {
			t.Errorf("%d trainable numbers with the mean, %d without", with, want)
		}
		inputs := netBoth(netImages(rows, 20))
		training, evaluation := n.training(rows, m.Declare), n.evaluation(rows, m.Declare, trainer.Code)
		n.run(evaluation, rows, inputs)
		netNear(t, "the term where the mean is at the target", netMean(t, evaluation, "sparsity"), 0)
		batch := make([]float64, 3)
		for i, v := range evaluation.Output(trainer.Code) {
			batch[i%3] += float64(v) / rows
		}
		n.run(training, rows, inputs)
		if kind == "batch" {
			var want float64
			for _, q := range batch {
				want += 0.1*math.Log(0.1/q) + 0.9*math.Log(0.9/(1-q))
			}
			netNear(t, "the term of a batch", netMean(t, training, "sparsity"), want)
		}
		if mean[0] != 0.1 {
			t.Error("a run moved the mean")
		}
		reported := map[string]float64{"reconstruction": 1, "sparsity": 1}
		if kind == "running" {
			reported["sparsity_momentum"] = 1
		}
		if got := netReported(training); !cmp.Equal(reported, got) {
			t.Errorf("%s mean: training reports %v, want %v", kind, got, reported)
		}
		var trained float64 // Σ KL(ρ‖ρ̂) that training reports
		if kind == "running" {
			trained = netMean(t, training, "sparsity")
			netNear(t, "the loss", netMean(t, training, "reconstruction")+trained+netMean(t, training, "sparsity_momentum"), training.Mean())
		}
		training.Advance()
		var want float64
		for unit, got := range mean {
			q := 0.5*0.1 + 0.5*batch[unit]
			netNear(t, "mean", float64(got), q)
			want += 0.1*math.Log(0.1/q) + 0.9*math.Log(0.9/(1-q))
		}
		n.run(evaluation, 1, inputs)
		netNear(t, "the term by the running mean", netMean(t, evaluation, "sparsity"), want)
		if kind == "running" {
			netNear(t, "the term that training reports", trained, want)
		}
		if slices.Contains(netMoved(training), "encoder/3/mean_activation") {
			t.Error("the mean has a gradient")
		}
	}
}

// TestContractionByHand compares the term of an encoder of sigmoid layers with Σ_layers
// Σ (h(1−h))²·‖w‖² in float64. With one layer, it also compares the term with the
// Jacobian of the code.
func TestContractionByHand(t *testing.T) {
	const rows = 3
	for _, hidden := range [][]int{nil, {7}} {
		m := netSigmoid(t, hidden, 4, func(m *Plain) { m.Contraction, m.Tied = 0.1, true })
		n := newNet(t, 1, m.Declare)
		x := netImages(rows, 20)
		evaluation := n.evaluation(rows, m.Declare)
		n.run(evaluation, rows, netBoth(x))
		for i, got := range netTerm(t, evaluation, "contraction").PerImage() {
			input := make([]float64, 20)
			for j := range input {
				input[j] = float64(x[20*i+j])
			}
			var want float64
			for depth := range len(hidden) + 1 {
				name := []string{"encoder/1", "encoder/2"}[depth]
				w, b := n.values(name+"/weights"), n.values(name+"/bias")
				h := make([]float64, len(b))
				for unit := range h {
					var norm float64
					h[unit] = float64(b[unit])
					for j, v := range input {
						weight := float64(w[j*len(h)+unit])
						h[unit] += v * weight
						norm += weight * weight
					}
					h[unit] = 1 / (1 + math.Exp(-h[unit]))
					want += math.Pow(h[unit]*(1-h[unit]), 2) * norm
				}
				input = h
			}
			netNear(t, "contraction", float64(got), want)
		}
		if hidden == nil {
			jacobianNorms(t, n, m, netShape, evaluation, x, rows)
		}
	}
}

// jacobianNorms compares the contraction with the squared norm of the Jacobian, which is
// the sum of its squared products with unit directions.
func jacobianNorms(t *testing.T, n net, m trainer.Encoder, shape graph.Shape, evaluation *graph.Program, x []float32, rows int) {
	t.Helper()
	size, units := shape.Size(), m.CodeShape().Size()
	pullback := n.evaluation(rows, pullsBack(m, shape), trainer.Sensitivity)
	norms := make([]float64, rows)
	for unit := range units {
		directions := make([]float32, rows*units)
		for i := range rows {
			directions[i*units+unit] = 1
		}
		n.run(pullback, rows, map[string][]float32{trainer.Input: x, trainer.Direction: directions})
		for at, v := range pullback.Output(trainer.Sensitivity) {
			norms[at/size] += float64(v) * float64(v)
		}
	}
	for i, want := range norms {
		netNear(t, "contraction", float64(netTerm(t, evaluation, "contraction").PerImage()[i]), want)
	}
}

// netSynchrony is a small model of pairs of frames of 2×5 pixels, not standardised.
func netSynchrony(t testing.TB, gates string) *synchrony {
	m := synchronyRecipe.New().(*synchrony)
	m.Gates, m.CodeSize, m.Initialiser, m.Contraction = gates, 6, graph.GlorotUniform, 1
	return place(t, m, graph.Shape{Channels: 2, Height: 2, Width: 5})
}

// TestGateContractionIsTheJacobian compares the term of gated codes with the products of
// unit directions and the Jacobian. The encoder has one layer.
func TestGateContractionIsTheJacobian(t *testing.T) {
	const rows = 2
	for _, gates := range []string{"product", "exchange", "energy"} {
		m := netSynchrony(t, gates)
		n := newNet(t, 1, m.Declare)
		x := netImages(rows, 20)
		evaluation := n.evaluation(rows, m.Declare)
		n.run(evaluation, rows, netBoth(x))
		jacobianNorms(t, n, m, graph.Shape{Channels: 2, Height: 2, Width: 5}, evaluation, x, rows)
		netMentions(t, m.Decodable(), gates, "cannot be decoded")
	}
}

// TestPullback compares products with the Jacobian of every kind of code with
// differences of the code.
func TestPullback(t *testing.T) {
	plain := func(change func(m *Plain)) *Plain {
		m := netPlain(squaredError)
		change(m)
		return place(t, m, netShape)
	}
	standardised := place(t, zerobiasRecipe.New().(*zerobias), netShape)
	convolution := plain(func(m *Plain) { m.Filters, m.Hidden = []int{2}, nil })
	for name, m := range map[string]trainer.Encoder{
		"tied": plain(func(m *Plain) { m.Tied = true }), "gaussian": netVAE(t, nil), "convolution": convolution,
		"top-k":        plain(func(m *Plain) { m.TopK, m.CodeSize, m.CodeActivation = 3, 5, layer.Softplus }),
		"standardised": standardised, "product": netSynchrony(t, "product"), "energy": netSynchrony(t, "energy"),
	} {
		t.Run(name, func(t *testing.T) {
			const rows, step = 3, 1e-2
			shape := netShape
			if _, pairs := m.(*synchrony); pairs {
				shape = graph.Shape{Channels: 2, Height: 2, Width: 5}
			}
			n := newNet(t, 1, encodes(m, shape))
			size, units := 20, m.CodeShape().Size()
			if deviation, ok := n.Get("input/deviation"); ok {
				deviation.Values()[0] = 0.25
				w := n.values("encoder/1/weights")
				for i := range w {
					w[i] += float32(i%7)*0.3 - 0.85
				}
			}
			x, directions := netImages(rows, size), netNormals(rows*units, 4)
			encoder, pullback := n.evaluation(rows, encodes(m, shape), trainer.Code), n.evaluation(rows, pullsBack(m, shape), trainer.Sensitivity)
			inputs := map[string][]float32{trainer.Input: x, trainer.Direction: directions}
			n.run(pullback, rows, inputs)
			got := slices.Clone(pullback.Output(trainer.Sensitivity))
			dot := func(image int) (sum float64) {
				n.run(encoder, rows, inputs)
				for at := image * units; at < (image+1)*units; at++ {
					sum += float64(directions[at]) * float64(encoder.Output(trainer.Code)[at])
				}
				return sum
			}
			scale := 0.0
			for _, v := range got {
				scale = max(scale, math.Abs(float64(v)))
			}
			jumps := 0
			for at := range got {
				old := x[at]
				slope := func(step float32) float64 {
					x[at] = old + step
					above := dot(at / size)
					x[at] = old - step
					below := dot(at / size)
					x[at] = old
					return (above - below) / (2 * float64(step))
				}
				want, fine := slope(step), slope(step/4)
				if math.Abs(want-fine) > 5e-3*scale { // a unit becomes active or inactive within the step
					jumps++
					continue
				}
				if math.Abs(want-float64(got[at])) > 5e-3*scale {
					t.Errorf("[%d] is %g, differences give %g (scale %g)", at, got[at], want, scale)
				}
			}
			if scale == 0 || jumps > len(got)/5 {
				t.Errorf("scale %g, %d jumps of %d", scale, jumps, len(got))
			}
			delete(inputs, trainer.Direction)
			netMentions(t, pullback.Run(context.Background(), graph.Batch{Rows: rows, Inputs: inputs}), "direction has 0 values")
		})
	}
}

// TestWeightedPixels checks the weights of corrupted pixels in a program with the mask. A
// program without the mask gives all pixels the same weight.
func TestWeightedPixels(t *testing.T) {
	const rows = 3
	for _, loss := range []lossName{crossEntropy, squaredError} {
		m := netPlain(loss)
		m.Corruption, m.CorruptedWeight, m.IntactWeight = loaders.Corruption{Kind: loaders.Masking, Level: 0.5}, 2, 0.25
		place(t, m, netShape)
		n := newNet(t, 1, m.Declare)
		x, mask := netImages(rows, 20), make([]float32, rows*20)
		for i := range mask {
			mask[i] = float32(i % 3 / 2)
		}
		inputs := netBoth(x)
		weighted := n.evaluation(rows, m.Declare, trainer.Reconstruction)
		alike := n.compile(graph.Options{Name: "alike", Batch: rows, Without: []string{trainer.Mask}}, m.Declare)
		n.run(alike, rows, inputs)
		netMentions(t, weighted.Run(context.Background(), graph.Batch{Rows: rows, Inputs: inputs}), "mask has 0 values")
		inputs[trainer.Mask] = mask
		n.run(weighted, rows, inputs)
		y := weighted.Output(trainer.Reconstruction)
		for i := range rows {
			var want, plain float64
			for j := 20 * i; j < 20*i+20; j++ {
				p, v := float64(y[j]), float64(x[j])
				pixel := (p - v) * (p - v)
				if loss == crossEntropy {
					pixel = -v*math.Log(p) - (1-v)*math.Log(1-p)
				}
				plain += pixel
				want += pixel * (0.25 + 1.75*float64(mask[j]))
			}
			netNear(t, "weighted", float64(weighted.Terms()[0].PerImage()[i]), want)
			netNear(t, "alike", float64(alike.Terms()[0].PerImage()[i]), plain)
		}
	}
}

// TestPenaltiesAllocate limits the bytes that a step with every penalty allocates.
func TestPenaltiesAllocate(t *testing.T) {
	const rows = 256
	m := netSigmoid(t, nil, 13, func(m *Plain) { m.Sparsity, m.L1, m.Contraction, m.Tied = 1, 0.1, 0.1, true })
	n := newNet(t, 1, m.Declare)
	training, inputs := n.training(rows, m.Declare), netBoth(netImages(rows, 20))
	if got := netBytes(func() { n.run(training, rows, inputs); training.Advance() }); got > 4096 {
		t.Errorf("%d bytes per run", got)
	}
}
