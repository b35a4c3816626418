package kernel

import "math"

// UnitRows divides each row of a matrix by its Euclidean norm, and leaves the norms
// in norms (w, unit: L×D; norms: L). A row of zeros stays as it is.
func UnitRows(rows, columns int, w, unit, norms []float32) {
	unitRows(rows, unitRowsTask{columns: columns, from: w[:rows*columns], to: unit[:rows*columns], norms: norms[:rows]})
}

// UnitRowsGradient computes the gradient in w from that in unit, row by row,
//
//	dw = (du − ⟨du, u⟩·u)/‖w‖,
//
// given what UnitRows has computed (unit, dUnit, dw: L×D; norms: L; dw may be
// dUnit). The gradient of a row of zeros is du.
func UnitRowsGradient(rows, columns int, unit, norms, dUnit, dw []float32) {
	n := rows * columns
	unitRows(rows, unitRowsTask{columns: columns, from: dUnit[:n], to: dw[:n], norms: norms[:rows], unit: unit[:n]})
}

func unitRows(rows int, content unitRowsTask) {
	t := unitRowsTasks.get()
	*t = content
	parallel(rows, 1+heavyGrain/(content.columns+1), t)
	*t = unitRowsTask{}
	unitRowsTasks.put(t)
}

// unitRowsTask is split over rows.
type unitRowsTask struct {
	columns  int
	from, to []float32
	norms    []float32
	unit     []float32 // for the gradient
}

var unitRowsTasks freeList[unitRowsTask]

func (t *unitRowsTask) run(lo, hi int) {
	for i := lo; i < hi; i++ {
		from, to := t.from[i*t.columns:(i+1)*t.columns], t.to[i*t.columns:(i+1)*t.columns]
		var inner float32
		if t.unit == nil {
			t.norms[i] = float32(math.Sqrt(active.sumSquares(from)))
		} else {
			inner = dot(t.unit[i*t.columns:(i+1)*t.columns], from)
		}
		copy(to, from)
		if !(t.norms[i] > 0) {
			continue
		}
		if t.unit != nil {
			active.axpy(-inner, t.unit[i*t.columns:(i+1)*t.columns], to)
		}
		active.scale(1/t.norms[i], to)
	}
}
