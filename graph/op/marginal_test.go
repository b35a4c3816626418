package op_test

import (
	"fmt"
	"math"
	"testing"

	"gorgonia.org/gorgonia"

	"gaetrain/graph/kernel"
	"gaetrain/graph/op"
)

// softmax are the probabilities of each row of logits.
func softmax(logits array) array {
	q := zeros(logits.shape...)
	for i := range logits.shape[0] {
		var sum float64
		for c := range logits.shape[1] {
			sum += math.Exp(logits.at(i, c))
		}
		for c := range logits.shape[1] {
			q.values[i*logits.shape[1]+c] = math.Exp(logits.at(i, c)) / sum
		}
	}
	return q
}

// marginalised is a linear decoder of one code for each class of each image, all
// with the same noise. labelled is 0 or 1 for all images.
func marginalised(labelled, beta float64, of op.Likelihood, reference func(prediction, target array) losses) model {
	const classes, size, pixels = 3, boundSize, boundPixels
	return model{
		inputs: []input{
			{name: "x", shape: []int{2 * size}, batch: true, wrt: true, lo: -1, hi: 1},
			{name: "classes", shape: []int{classes, 2 * size}, wrt: true, lo: -1, hi: 1},
			{name: "noise", shape: []int{size}, batch: true, lo: -2, hi: 2},
			{name: "weights", shape: []int{size, pixels}, wrt: true, lo: -1, hi: 1},
			{name: "target", shape: []int{pixels}, batch: true, lo: 0, hi: 1},
			{name: "logits", shape: []int{classes}, batch: true, wrt: labelled == 0, lo: -2, hi: 2},
			{name: "labels", shape: []int{1}, batch: true, lo: 0, hi: classes},
			{name: "labelled", shape: []int{1}, batch: true, lo: labelled, hi: labelled},
		},
		declare: func(t *testing.T, rows *op.Rows, in gorgonia.Nodes) (*gorgonia.Node, op.Loss) {
			node := must[*gorgonia.Node](t)
			every := rows.Several(classes)
			labels := node(op.EveryClass("classes", rows, classes, in[0]))
			x := node(op.Repeat("x", rows, classes, in[0]))
			statistics := node(op.Condition("encoder", every, kernel.Linear, x, in[1], labels))
			z := node(op.Reparametrise("code", every, statistics, node(op.Repeat("noise", rows, classes, in[2]))))
			prediction := node(op.Affine("decoder", every, kernel.Linear, false, false, z, in[3], nil))
			m := must[op.Marginal](t)(of.Marginal("loss", rows, &op.Weight{Value: float32(beta)}, prediction, in[4], statistics, op.Classes{Logits: in[5], Labels: in[6], Labelled: in[7]}))
			return node(op.FirstColumns("mean", rows, size, in[0])), m.Loss
		},
		reference: func(in []array) (array, losses) {
			rows := in[0].shape[0]
			statistics, mean := zeros(rows*classes, 2*size), zeros(rows, size)
			for i := range statistics.values {
				row, j := i/(2*size), i%(2*size)
				statistics.values[i] = in[0].at(row/classes, j) + in[1].at(row%classes, j)
				if j < size {
					mean.values[row/classes*size+j] = in[0].at(row/classes, j)
				}
			}
			z, _ := drawn(statistics, repeated(in[2], classes), 1)
			each := reference(affine(kernel.Linear, false, z, in[3], nil), repeated(in[4], classes))
			q := softmax(in[5])
			l := losses{make([]float64, rows), make([]float64, rows)}
			for i := range each.perImage {
				w := q.values[i]
				if labelled != 0 {
					w = 0
					if int(in[6].at(i/classes, 0)) == i%classes {
						w = 1
					}
				}
				kl := 0.0
				for j := range size {
					m, v := statistics.at(i, j), statistics.at(i, j+size)
					kl += (m*m + math.Exp(v) - 1 - v) / 2
				}
				l.perImage[i/classes] += w * (each.perImage[i] + beta*kl)
				l.squared[i/classes] += w * each.squared[i]
			}
			return mean, l
		},
	}
}

func TestMarginal(t *testing.T) {
	t.Parallel()
	for name, likelihood := range likelihoods {
		for _, labelled := range []float64{0, 1} {
			t.Run(fmt.Sprintf("%s/%g", name, labelled), func(t *testing.T) {
				marginalised(labelled, 0.5, likelihood.Likelihood, likelihood.reference).checkBatches(t)
			})
		}
	}
}

func TestMarginalAllocations(t *testing.T) { // not parallel: allocations of other tests would count
	marginalised(0, 1, op.Bernoulli(), crossEntropy).checkAllocations(t)
}

func TestClassDivergence(t *testing.T) {
	t.Parallel()
	for _, labelled := range []float64{0, 1} {
		model{
			inputs: []input{
				{name: "logits", shape: []int{4}, batch: true, wrt: true, lo: -2, hi: 2},
				{name: "labelled", shape: []int{1}, batch: true, lo: labelled, hi: labelled},
			},
			declare: func(t *testing.T, rows *op.Rows, in gorgonia.Nodes) (*gorgonia.Node, op.Loss) {
				y := must[*gorgonia.Node](t)(op.FirstColumns("first", rows, 4, in[0]))
				return y, must[op.Loss](t)(op.ClassDivergence("kl", rows, in[0], in[1]))
			},
			reference: func(in []array) (array, losses) {
				l := losses{make([]float64, in[0].shape[0]), make([]float64, in[0].shape[0])}
				for i, q := range softmax(in[0]).values {
					if l.perImage[i/4] += math.Log(4) / 4; labelled == 0 {
						l.perImage[i/4] += q * math.Log(q)
					}
				}
				return in[0], l
			},
		}.checkBatches(t)
	}
}
