package kernel

import (
	"math"
	"slices"
	"testing"
)

func TestUnitRows(t *testing.T) {
	const rows, columns = 400, 37
	w, du := normals(rows*columns), normals(rows*columns)
	slices.Reverse(du)
	clear(w[2*columns : 3*columns])
	eachPath(t, func(t *testing.T) {
		var want []float32
		for _, threads := range []int{1, 2, 3} {
			setThreads(t, threads)
			unit, dw, norms := make([]float32, len(w)), make([]float32, len(w)), make([]float32, rows)
			UnitRows(rows, columns, w, unit, norms)
			UnitRowsGradient(rows, columns, unit, norms, du, dw)
			if got := slices.Concat(unit, dw, norms); want == nil {
				want = got
			} else if !slices.Equal(got, want) {
				t.Fatalf("%d threads make another result than one", threads)
			}
			if count := testing.AllocsPerRun(10, func() {
				UnitRows(rows, columns, w, unit, norms)
				UnitRowsGradient(rows, columns, unit, norms, du, dw)
			}); count != 0 {
				t.Errorf("%v allocations per step", count)
			}
		}
		unit, dw, norms := want[:len(w)], want[len(w):2*len(w)], want[2*len(w):]
		for i := range rows {
			at := i * columns
			if i == 2 {
				if Sum(unit[at:at+columns]) != 0 || norms[i] != 0 || !slices.Equal(dw[at:at+columns], du[at:at+columns]) {
					t.Errorf("a row of zeros becomes %v with the gradient %v", unit[at:at+columns], dw[at:at+columns])
				}
				continue
			}
			if length := SumSquares(unit[at : at+columns]); math.Abs(length-1) > 1e-6 {
				t.Errorf("row %d has the squared norm %g, want 1", i, length)
			}
			if along := dot(dw[at:at+columns], unit[at:at+columns]); math.Abs(float64(along)) > 1e-6 {
				t.Errorf("the gradient of row %d is %g along the row, want 0", i, along)
			}
		}
	})
}
