package op_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gaetrain/graph/kernel"
	"gaetrain/graph/op"
)

// TestAdversarialLoss checks a layer of one logit under both losses.
func TestAdversarialLoss(t *testing.T) {
	t.Parallel()
	all := map[string]kernel.AdversarialLoss{
		"non-saturating": kernel.NonSaturating(0.9), "least-squares": kernel.LeastSquares(1), "hinge": kernel.Hinge(), "wasserstein": kernel.Wasserstein(),
	}
	for name, adversarial := range all {
		logits := model{inputs: []input{
			{name: "x", shape: []int{3}, batch: true, wrt: true, lo: -1, hi: 1},
			{name: "w", shape: []int{3, 1}, wrt: true, lo: -1, hi: 1},
		}}
		side := func(declare func(string, *op.Rows, kernel.AdversarialLoss, *gorgonia.Node) (op.Loss, error), of func(rows, i int) kernel.LogitLoss, ranked bool) model {
			m := logits
			m.declare = func(t *testing.T, rows *op.Rows, in gorgonia.Nodes) (*gorgonia.Node, op.Loss) {
				y := must[*gorgonia.Node](t)(op.Affine("layer", rows, kernel.Linear, false, false, in[0], in[1], nil))
				return y, must[op.Loss](t)(declare("loss", rows, adversarial, y))
			}
			m.reference = func(in []array) (array, losses) {
				y := affine(kernel.Linear, false, in[0], in[1], nil)
				l := losses{perImage: make([]float64, y.shape[0]), squared: make([]float64, y.shape[0])}
				for i, z := range y.values {
					l.perImage[i], _ = of(len(y.values), i)(z)
					if half := len(y.values) / 2; ranked && y.values[i%half] <= y.values[half+i%half] {
						l.squared[i] = 1
					}
				}
				return y, l
			}
			return m
		}
		t.Run(name+"/discriminator", func(t *testing.T) {
			m := side(op.DiscriminatorLoss, func(rows, i int) kernel.LogitLoss {
				if i < rows/2 {
					return adversarial.Real
				}
				return adversarial.Generated
			}, true)
			m.check(t, 2, 2)
			m.check(t, 4, 10)
		})
		t.Run(name+"/generator", func(t *testing.T) {
			side(op.GeneratorLoss, func(int, int) kernel.LogitLoss { return adversarial.Generator }, false).checkBatches(t)
		})
	}
	graph := gorgonia.NewGraph()
	if _, err := op.GeneratorLoss("loss", &op.Rows{Live: 2, Compiled: 2}, kernel.Hinge(), declare(graph, "logits", zeros(2, 2))); err == nil {
		t.Error("two logits an image are no error")
	}
}

// TestSpectralNorm divides weights by their singular value. The singular
// vectors of the step of power iteration are constants in the gradient.
func TestSpectralNorm(t *testing.T) {
	t.Parallel()
	const inputs, units = 4, 3
	vector := []float32{0.5, -0.5, 0.5, 0.5}
	var left, right []float64 // singular vectors of the step
	m := model{inputs: []input{
		{name: "x", shape: []int{inputs}, batch: true, wrt: true, lo: -1, hi: 1},
		{name: "target", shape: []int{units}, batch: true, lo: -1, hi: 1},
		{name: "w", shape: []int{inputs, units}, wrt: true, lo: -1, hi: 1},
	}}
	m.declare = func(t *testing.T, rows *op.Rows, in gorgonia.Nodes) (*gorgonia.Node, op.Loss) {
		w, _, err := op.SpectralNorm("layer", in[2], vector)
		if err != nil {
			t.Fatal(err)
		}
		y := must[*gorgonia.Node](t)(op.Affine("layer", rows, kernel.Tanh, false, false, in[0], w, nil))
		return y, must[op.Loss](t)(op.SquaredError("loss", rows, y, in[1]))
	}
	m.reference = func(in []array) (array, losses) {
		w := in[2]
		if left == nil {
			left, right = powerStep(w, vector)
		}
		normal, sigma := zeros(inputs, units), 0.0
		for i := range inputs {
			for j := range units {
				sigma += left[i] * w.at(i, j) * right[j]
			}
		}
		for i, v := range w.values {
			normal.values[i] = v / sigma
		}
		y := affine(kernel.Tanh, false, in[0], normal, nil)
		return y, squaredError(y, in[1])
	}
	m.checkBatches(t)
}

// powerStep returns v = Wᵀu/‖Wᵀu‖ and W·v/‖W·v‖.
func powerStep(w array, from []float32) (left, right []float64) {
	unit := func(x []float64) []float64 {
		var sum float64
		for _, v := range x {
			sum += v * v
		}
		for i := range x {
			x[i] /= math.Sqrt(sum)
		}
		return x
	}
	left, right = make([]float64, w.shape[0]), make([]float64, w.shape[1])
	for i, u := range from {
		for j := range right {
			right[j] += float64(u) * w.at(i, j)
		}
	}
	unit(right)
	for i := range left {
		for j, v := range right {
			left[i] += w.at(i, j) * v
		}
	}
	return unit(left), right
}

// TestSpectralNormSettles updates the vector until the weights have a singular
// value of 1. A run alone must not change the vector.
func TestSpectralNormSettles(t *testing.T) {
	t.Parallel()
	graph := gorgonia.NewGraph()
	values := random(seeded(3), -1, 1, 5, 2, 2, 3)
	vector := []float32{1, 0, 0, 0, 0}
	w := declare(graph, "w", values)
	normal, advance, err := op.SpectralNorm("layer", w, vector)
	if err != nil {
		t.Fatal(err)
	}
	machine := gorgonia.NewTapeMachine(graph)
	defer machine.Close()
	run := func() []float32 {
		if err := machine.RunAll(); err != nil {
			t.Fatal(err)
		}
		machine.Reset()
		return normal.Value().(*tensor.Dense).Float32s()
	}
	first := append([]float32(nil), run()...)
	same(t, "a second run", run(), first)
	for range 300 {
		run()
		advance()
	}
	matrix := array{[]int{5, 12}, make([]float64, 60)}
	for i, v := range run() {
		matrix.values[i] = float64(v)
	}
	left, right := powerStep(matrix, vector)
	var sigma float64
	for i := range left {
		for j := range right {
			sigma += left[i] * matrix.at(i, j) * right[j]
		}
	}
	if math.Abs(sigma-1) > 1e-5 {
		t.Errorf("the singular value is %g, want 1", sigma)
	}
	if _, _, err := op.SpectralNorm("layer", w, vector[:4]); err == nil {
		t.Error("a vector of another size is no error")
	}
}

// TestSpare passes a gradient through frozen layers. The wanted gradients must
// not change, and the others must not be computed.
func TestSpare(t *testing.T) {
	t.Parallel()
	gradients := func(spare bool) (wanted, frozen []float32) {
		graph := gorgonia.NewGraph()
		rows := &op.Rows{Live: 3, Compiled: 3}
		x, w := declare(graph, "x", random(seeded(1), -1, 1, 3, 5)), declare(graph, "w", random(seeded(2), -1, 1, 5, 8))
		filters, b := declare(graph, "filters", random(seeded(3), -1, 1, 2, 2, 2, 2)), declare(graph, "b", random(seeded(4), -1, 1, 2))
		last := declare(graph, "last", random(seeded(5), -1, 1, 2, 1))
		node := must[*gorgonia.Node](t)
		images := node(op.FromRows("second", rows, 2, 2, 2, false, node(op.Affine("first", rows, kernel.Tanh, false, true, x, w, nil))))
		shape := kernel.Convolution{
			Image: kernel.Images{Channels: 2, Height: 2, Width: 2}, Maps: kernel.Images{Channels: 2, Height: 1, Width: 1},
			Kernel: kernel.Extent{Height: 2, Width: 2}, Stride: kernel.Extent{Height: 1, Width: 1}, Dilation: kernel.Extent{Height: 1, Width: 1},
		}
		y := node(op.ToRows("second", rows, node(op.Convolution("second", rows, kernel.Tanh, shape, false, false, images, filters, b))))
		logits := node(op.Affine("third", rows, kernel.Linear, false, false, y, last, nil))
		loss := must[op.Loss](t)(op.GeneratorLoss("loss", rows, kernel.NonSaturating(1), logits))
		all, err := grad(loss.Node, w, filters, b, last)
		if err != nil {
			t.Fatal(err)
		}
		if spare {
			op.Spare(graph, all[:1])
		}
		machine := gorgonia.NewTapeMachine(graph)
		defer machine.Close()
		if err := machine.RunAll(); err != nil {
			t.Fatal(err)
		}
		for _, n := range all[1:] {
			frozen = append(frozen, floats(n)...)
		}
		return floats(all[0]), frozen
	}
	want, computed := gradients(false)
	got, left := gradients(true)
	same(t, "the wanted gradient", got, want)
	same(t, "the others", left, make([]float32, len(left)))
	for _, v := range computed[:16] {
		if v == 0 {
			t.Error("a gradient is zero that should not be")
		}
	}
}

func seeded(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }
