package kernel

import (
	"fmt"
	"math"
)

// FiniteScalar quantises each unit of a code to a fixed number of levels
// (finite scalar quantisation, Mentzer et al. 2023). The codebook is the set of
// all combinations of levels. A unit with ℓ levels becomes
//
//	y = round(b)/⌊ℓ/2⌋, b = tanh(z + shift)·half − offset,
//
// where half = (ℓ−1)·1.001/2 and where, for even ℓ, offset = ½ moves the levels so
// that 0 is one of them, and shift = artanh(offset/half) makes b = 0 for z = 0.
type FiniteScalar struct {
	levels                     []int
	shift, half, offset, scale []float32 // of each unit; scale is 1/⌊ℓ/2⌋
}

// NewFiniteScalar returns the quantiser of codes of len(levels) units.
func NewFiniteScalar(levels []int) (*FiniteScalar, error) {
	const margin, most = 1e-3, 1000 // with more levels, the margin would add one
	q := &FiniteScalar{levels: levels}
	for unit, count := range levels {
		if count < 2 || count > most {
			return nil, fmt.Errorf("unit %d has %d levels, want from 2 to %d", unit, count, most)
		}
		half, offset := float64(count-1)*(1+margin)/2, 0.0
		if count%2 == 0 {
			offset = 0.5
		}
		q.shift = append(q.shift, float32(math.Atanh(offset/half)))
		q.half = append(q.half, float32(half))
		q.offset = append(q.offset, float32(offset))
		q.scale = append(q.scale, 1/float32(count/2))
	}
	return q, nil
}

// Units is the number of units of a code.
func (q *FiniteScalar) Units() int { return len(q.levels) }

// Constants returns the shift, half, offset and scale of each unit.
func (q *FiniteScalar) Constants() (shift, half, offset, scale []float32) {
	return q.shift, q.half, q.offset, q.scale
}

// CodebookSize is the number of different codes.
func (q *FiniteScalar) CodebookSize() int {
	size := 1
	for _, count := range q.levels {
		size *= count
	}
	return size
}

// Index returns the position of a quantised code in the codebook, from 0 to
// CodebookSize − 1. The levels of the units are its digits, and the first unit
// is the lowest digit.
func (q *FiniteScalar) Index(code []float32) int {
	index := 0
	for unit := len(q.levels) - 1; unit >= 0; unit-- {
		count := q.levels[unit]
		level := int(math.Round(float64(code[unit])*float64(count/2))) + count/2
		index = index*count + level
	}
	return index
}

// AppendWord appends the quantised code with the given position in the codebook, the
// inverse of Index.
func (q *FiniteScalar) AppendWord(to []float32, index int) []float32 {
	for unit, count := range q.levels {
		to = append(to, float32(index%count-count/2)*q.scale[unit])
		index /= count
	}
	return to
}

// Quantise computes the codes of the rows of z, and writes tanh(z + shift) for
// Gradient (z, y, tanh: B×L).
func (q *FiniteScalar) Quantise(rows int, z, y, tanh []float32) {
	q.each(rows, finiteScalarTask{from: z, y: y, tanh: tanh})
}

// Gradient computes dz = dy·(∂b/∂z)/⌊ℓ/2⌋, the gradient without rounding (tanh,
// dy, dz: B×L; dz may be dy).
func (q *FiniteScalar) Gradient(rows int, tanh, dy, dz []float32) {
	q.each(rows, finiteScalarTask{from: dy, y: dz, tanh: tanh, back: true})
}

func (q *FiniteScalar) each(rows int, content finiteScalarTask) {
	n := rows * q.Units()
	content.FiniteScalar, content.from, content.y, content.tanh = q, content.from[:n], content.y[:n], content.tanh[:n]
	t := finiteScalarTasks.get()
	*t = content
	parallel(rows, 1+heavyGrain/(q.Units()+1), t)
	*t = finiteScalarTask{}
	finiteScalarTasks.put(t)
}

// finiteScalarTask is split over rows.
type finiteScalarTask struct {
	*FiniteScalar
	from, y, tanh []float32
	back          bool
}

var finiteScalarTasks freeList[finiteScalarTask]

func (t *finiteScalarTask) run(lo, hi int) {
	units := t.Units()
	if !t.back {
		for i := lo; i < hi; i++ {
			active.add(t.tanh[i*units:(i+1)*units], t.from[i*units:(i+1)*units], t.shift)
		}
		active.activate[Tanh](t.tanh[lo*units:hi*units], t.tanh[lo*units:hi*units])
	}
	for i := lo; i < hi; i++ {
		from, y, tanh := t.from[i*units:(i+1)*units], t.y[i*units:(i+1)*units], t.tanh[i*units:(i+1)*units]
		for unit, v := range tanh {
			if t.back {
				slope := 1 - float32(v*v)
				y[unit] = from[unit] * slope * t.half[unit] * t.scale[unit]
			} else {
				b := float32(v*t.half[unit]) - t.offset[unit]
				y[unit] = float32(math.RoundToEven(float64(b))) * t.scale[unit]
			}
		}
	}
}
