package op_test

import (
	"math"
	"testing"

	"gorgonia.org/gorgonia"

	"gaetrain/graph/op"
)

// bounded computes a unit of a code before rounding.
func bounded(levels int, z float64) float64 {
	half, offset := float64(levels-1)*1.001/2, 0.0
	if levels%2 == 0 {
		offset = 0.5
	}
	return math.Tanh(z+math.Atanh(offset/half))*half - offset
}

// TestFiniteScalar compares the gradient with that of a code which adds the
// rounding error of the inputs as a constant.
func TestFiniteScalar(t *testing.T) {
	levels := []int{2, 3, 4, 5, 8, 7}
	var rounding []float64 // rounding errors for the inputs of the first call
	m := onInput(-2, 2, -1, 1, len(levels), func(t *testing.T, rows *op.Rows, x, target *gorgonia.Node) (*gorgonia.Node, op.Loss) {
		y := must[*gorgonia.Node](t)(op.FiniteScalar("code", rows, levels, x))
		return y, must[op.Loss](t)(op.SquaredError("loss", rows, y, target))
	}, func(x, target array) (array, losses) {
		y, first := zeros(x.shape...), len(rounding) != len(x.values)
		if first {
			rounding = make([]float64, len(x.values))
		}
		for i, v := range x.values {
			count := levels[i%len(levels)]
			b := bounded(count, v)
			if first {
				rounding[i] = math.RoundToEven(b) - b
			}
			y.values[i] = (b + rounding[i]) / float64(count/2)
		}
		return y, squaredError(y, target)
	})
	eachPath(t, func(t *testing.T) {
		m.checkBatches(t)
		m.check(t, 33, 40)
	})
	m.checkAllocations(t)
}

func TestFiniteScalarLevels(t *testing.T) {
	t.Parallel()
	graph, rows := gorgonia.NewGraph(), &op.Rows{Live: 2, Compiled: 2}
	z := declare(graph, "z", zeros(2, 3))
	for want, levels := range map[string][]int{
		"encoder/1: finite scalar quantisation: 3 units, but levels for 2":                {8, 5},
		"encoder/1: finite scalar quantisation: unit 1 has 1 levels, want from 2 to 1000": {8, 1, 5},
	} {
		if _, err := op.FiniteScalar("encoder/1", rows, levels, z); err == nil || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}
