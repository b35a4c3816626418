package op_test

import (
	"math"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gaetrain/graph/op"
)

func TestReparametrise(t *testing.T) {
	t.Parallel()
	m := model{
		inputs: []input{
			{name: "statistics", shape: []int{6}, batch: true, wrt: true, lo: -2, hi: 2},
			{name: "noise", shape: []int{3}, batch: true, lo: -2, hi: 2},
			{name: "target", shape: []int{3}, batch: true, lo: -1, hi: 1},
		},
		declare: func(t *testing.T, rows *op.Rows, in gorgonia.Nodes) (*gorgonia.Node, op.Loss) {
			z, err := op.Reparametrise("code", rows, in[0], in[1])
			if err != nil {
				t.Fatal(err)
			}
			loss, err := op.SquaredError("loss", rows, z, in[2])
			if err != nil {
				t.Fatal(err)
			}
			return z, loss
		},
		reference: func(in []array) (array, losses) {
			z := zeros(in[1].shape...)
			for i := range z.shape[0] {
				for j := range 3 {
					z.values[i*3+j] = in[0].at(i, j) + math.Exp(in[0].at(i, j+3)/2)*in[1].at(i, j)
				}
			}
			return z, squaredError(z, in[2])
		},
	}
	m.checkBatches(t)
}

func TestGaussianDivergence(t *testing.T) {
	t.Parallel()
	m := model{
		inputs: []input{{name: "statistics", shape: []int{6}, batch: true, wrt: true, lo: -2, hi: 2}},
		declare: func(t *testing.T, rows *op.Rows, in gorgonia.Nodes) (*gorgonia.Node, op.Loss) {
			mean, err := op.FirstColumns("code", rows, 3, in[0])
			if err != nil {
				t.Fatal(err)
			}
			loss, err := op.GaussianDivergence("kl", rows, in[0])
			if err != nil {
				t.Fatal(err)
			}
			return mean, loss
		},
		reference: func(in []array) (array, losses) {
			mean := zeros(in[0].shape[0], 3)
			l := losses{make([]float64, in[0].shape[0]), make([]float64, in[0].shape[0])}
			for i := range mean.shape[0] {
				for j := range 3 {
					m, v := in[0].at(i, j), in[0].at(i, j+3)
					mean.values[i*3+j] = m
					l.perImage[i] += (m*m + math.Exp(v) - 1 - v) / 2
				}
			}
			return mean, l
		},
	}
	m.checkBatches(t)
}

// unitDivergences computes the divergence of each unit, averaged over the
// batch.
func unitDivergences(statistics array) []float64 {
	size := statistics.shape[1] / 2
	units := make([]float64, size)
	for i := range statistics.shape[0] {
		for j := range size {
			m, v := statistics.at(i, j), statistics.at(i, j+size)
			units[j] += (m*m + math.Exp(v) - 1 - v) / 2 / float64(statistics.shape[0])
		}
	}
	return units
}

// onStatistics is a loss of the statistics that is the same for all images.
func onStatistics(size int, declare func(rows *op.Rows, statistics *gorgonia.Node) (op.Loss, error), reference func(units []float64) float64) model {
	return model{
		inputs: []input{{name: "statistics", shape: []int{2 * size}, batch: true, wrt: true, lo: -1, hi: 1}},
		declare: func(t *testing.T, rows *op.Rows, in gorgonia.Nodes) (*gorgonia.Node, op.Loss) {
			return in[0], must[op.Loss](t)(declare(rows, in[0]))
		},
		reference: func(in []array) (array, losses) {
			l := alike(reference(unitDivergences(in[0])), in[0].shape[0])
			return in[0], l
		},
	}
}

func TestFreeBits(t *testing.T) {
	t.Parallel()
	for _, lambda := range []float64{0.01, 0.3, 5} {
		onStatistics(8, func(rows *op.Rows, statistics *gorgonia.Node) (op.Loss, error) {
			return op.FreeBits("free bits", rows, float64(lambda), statistics)
		}, func(units []float64) (total float64) {
			for _, nats := range units {
				total += max(0, lambda-nats)
			}
			return total
		}).checkLoss(t)
	}
}

// TestFreeBitsOfUnits checks the sum of divergence and free bits. Units below
// the free bits have no gradient, the others that of the divergence.
func TestFreeBitsOfUnits(t *testing.T) {
	t.Parallel()
	const rows, size = 6, 8
	var units []float64
	compile := func(weights ...float32) []float32 {
		m := onStatistics(size, func(rows *op.Rows, statistics *gorgonia.Node) (op.Loss, error) {
			divergence, err := op.GaussianDivergence("kl", rows, statistics)
			if err != nil {
				return divergence, err
			}
			free, err := op.FreeBits("free", rows, 0.3, statistics)
			if err != nil {
				return free, err
			}
			free.Node, err = op.WeightedSum("loss", []*op.Weight{{Value: weights[0]}, {Value: weights[1]}}, gorgonia.Nodes{divergence.Node, free.Node})
			return free, err
		}, nil)
		in := m.values(rows)
		units = unitDivergences(in[0])
		c := m.compile(t, rows, in)
		c.run(t, rows)
		return c.gradient(m, 0)
	}
	both, alone := compile(0.7, 0.7), compile(0.7, 0)
	below := 0
	for i, g := range both {
		want := alone[i]
		if units[i%size] < 0.3 {
			want = 0
			below++
		}
		if g != want {
			t.Errorf("gradient %d of a unit with %.2g nats is %g, want %g", i, units[i%size], g, want)
		}
	}
	if below == 0 || below == len(both) {
		t.Errorf("%d of %d units are below", below, len(both))
	}
}

func TestCapacity(t *testing.T) {
	t.Parallel()
	for _, capacity := range []float32{0, 0.5, 30} {
		onStatistics(8, func(rows *op.Rows, statistics *gorgonia.Node) (op.Loss, error) {
			return op.Capacity("capacity", rows, &op.Weight{Value: capacity}, statistics)
		}, func(units []float64) float64 {
			total := -float64(capacity)
			for _, nats := range units {
				total += nats
			}
			return math.Abs(total)
		}).checkLoss(t)
	}
}

// TestWeightedSum checks that every weight scales its term and its gradient,
// also when it changes between runs.
func TestWeightedSum(t *testing.T) {
	t.Parallel()
	graph := gorgonia.NewGraph()
	rows := &op.Rows{Live: 2, Compiled: 2}
	x := declare(graph, "x", array{[]int{2, 2}, []float64{1, -2, 0.5, 3}})
	y := declare(graph, "y", array{[]int{2, 2}, []float64{0, 1, 1, -1}})
	squared, err := op.SquaredError("a", rows, x, y)
	if err != nil {
		t.Fatal(err)
	}
	entropy, err := op.Bernoulli().Loss("b", rows, x, y)
	if err != nil {
		t.Fatal(err)
	}
	weights := []*op.Weight{{Value: 1}, {Value: 1}}
	sum, err := op.WeightedSum("loss", weights, gorgonia.Nodes{squared.Node, entropy.Node})
	if err != nil {
		t.Fatal(err)
	}
	gradients, err := grad(sum, x)
	if err != nil {
		t.Fatal(err)
	}
	machine := gorgonia.NewTapeMachine(graph)
	defer machine.Close()
	run := func(a, b float32) (loss float64, gradient []float64) {
		weights[0].Value, weights[1].Value = a, b
		if err := machine.RunAll(); err != nil {
			t.Fatal(err)
		}
		machine.Reset()
		for _, v := range gradients[0].Value().(*tensor.Dense).Float32s() {
			gradient = append(gradient, float64(v))
		}
		return float64(*sum.Value().(*gorgonia.F32)), gradient
	}
	lossA, gradientA := run(1, 0)
	lossB, gradientB := run(0, 1)
	if lossA == lossB || lossA == 0 || lossB == 0 {
		t.Fatalf("terms are %g and %g", lossA, lossB)
	}
	loss, gradient := run(2, -0.5)
	near(t, "loss", []float32{float32(loss)}, []float64{2*lossA - 0.5*lossB})
	for i := range gradient {
		near(t, "gradient", []float32{float32(gradient[i])}, []float64{2*gradientA[i] - 0.5*gradientB[i]})
	}
	if _, err := op.WeightedSum("loss", weights, gorgonia.Nodes{sum}); err == nil {
		t.Error("two weights for one term are no error")
	}
}

func TestGaussianShapes(t *testing.T) {
	t.Parallel()
	graph := gorgonia.NewGraph()
	rows := &op.Rows{Live: 2, Compiled: 2}
	statistics := declare(graph, "statistics", zeros(2, 5))
	noise := declare(graph, "noise", zeros(2, 3))
	if _, err := op.Reparametrise("code", rows, statistics, noise); err == nil {
		t.Error("5 statistics for 3 codes are no error")
	}
	if _, err := op.FirstColumns("code", rows, 6, statistics); err == nil {
		t.Error("6 of 5 columns are no error")
	}
}

// TestEveryNth checks the first of three rows of each image, and the gradient of the
// others.
func TestEveryNth(t *testing.T) {
	t.Parallel()
	const n, width = 3, 2
	m := model{
		inputs: []input{
			{name: "statistics", shape: []int{2 * width}, batch: true, wrt: true, lo: -1, hi: 1},
			{name: "noise", shape: []int{n * width}, batch: true, lo: -1, hi: 1},
			{name: "target", shape: []int{width}, batch: true, lo: -1, hi: 1},
		},
		declare: func(t *testing.T, rows *op.Rows, in gorgonia.Nodes) (*gorgonia.Node, op.Loss) {
			node := must[*gorgonia.Node](t)
			y := node(op.EveryNth("code", rows, n, node(op.Reparametrise("code", rows, in[0], in[1]))))
			return y, must[op.Loss](t)(op.SquaredError("loss", rows, y, in[2]))
		},
		reference: func(in []array) (array, losses) {
			y := zeros(in[0].shape[0], width)
			for i := range y.shape[0] {
				for l := range width {
					y.values[i*width+l] = in[0].at(i, l) + math.Exp(in[0].at(i, width+l)/2)*in[1].at(i, l)
				}
			}
			return y, squaredError(y, in[2])
		},
	}
	m.checkBatches(t)
}
