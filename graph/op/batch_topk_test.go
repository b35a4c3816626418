package op_test

import (
	"math"
	"slices"
	"testing"

	"gorgonia.org/gorgonia"

	"gaetrain/graph/op"
)

// batchTopKReference keeps the largest positive values, or those above a bound.
func batchTopKReference(count int, bound float64, x array) array {
	if count > 0 {
		sorted := slices.Sorted(slices.Values(x.values))
		bound = math.Nextafter(max(sorted[max(0, len(sorted)-count)], math.SmallestNonzeroFloat64), 0)
	}
	y := zeros(x.shape...)
	for i, v := range x.values {
		if v > bound {
			y.values[i] = v
		}
	}
	return y
}

func TestBatchTopK(t *testing.T) {
	const columns = 12
	for _, settled := range []bool{false, true} {
		for _, k := range []int{1, 3, 20} { // of the last k, there are fewer positive values
			mean, batches := []float32{0.25}, []float32{1}
			m := onInput(-1, 1, -1, 1, columns, func(t *testing.T, rows *op.Rows, x, target *gorgonia.Node) (*gorgonia.Node, op.Loss) {
				y, _, err := op.BatchTopK("code", rows, k, op.CodeThreshold{Mean: mean, Batches: batches, Settled: settled}, x)
				return must[*gorgonia.Node](t)(y, err), must[op.Loss](t)(op.SquaredError("loss", rows, y, target))
			}, func(x, target array) (array, losses) {
				count := k * x.shape[0]
				if settled {
					count = 0
				}
				y := batchTopKReference(count, 0.25, x)
				return y, squaredError(y, target)
			})
			m.checkBatches(t)
			m.check(t, 33, 40)
			m.checkAllocations(t)
			same(t, "the threshold after runs", slices.Concat(mean, batches), []float32{0.25, 1})
		}
	}
}

// TestCodeThreshold updates the threshold, at first with equal weights of all
// batches. A batch without positive values does not count.
func TestCodeThreshold(t *testing.T) {
	graph, rows := gorgonia.NewGraph(), &op.Rows{Live: 2, Compiled: 2}
	x := declare(graph, "x", zeros(2, 2))
	s := op.CodeThreshold{Mean: make([]float32, 1), Batches: make([]float32, 1)}
	_, advance, err := op.BatchTopK("code", rows, 1, s, x)
	if err != nil {
		t.Fatal(err)
	}
	machine := gorgonia.NewTapeMachine(graph)
	defer machine.Close()
	for _, step := range []struct {
		values        []float32
		live          int
		mean, batches float32
	}{
		{[]float32{3, 1, -2, 2}, 2, 2, 1},
		{[]float32{-3, 0, -2, 0}, 2, 2, 1},
		{[]float32{0.5, 1, 7, 7}, 1, 1.5, 2},
		{[]float32{0, 0, -1, 3}, 2, 2, 3},
	} {
		copy(floats(x), step.values)
		rows.Live = step.live
		if err := machine.RunAll(); err != nil {
			t.Fatal(err)
		}
		machine.Reset()
		advance()
		same(t, "threshold", slices.Concat(s.Mean, s.Batches), []float32{step.mean, step.batches})
	}
	if _, _, err := op.BatchTopK("code", rows, 0, s, x); err == nil {
		t.Error("k of 0 is accepted")
	}
}
