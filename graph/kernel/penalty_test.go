package kernel

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestPenaltiesOnAnyPath checks that penalties give the same bits for any
// number of threads, and nearly the results of the generic path.
func TestPenaltiesOnAnyPath(t *testing.T) {
	const rows, columns = 37, 1025
	rng := rand.New(rand.NewPCG(5, 6))
	y, w := make([]float32, rows*columns), make([]float32, rows*columns)
	for i := range y {
		y[i], w[i] = 0.01+0.98*rng.Float32(), rng.Float32()-0.5
	}
	results := func() [][]float32 {
		norms, scratch, mean := make([]float32, columns), make([]float32, columns), make([]float32, columns)
		slopes, gradient, weights := make([]float32, len(y)), make([]float32, len(y)), make([]float32, len(y))
		kept, top, signs := make([]float32, len(y)), make([]float32, len(y)), make([]float32, len(y))
		contraction, l1, gates := make([]float32, rows), make([]float32, rows), make([]float32, rows)
		moved, shares, ds, dr := make([]float32, len(y)), make([]float32, len(y)), make([]float32, len(y)), make([]float32, len(y))
		SquaredColumnNorms(rows, columns, w, norms, scratch)
		Contraction(Sigmoid, rows, columns, 0.5, y, norms, slopes, gradient, contraction)
		GateContraction(Sigmoid, rows, columns, 1, 0.5, y, w, norms, moved, shares, ds, dr, gates)
		ColumnMeans(rows, columns, slopes, mean)
		ScaleColumns(rows, columns, 2, w, slices.Clone(mean), weights)
		L1(rows, columns, 0.5, w, signs, l1)
		TopK(rows, columns, 100, w, top, kept)
		return [][]float32{norms, slopes, gradient, contraction, mean, weights, signs, l1, top, kept, moved, shares, ds, dr, gates}
	}
	before := Path()
	defer Use(before)
	var generic [][]float32
	for _, path := range slices.Backward(Paths()) {
		if err := Use(path); err != nil {
			t.Fatal(err)
		}
		var first [][]float32
		for _, threads := range []int{1, 2, 3} {
			setThreads(t, threads)
			got := results()
			if first == nil {
				first = got
			}
			for i := range got {
				if !slices.Equal(got[i], first[i]) {
					t.Errorf("%s: result %d differs with %d threads", path, i, threads)
				}
			}
		}
		if generic == nil {
			generic = first
		}
		for i := range first {
			for j, want := range generic[i] {
				if math.Abs(float64(first[i][j]-want)) > 1e-5*max(1, math.Abs(float64(want))) {
					t.Fatalf("%s: result %d[%d] is %g, the generic path says %g", path, i, j, first[i][j], want)
				}
			}
		}
	}
}

func TestTopKTies(t *testing.T) {
	t.Parallel()
	infinity, nan := float32(math.Inf(1)), float32(math.NaN())
	for _, test := range []struct {
		k       int
		x, want []float32
	}{
		{2, []float32{1, 3, 3, 3}, []float32{0, 3, 3, 0}},
		{3, []float32{-1, -2, -1, -3}, []float32{-1, -2, -1, 0}},
		{1, []float32{-1, 0, 0}, []float32{0, 0, 0}},
		{2, []float32{1, infinity, -infinity, 2}, []float32{0, infinity, 0, 2}},
		{9, []float32{1, -2}, []float32{1, -2}},
	} {
		y, kept := make([]float32, len(test.x)), make([]float32, len(test.x))
		TopK(1, len(test.x), test.k, test.x, y, kept)
		if !slices.Equal(y, test.want) {
			t.Errorf("the %d largest of %v are %v", test.k, test.x, y)
		}
		if stay := Sum(kept); stay != float64(min(test.k, len(test.x))) {
			t.Errorf("%g of the %d largest of %v stay", stay, test.k, test.x)
		}
	}
	y := make([]float32, 3)
	TopK(1, 3, 1, []float32{infinity, -nan, 1}, y, make([]float32, 3))
	if y[1] == y[1] {
		t.Errorf("NaN is hidden: %v", y)
	}
}

func FuzzTopK(f *testing.F) {
	f.Add(uint64(1), uint8(3), uint8(2))
	f.Fuzz(func(t *testing.T, seed uint64, columns, k uint8) {
		n := max(1, int(columns))
		rng := rand.New(rand.NewPCG(seed, 0))
		x, y, kept := make([]float32, n), make([]float32, n), make([]float32, n)
		for i := range x {
			x[i] = float32(rng.IntN(9)-4) * rng.Float32()
		}
		TopK(1, n, max(1, int(k)), x, y, kept)
		sorted := slices.Clone(x)
		slices.Sort(sorted)
		least := sorted[max(0, n-max(1, int(k)))]
		for i, v := range x {
			if v > least && kept[i] == 0 || v < least && kept[i] == 1 {
				t.Fatalf("the %d largest of %v are not %v", k, x, kept)
			}
		}
		if Sum(kept) != float64(min(max(1, int(k)), n)) {
			t.Fatalf("%g of the %d largest of %v stay", Sum(kept), k, x)
		}
	})
}

func TestBernoulliDivergence(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ p, q float64 }{{0.1, 0.1}, {0.05, 0.5}, {0.9, 0.2}} {
		value, slope := BernoulliDivergence(test.p, test.q)
		above, _ := BernoulliDivergence(test.p, test.q+1e-6)
		below, _ := BernoulliDivergence(test.p, test.q-1e-6)
		if math.Abs(slope-(above-below)/2e-6) > 1e-6 || value < 0 || (value == 0) != (test.p == test.q) {
			t.Errorf("KL(%g ‖ %g) is %g of slope %g", test.p, test.q, value, slope)
		}
	}
	for _, q := range []float64{0, 1} {
		if value, slope := BernoulliDivergence(0.1, q); math.IsInf(value, 0) || math.IsInf(slope, 0) {
			t.Errorf("KL(0.1 ‖ %g) is %g of slope %g", q, value, slope)
		}
	}
}

func BenchmarkPenalties(b *testing.B) {
	const rows, columns, inputs = 128, 1000, 784
	y, w := make([]float32, rows*columns), normals(inputs*columns)
	for i := range y {
		y[i] = float32(i%97) / 97
	}
	norms, scratch, dw := make([]float32, columns), make([]float32, columns), make([]float32, len(w))
	slopes, gradient, loss := make([]float32, len(y)), make([]float32, len(y)), make([]float32, rows)
	for name, f := range map[string]func(){
		"norms":       func() { SquaredColumnNorms(inputs, columns, w, norms, scratch) },
		"contraction": func() { Contraction(Sigmoid, rows, columns, 1, y, norms, slopes, gradient, loss) },
		"means":       func() { ColumnMeans(rows, columns, slopes, scratch) },
		"scale":       func() { ScaleColumns(inputs, columns, 1, w, scratch, dw) },
		"l1":          func() { L1(rows, columns, 1, y, gradient, loss) },
		"top-k":       func() { TopK(rows, columns, 50, y, slopes, gradient) },
		"gemm forward": func() {
			Gemm(false, false, rows, columns, inputs, 1, w[:rows*inputs], inputs, w, columns, 0, slopes, columns)
		},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				f()
			}
		})
	}
}
