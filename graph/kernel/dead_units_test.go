package kernel

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestTopKAmong(t *testing.T) {
	nan := float32(math.NaN())
	for _, test := range []struct {
		k     int
		among []int
		x     []float32
		kept  []float32
	}{
		{2, []int{0, 2, 3}, []float32{1, 9, 3, 2}, []float32{0, 0, 1, 1}},
		{1, []int{0, 2, 3}, []float32{3, 9, 3, 2}, []float32{1, 0, 0, 0}},
		{3, []int{0, 3}, []float32{-3, 9, 3, 2}, []float32{0, 0, 0, 1}},
		{2, []int{0, 1}, []float32{0, 0, 3, 2}, []float32{0, 0, 0, 0}},
		{2, nil, []float32{1, 2, 3, 2}, []float32{0, 0, 0, 0}},
		{1, []int{0, 1}, []float32{1, nan, 3, 2}, []float32{0, 1, 0, 0}},
	} {
		y, kept := []float32{9, 9, 9, 9}, []float32{9, 9, 9, 9}
		TopKAmong(1, 4, test.k, test.among, test.x, y, kept)
		if !slices.Equal(kept, test.kept) {
			t.Errorf("of %v at %v stay %v, want %v", test.x, test.among, kept, test.kept)
		}
		for i, v := range y {
			if want := map[bool]float32{true: test.x[i]}[kept[i] == 1]; v != want && want == want {
				t.Errorf("of %v at %v comes %v", test.x, test.among, y)
			}
		}
	}
}

func TestCountSilence(t *testing.T) {
	silent := []float32{0, 5, 7}
	CountSilence(2, 3, []float32{0, 0, 0, 0, -1, 0, 1, 1, 1}, silent) // the last row is none of the two
	if !slices.Equal(silent, []float32{1, 0, 8}) {
		t.Errorf("silent for %v batches, want 1, 0, 8", silent)
	}
}

func TestDeadUnitsThreads(t *testing.T) {
	const rows, columns = 300, 517
	random := rand.New(rand.NewPCG(1, 2))
	x := sample(random, rows*columns)
	var among []int
	for j := range columns {
		if j%3 != 1 {
			among = append(among, j)
		}
	}
	var want []float32
	for _, threads := range []int{1, 2, 3} {
		setThreads(t, threads)
		y, kept, silent := make([]float32, len(x)), make([]float32, len(x)), make([]float32, columns)
		step := func() {
			TopKAmong(rows, columns, 20, among, x, y, kept)
			CountSilence(rows, columns, y, silent)
		}
		step()
		if got := slices.Concat(y, kept, silent); want == nil {
			want = got
		} else if !slices.Equal(got, want) {
			t.Errorf("%d threads make another result than one", threads)
		}
		if count := testing.AllocsPerRun(10, step); count != 0 {
			t.Errorf("%v allocations per step", count)
		}
	}
}
