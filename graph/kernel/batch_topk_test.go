package kernel

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// batchTopKBySorting is BatchTopK by its definition.
func batchTopKBySorting(k int, x []float32) (y []float32, count int, smallest float32) {
	var order []int
	for i, v := range x {
		if v > 0 {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(x[b], x[a]) })
	y = make([]float32, len(x))
	for _, i := range order[:min(k, len(order))] {
		y[i], smallest = x[i], x[i]
		count++
	}
	return y, count, smallest
}

// TestBatchTopK compares with sorting, for many different values and for few
// different values, with several numbers of threads.
func TestBatchTopK(t *testing.T) {
	const columns = 37
	random := rand.New(rand.NewPCG(1, 2))
	for _, rows := range []int{1, 5, 600} {
		for _, kinds := range []int{3, 1000, 1 << 30} {
			x := make([]float32, rows*columns)
			for i := range x {
				x[i] = float32(random.IntN(kinds)-kinds/2) / 1024
			}
			for _, k := range []int{1, 3, 17, 36, columns, 50} {
				want, wantCount, wantSmallest := batchTopKBySorting(rows*k, x)
				for _, threads := range []int{1, 2, 3} {
					setThreads(t, threads)
					y, kept := slices.Repeat([]float32{9}, len(x)), slices.Repeat([]float32{9}, len(x))
					count, smallest := BatchTopK(rows, columns, k, x, y, kept)
					if !slices.Equal(y, want) || count != wantCount || smallest != wantSmallest {
						t.Fatalf("%d rows, %d kinds, k %d, %d threads: %d values from %g, want %d from %g", rows, kinds, k, threads, count, smallest, wantCount, wantSmallest)
					}
					for i, v := range kept {
						if v != map[bool]float32{true: 1}[want[i] != 0] {
							t.Fatalf("kept[%d] is %g of a value %g", i, v, want[i])
						}
					}
				}
			}
		}
	}
}

func TestBatchTopKSpecialValues(t *testing.T) {
	t.Parallel()
	infinity, nan := float32(math.Inf(1)), float32(math.NaN())
	x := []float32{0, -1, 1e-45, infinity, -infinity, nan, 2, 0}
	y, kept := make([]float32, len(x)), make([]float32, len(x))
	count, smallest := BatchTopK(2, 4, 1, x, y, kept)
	if count != 2 || smallest != infinity || y[5] == y[5] || !slices.Equal(kept, []float32{0, 0, 0, 1, 0, 1, 0, 0}) {
		t.Errorf("%d values from %g stay: %v", count, smallest, y)
	}
	if count, smallest = BatchTopK(2, 4, 4, x, y, kept); count != 4 || smallest != 1e-45 {
		t.Errorf("%d positive values from %g stay, want 4 from 1e-45", count, smallest)
	}
	if count, smallest = BatchTopK(1, 2, 1, []float32{0, -1}, y, kept); count != 0 || smallest != 0 || y[0] != 0 || kept[0] != 0 {
		t.Errorf("of no positive values %d stay, from %g: %v", count, smallest, y[:2])
	}
}

func TestAbove(t *testing.T) {
	t.Parallel()
	nan := float32(math.NaN())
	x := []float32{0.5, 0.25, 0, -3, nan, 0.2, math.Nextafter32(0.25, 1)}
	y, kept := make([]float32, len(x)), make([]float32, len(x))
	Above(0.25, x, y, kept)
	if !slices.Equal(kept, []float32{1, 0, 0, 0, 1, 0, 1}) || y[0] != 0.5 || y[3] != 0 || y[4] == y[4] {
		t.Errorf("above a bound are %v of %v", y, x)
	}
	Above(0, x, y, kept)
	if !slices.Equal(kept, []float32{1, 1, 0, 0, 1, 1, 1}) {
		t.Errorf("above 0 are %v of %v", y, x)
	}
	// BatchTopK and Above share tasks, so the content of an earlier task must
	// have no effect.
	BatchTopK(1, len(x), 3, slices.Repeat([]float32{0.25}, 7), y, kept)
	Above(0.25, slices.Repeat([]float32{0.25}, 7), y, kept)
	if Sum(kept) != 0 {
		t.Errorf("a bound is above itself: %v", kept)
	}
}

func TestBatchTopKAllocatesNothing(t *testing.T) {
	setThreads(t, 2)
	x, y, kept := normals(1<<16), make([]float32, 1<<16), make([]float32, 1<<16)
	if count := testing.AllocsPerRun(10, func() { BatchTopK(64, 1024, 32, x, y, kept); Above(0.5, x, y, kept) }); count != 0 {
		t.Errorf("%v allocations per step", count)
	}
}

func BenchmarkBatchTopK(b *testing.B) {
	x, y, kept := normals(128*4096), make([]float32, 128*4096), make([]float32, 128*4096)
	for b.Loop() {
		BatchTopK(128, 4096, 32, x, y, kept)
	}
}
