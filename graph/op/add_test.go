package op_test

import (
	"fmt"
	"testing"

	"gorgonia.org/gorgonia"

	"gaetrain/graph/kernel"
	"gaetrain/graph/op"
)

// residual is y = act(h + silu(h)) with h = x·W under a squared error, on rows
// or on images. The gradient of h is a sum of two gradients.
func residual(act kernel.Activation, images bool) model {
	return model{
		inputs: []input{
			{name: "x", shape: []int{3}, batch: true, wrt: true, lo: -1, hi: 1},
			{name: "w", shape: []int{3, 24}, wrt: true, lo: -1, hi: 1},
			{name: "target", shape: []int{24}, batch: true, lo: -1, hi: 1},
		},
		declare: func(t *testing.T, rows *op.Rows, in gorgonia.Nodes) (*gorgonia.Node, op.Loss) {
			node := must[*gorgonia.Node](t)
			h := layOut(t, rows, images, node(op.Affine("first", rows, kernel.Linear, false, false, in[0], in[1], nil)))
			y := node(op.Add("last", rows, act, [2]bool{}, h, node(op.ActivateSmooth("branch", rows, kernel.SiLU, h))))
			if images {
				y = node(op.ToRows("last", rows, y))
			}
			return y, must[op.Loss](t)(op.SquaredError("loss", rows, y, in[2]))
		},
		reference: func(in []array) (array, losses) {
			h := affine(kernel.Linear, false, in[0], in[1], nil)
			y := activateSmooth(kernel.SiLU, h)
			for i, v := range h.values {
				y.values[i] += v
			}
			y = activate(act, y)
			return y, squaredError(y, in[2])
		},
	}
}

func TestAdd(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		for _, act := range []kernel.Activation{kernel.Linear, kernel.Tanh, kernel.ELU} {
			for _, images := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/images=%t", act, images), func(t *testing.T) {
					m := residual(act, images)
					m.checkBatches(t)
					m.check(t, 33, 40)
					m.checkAllocations(t) // also covers Gorgonia's sum of the gradients
				})
			}
		}
	})
}

// plainSum is y = a + b under a squared error. Constant inputs get no gradient.
func plainSum(constant [2]bool, act kernel.Activation) model {
	return model{
		inputs: []input{
			{name: "a", shape: []int{24}, batch: true, wrt: !constant[0], lo: -1, hi: 1},
			{name: "b", shape: []int{24}, batch: true, wrt: !constant[1], lo: -1, hi: 1},
			{name: "target", shape: []int{24}, batch: true, lo: -1, hi: 1},
		},
		declare: func(t *testing.T, rows *op.Rows, in gorgonia.Nodes) (*gorgonia.Node, op.Loss) {
			y := must[*gorgonia.Node](t)(op.Add("sum", rows, act, constant, in[0], in[1]))
			return y, must[op.Loss](t)(op.SquaredError("loss", rows, y, in[2]))
		},
		reference: func(in []array) (array, losses) {
			y := zeros(in[0].shape...)
			for i, v := range in[0].values {
				y.values[i] = v + in[1].values[i]
			}
			y = activate(act, y)
			return y, squaredError(y, in[2])
		},
	}
}

func TestAddOfConstants(t *testing.T) {
	for _, constant := range [][2]bool{{}, {true, false}, {false, true}} {
		for _, act := range []kernel.Activation{kernel.Linear, kernel.Tanh} {
			m := plainSum(constant, act)
			m.checkBatches(t)
			m.checkAllocations(t)
		}
	}
}

func TestAddShapes(t *testing.T) {
	t.Parallel()
	graph, rows := gorgonia.NewGraph(), &op.Rows{Live: 2, Compiled: 2}
	_, err := op.Add("encoder/1", rows, kernel.ReLU, [2]bool{}, declare(graph, "a", zeros(2, 3)), declare(graph, "b", zeros(2, 4)))
	if want := "encoder/1: sum+relu: the inputs are (2, 3) and (2, 4), want the same shape"; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}
