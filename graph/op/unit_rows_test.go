package op_test

import (
	"math"
	"testing"

	"gorgonia.org/gorgonia"

	"gaetrain/graph/kernel"
	"gaetrain/graph/op"
)

func TestUnitRows(t *testing.T) {
	const units, pixels = 6, 24
	m := model{
		inputs: []input{
			{name: "x", shape: []int{units}, batch: true, wrt: true, lo: -1, hi: 1},
			{name: "target", shape: []int{pixels}, batch: true, lo: -1, hi: 1},
			{name: "w", shape: []int{units, pixels}, wrt: true, lo: -1, hi: 2},
		},
		declare: func(t *testing.T, rows *op.Rows, in gorgonia.Nodes) (*gorgonia.Node, op.Loss) {
			w := must[*gorgonia.Node](t)(op.UnitRows("decoder", in[2]))
			y := must[*gorgonia.Node](t)(op.Affine("decoder", rows, kernel.Linear, false, false, in[0], w, nil))
			return y, must[op.Loss](t)(op.SquaredError("loss", rows, y, in[1]))
		},
		reference: func(in []array) (array, losses) {
			w := zeros(units, pixels)
			for i := range units {
				var squares float64
				for j := range pixels {
					squares += in[2].at(i, j) * in[2].at(i, j)
				}
				for j := range pixels {
					w.values[i*pixels+j] = in[2].at(i, j) / math.Sqrt(squares)
				}
			}
			y := affine(kernel.Linear, false, in[0], w, nil)
			return y, squaredError(y, in[1])
		},
	}
	eachPath(t, func(t *testing.T) { m.checkBatches(t) })
	m.checkAllocations(t)
	if _, err := op.UnitRows("decoder", declare(gorgonia.NewGraph(), "w", zeros(3))); err == nil {
		t.Error("a vector is accepted as a matrix")
	}
}
