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
		for _, k := range []int{1, 3, 20} { // the last k exceeds the number of positive values
			state := newBatchTopK(k, columns, settled)
			state.Bound[0], state.Batches[0] = 0.25, 1
			m := onInput(-1, 1, -1, 1, columns, func(t *testing.T, rows *op.Rows, x, target *gorgonia.Node) (*gorgonia.Node, op.Loss) {
				y, _, err := state.Declare("code", rows, x)
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
			same(t, "the bound after runs", slices.Concat(state.Bound, state.Batches), []float32{0.25, 1})
		}
	}
}

func newBatchTopK(k, columns int, settled bool) op.BatchTopK {
	return op.BatchTopK{K: k, Bound: make([]float32, 1), Batches: make([]float32, 1), Silent: make([]float32, columns), DeadAfter: 2, Settled: settled}
}

// TestDeadUnits checks that only dead units keep their largest activations.
func TestDeadUnits(t *testing.T) {
	const columns = 12
	state := newBatchTopK(2, columns, false)
	for unit := range state.Silent {
		state.Silent[unit] = float32(unit % 5) // units with 3 and 4 are dead
	}
	m := onInput(-1, 1, -1, 1, columns, func(t *testing.T, rows *op.Rows, x, target *gorgonia.Node) (*gorgonia.Node, op.Loss) {
		y, err := state.Dead("dead", rows, x)
		return must[*gorgonia.Node](t)(y, err), must[op.Loss](t)(op.SquaredError("loss", rows, y, target))
	}, func(x, target array) (array, losses) {
		dead := zeros(x.shape...)
		for i, v := range x.values {
			if state.Silent[i%columns] > 2 {
				dead.values[i] = v
			}
		}
		y := batchTopKReference(2*x.shape[0], 0, dead)
		return y, squaredError(y, target)
	})
	m.checkBatches(t)
	m.check(t, 33, 40)
	m.checkAllocations(t)
}

// TestBatchTopKUpdate checks the bound and the counts of silent batches. The
// first batches have equal weights. A batch without positive values does not
// change the bound.
func TestBatchTopKUpdate(t *testing.T) {
	t.Parallel()
	graph, rows := gorgonia.NewGraph(), &op.Rows{Live: 2, Compiled: 2}
	x := declare(graph, "x", zeros(2, 2))
	state := newBatchTopK(1, 2, false)
	_, update, err := state.Declare("code", rows, x)
	if err != nil {
		t.Fatal(err)
	}
	machine := gorgonia.NewTapeMachine(graph)
	defer machine.Close()
	for _, step := range []struct {
		values        []float32
		live          int
		mean, batches float32
		silent        []float32
	}{
		{[]float32{3, 1, -2, 2}, 2, 2, 1, []float32{0, 0}},
		{[]float32{-3, 0, -2, 0}, 2, 2, 1, []float32{1, 1}},
		{[]float32{0.5, 1, 7, 7}, 1, 1.5, 2, []float32{2, 0}},
		{[]float32{0, 0, -1, 3}, 2, 2, 3, []float32{3, 0}},
	} {
		copy(floats(x), step.values)
		rows.Live = step.live
		if err := machine.RunAll(); err != nil {
			t.Fatal(err)
		}
		machine.Reset()
		update()
		same(t, "bound", slices.Concat(state.Bound, state.Batches), []float32{step.mean, step.batches})
		same(t, "silent batches", state.Silent, step.silent)
	}
	if _, _, err := newBatchTopK(0, 2, false).Declare("code", rows, x); err == nil {
		t.Error("k of 0 is accepted")
	}
}
