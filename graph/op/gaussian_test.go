package op_test

import (
	"math"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gaetrain/graph/op"
)

func TestReparametrise(t *testing.T) {
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

// TestWeightedSum checks that every weight scales its term and its gradient,
// also when it changes between runs.
func TestWeightedSum(t *testing.T) {
	graph := gorgonia.NewGraph()
	rows := &op.Rows{Live: 2, Compiled: 2}
	x := declare(graph, "x", array{[]int{2, 2}, []float64{1, -2, 0.5, 3}})
	y := declare(graph, "y", array{[]int{2, 2}, []float64{0, 1, 1, -1}})
	squared, err := op.SquaredError("a", rows, x, y)
	if err != nil {
		t.Fatal(err)
	}
	entropy, err := op.CrossEntropy("b", rows, x, y)
	if err != nil {
		t.Fatal(err)
	}
	weights := []*op.Weight{{Value: 1}, {Value: 1}}
	sum, err := op.WeightedSum("loss", weights, gorgonia.Nodes{squared.Node, entropy.Node})
	if err != nil {
		t.Fatal(err)
	}
	gradients, err := gorgonia.Grad(sum, x)
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
