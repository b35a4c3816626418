package op_test

import (
	"math"
	"testing"

	"gorgonia.org/gorgonia"

	"gaetrain/graph/kernel"
	"gaetrain/graph/op"
)

// conditioned is a layer with labels and several rows for each image, under a
// squared error of the mean over these rows.
func conditioned(act kernel.Activation, samples int) model {
	const from, to, classes = 4, 5, 3
	withLabels := func(x, labels array) array {
		wide := zeros(x.shape[0], from+classes)
		for i := range x.shape[0] {
			copy(wide.values[i*wide.shape[1]:], x.values[i*from:(i+1)*from])
			wide.values[i*wide.shape[1]+from+int(labels.at(i/samples, 0))] = 1
		}
		return wide
	}
	return model{
		inputs: []input{
			{name: "statistics", shape: []int{2 * from}, batch: true, wrt: true, lo: -1, hi: 1},
			{name: "noise", shape: []int{samples * from}, batch: true, lo: -1, hi: 1},
			{name: "labels", shape: []int{1}, batch: true, lo: 0, hi: classes},
			{name: "w", shape: []int{from, to}, wrt: true, lo: -1, hi: 1},
			{name: "classes", shape: []int{classes, to}, wrt: true, lo: -1, hi: 1},
			{name: "target", shape: []int{to}, batch: true, lo: -1, hi: 1},
		},
		declare: func(t *testing.T, rows *op.Rows, in gorgonia.Nodes) (*gorgonia.Node, op.Loss) {
			node := must[*gorgonia.Node](t)
			every := rows.Several(samples)
			x := node(op.Reparametrise("code", rows, in[0], in[1]))
			z := node(op.Affine("layer", every, kernel.Linear, false, false, x, in[3], nil))
			y := node(op.Condition("layer", every, act, z, in[4], in[2]))
			return node(op.FirstColumns("mean", rows, from, in[0])), must[op.Loss](t)(op.Squared().Loss("loss", rows, y, in[5]))
		},
		reference: func(in []array) (array, losses) {
			z, mean := zeros(in[0].shape[0]*samples, from), zeros(in[0].shape[0], from)
			for i := range z.values {
				row, j := i/from, i%from
				image := row / samples
				mean.values[image*from+j] = in[0].at(image, j)
				z.values[i] = in[0].at(image, j) + math.Exp(in[0].at(image, from+j)/2)*in[1].at(image, row%samples*from+j)
			}
			weights := array{[]int{from + classes, to}, append(append([]float64(nil), in[3].values...), in[4].values...)}
			y := affine(act, false, withLabels(z, in[2]), weights, nil)
			return mean, means(squaredError(y, repeated(in[5], samples)), samples)
		},
	}
}

// TestCondition compares a layer with labels and a layer whose input has the
// one-hot labels appended.
func TestCondition(t *testing.T) {
	t.Parallel()
	for _, act := range []kernel.Activation{kernel.Linear, kernel.Tanh, kernel.ReLU} {
		for _, samples := range []int{1, 3} {
			conditioned(act, samples).checkBatches(t)
		}
	}
}
