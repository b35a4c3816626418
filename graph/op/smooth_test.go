package op_test

import (
	"fmt"
	"math"
	"testing"

	"gorgonia.org/gorgonia"

	"gaetrain/graph/kernel"
	"gaetrain/graph/op"
)

func activateSmooth(a kernel.SmoothActivation, x array) array {
	y := zeros(x.shape...)
	for i, v := range x.values {
		u := v
		if a == kernel.GELU {
			u = math.Sqrt(8/math.Pi) * (v + 0.044715*v*v*v)
		}
		y.values[i] = v / (1 + math.Exp(-u))
	}
	return y
}

func TestActivateSmooth(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		for _, a := range kernel.SmoothActivations() {
			for _, images := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/images=%t", a, images), func(t *testing.T) {
					m := elementwise(-5, 5, images, func(rows *op.Rows, x *gorgonia.Node) (*gorgonia.Node, error) {
						return op.ActivateSmooth("layer", rows, a, x)
					}, func(x array) array { return activateSmooth(a, x) })
					m.checkBatches(t)
					m.check(t, 33, 40)
					m.checkAllocations(t)
				})
			}
		}
	})
}

func TestActivateSmoothShapes(t *testing.T) {
	t.Parallel()
	graph, rows := gorgonia.NewGraph(), &op.Rows{Live: 2, Compiled: 2}
	_, err := op.ActivateSmooth("encoder/1", rows, kernel.SiLU, declare(graph, "x", zeros(3, 4)))
	if want := "encoder/1: silu: input has 3 rows, compiled for a batch of 2"; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}
