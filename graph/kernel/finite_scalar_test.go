package kernel

import (
	"math"
	"slices"
	"testing"
)

// TestFiniteScalar checks that each unit takes all its levels in order, and
// that the code is 0 for z = 0.
func TestFiniteScalar(t *testing.T) {
	levels := []int{2, 3, 4, 5, 8, 1000}
	q, err := NewFiniteScalar(levels)
	if err != nil {
		t.Fatal(err)
	}
	const rows = 40001 // from −10 to 10
	z, y, tanh := make([]float32, rows*len(levels)), make([]float32, rows*len(levels)), make([]float32, rows*len(levels))
	for i := range z {
		z[i] = float32(i/len(levels)-rows/2) / 2000
	}
	eachPath(t, func(t *testing.T) {
		q.Quantise(rows, z, y, tanh)
		for unit, count := range levels {
			var seen []float32
			for i := range rows {
				if v := y[i*len(levels)+unit]; len(seen) == 0 || v != seen[len(seen)-1] {
					seen = append(seen, v)
				}
			}
			if !slices.IsSorted(seen) || len(seen) != count {
				t.Errorf("%d levels: %d values, want %d ascending ones", count, len(seen), count)
			}
			lowest, highest := float64(-(count/2))/float64(count/2), float64((count-1)/2)/float64(count/2)
			if !near(seen[0], float32(lowest), 1e-6) || !near(seen[len(seen)-1], float32(highest), 1e-6) {
				t.Errorf("%d levels: from %g to %g, want from %g to %g", count, seen[0], seen[len(seen)-1], lowest, highest)
			}
			if v := y[rows/2*len(levels)+unit]; v != 0 {
				t.Errorf("%d levels: 0 becomes %g", count, v)
			}
		}
	})
	nan := float32(math.NaN())
	q.Quantise(1, slices.Repeat([]float32{nan}, len(levels)), y, tanh)
	if y[0] == y[0] {
		t.Errorf("NaN becomes %g", y[0])
	}
	for _, levels := range [][]int{{1}, {3, 0}, {1001}} {
		if _, err := NewFiniteScalar(levels); err == nil {
			t.Errorf("levels %v are accepted", levels)
		}
	}
}

// TestFiniteScalarIndex checks that all combinations of levels have different
// indices.
func TestFiniteScalarIndex(t *testing.T) {
	t.Parallel()
	levels := []int{3, 2, 4}
	q, _ := NewFiniteScalar(levels)
	if q.CodebookSize() != 24 {
		t.Errorf("the codebook has %d codes, want 24", q.CodebookSize())
	}
	for index := range 24 {
		code, rest := make([]float32, 3), index
		for unit, count := range levels {
			code[unit] = float32(rest%count-count/2) / float32(count/2)
			rest /= count
		}
		if got := q.AppendWord(nil, index); !slices.Equal(got, code) {
			t.Errorf("the code of index %d is %v, want %v", index, got, code)
		}
		if got := q.Index(code); got != index {
			t.Errorf("the index of %v is %d, want %d", code, got, index)
		}
	}
}

func TestFiniteScalarThreads(t *testing.T) {
	q, _ := NewFiniteScalar([]int{8, 5, 5, 5, 3})
	const rows = 20011
	z, dy := normals(rows*5), normals(rows*5)
	var want []float32
	for _, threads := range []int{1, 2, 3} {
		setThreads(t, threads)
		y, tanh, dz := make([]float32, len(z)), make([]float32, len(z)), make([]float32, len(z))
		q.Quantise(rows, z, y, tanh)
		q.Gradient(rows, tanh, dy, dz)
		if got := slices.Concat(y, tanh, dz); want == nil {
			want = got
		} else if !slices.Equal(got, want) {
			t.Errorf("%d threads make another result than one", threads)
		}
		if count := testing.AllocsPerRun(10, func() { q.Quantise(rows, z, y, tanh); q.Gradient(rows, tanh, dy, dz) }); count != 0 {
			t.Errorf("%v allocations per step", count)
		}
	}
}
