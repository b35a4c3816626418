package op_test

import (
	"slices"
	"testing"

	"gorgonia.org/gorgonia"

	"gaetrain/graph/op"
)

func TestDeadUnits(t *testing.T) {
	silence := op.Silence{Batches: []float32{0, 3, 2, 7, 9, 3, 0, 4, 1, 3}, Limit: 2}
	units := len(silence.Batches)
	for _, k := range []int{1, 3, 20} { // of the last k, there are fewer positive values
		m := onInput(-1, 2, -1, 1, units, func(t *testing.T, rows *op.Rows, x, target *gorgonia.Node) (*gorgonia.Node, op.Loss) {
			y := must[*gorgonia.Node](t)(op.DeadUnits("auxiliary", rows, k, silence, x))
			return y, must[op.Loss](t)(op.SquaredError("loss", rows, y, target))
		}, func(x, target array) (array, losses) {
			y := zeros(x.shape...)
			for i := range x.shape[0] {
				var values []float64
				for j, batches := range silence.Batches {
					if v := x.at(i, j); batches > 2 && v > 0 {
						values = append(values, v)
					}
				}
				slices.Sort(values)
				values = values[max(0, len(values)-k):]
				for j, batches := range silence.Batches {
					if v := x.at(i, j); batches > 2 && slices.Contains(values, v) {
						y.values[i*units+j] = v
					}
				}
			}
			return y, squaredError(y, target)
		})
		m.checkBatches(t)
		m.check(t, 33, 40)
		m.checkAllocations(t)
	}
	graph, rows := gorgonia.NewGraph(), &op.Rows{Live: 2, Compiled: 2}
	_, err := op.DeadUnits("auxiliary", rows, 3, silence, declare(graph, "h", zeros(2, 4)))
	if want := "auxiliary: dead units: k is 3 and there are counts of 10 units, want at least 1, and 4"; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

// TestSilence counts the batches without a value of a unit, in live rows alone.
// Runs alone do not change the counts.
func TestSilence(t *testing.T) {
	graph, rows := gorgonia.NewGraph(), &op.Rows{Live: 2, Compiled: 2}
	x := declare(graph, "x", zeros(2, 3))
	code := must[*gorgonia.Node](t)(op.TopK("code", rows, 1, x))
	silence := op.Silence{Batches: []float32{0, 4, 1}}
	count := silence.Count(rows, code)
	machine := gorgonia.NewTapeMachine(graph)
	defer machine.Close()
	for _, step := range []struct {
		values, want []float32
		live         int
	}{
		{[]float32{1, 3, 2, 2, 1, 0}, []float32{0, 0, 2}, 2},
		{[]float32{1, 2, 3, 3, 2, 1}, []float32{1, 1, 0}, 1},
	} {
		copy(floats(x), step.values)
		rows.Live = step.live
		before := slices.Clone(silence.Batches)
		if err := machine.RunAll(); err != nil {
			t.Fatal(err)
		}
		machine.Reset()
		same(t, "counts after a run", silence.Batches, before)
		count()
		same(t, "counts", silence.Batches, step.want)
	}
}
