package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// eachPath runs a test with every path of this machine.
func eachPath(t *testing.T, test func(t *testing.T)) {
	used := active
	defer func() { active = used }()
	for _, p := range paths() {
		active = p
		t.Run(p.name, test)
	}
}

// sample returns n numbers of mixed sign and size around 1.
func sample(random *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(random.NormFloat64())
	}
	return x
}

// gemmCase is one call of Gemm with room around each matrix.
type gemmCase struct {
	transA, transB   bool
	m, n, k          int
	alpha, beta      float32
	padA, padB, padC int
	offset           int // of the slices in their arrays: alignment
}

func (g gemmCase) String() string {
	return fmt.Sprintf("%t %t m=%d n=%d k=%d alpha=%g beta=%g pad=%d,%d,%d offset=%d",
		g.transA, g.transB, g.m, g.n, g.k, g.alpha, g.beta, g.padA, g.padB, g.padC, g.offset)
}

// check runs the case and compares each element with a sum in float64, within
// the classical bound of a float32 sum, (k+4)·ε·Σ|a·b|. Values between the rows
// of C must not change.
func (g gemmCase) check(t *testing.T) {
	t.Helper()
	random := rand.New(rand.NewPCG(uint64(g.m*g.n), uint64(g.k)))
	rowsA, lda, rowsB, ldb := g.m, g.k+g.padA, g.k, g.n+g.padB
	if g.transA {
		rowsA, lda = g.k, g.m+g.padA
	}
	if g.transB {
		rowsB, ldb = g.n, g.k+g.padB
	}
	ldc := g.n + g.padC
	a := sample(random, rowsA*lda+g.offset)[g.offset:]
	b := sample(random, rowsB*ldb+g.offset)[g.offset:]
	old := sample(random, g.m*ldc+g.offset)[g.offset:]
	c := append(make([]float32, g.offset), old...)[g.offset:]
	if g.beta == 0 && g.n > 0 {
		for i := range g.m {
			c[i*ldc+g.n/2] = float32(math.NaN())
		}
	}
	Gemm(g.transA, g.transB, g.m, g.n, g.k, g.alpha, a, lda, b, ldb, g.beta, c, ldc)
	for i := range g.m {
		for j := range ldc {
			got := float64(c[i*ldc+j])
			if j >= g.n {
				if c[i*ldc+j] != old[i*ldc+j] {
					t.Fatalf("%v: padding of row %d is overwritten", g, i)
				}
				continue
			}
			var sum, size float64
			for l := range g.k {
				x, y := i*lda+l, l*ldb+j
				if g.transA {
					x = l*lda + i
				}
				if g.transB {
					y = j*ldb + l
				}
				sum += float64(a[x]) * float64(b[y])
				size += math.Abs(float64(a[x]) * float64(b[y]))
			}
			want, bound := float64(g.alpha)*sum, math.Abs(float64(g.alpha))*size
			if g.beta != 0 {
				want += float64(g.beta) * float64(old[i*ldc+j])
				bound += math.Abs(float64(g.beta) * float64(old[i*ldc+j]))
			}
			if !(math.Abs(got-want) <= float64(g.k+4)*0x1p-24*bound) {
				t.Fatalf("%v: element %d,%d is %g, want %g", g, i, j, got, want)
			}
		}
	}
}

func TestGemm(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		random := rand.New(rand.NewPCG(1, 2))
		pick := func(of ...float32) float32 { return of[random.IntN(len(of))] }
		for form := range 4 {
			for m := range 30 {
				gemmCase{form&1 != 0, form&2 != 0, m, 1 + random.IntN(70), random.IntN(40), pick(1, -0.5, 0), pick(0, 1, 2), random.IntN(3), random.IntN(3), random.IntN(3), random.IntN(5)}.check(t)
			}
			for n := range 67 {
				gemmCase{form&1 != 0, form&2 != 0, 1 + random.IntN(30), n, 1 + random.IntN(40), pick(1, 2), pick(0, 1), random.IntN(3), random.IntN(3), random.IntN(3), random.IntN(5)}.check(t)
			}
			// Several blocks, chunks of k, copies of A and B.
			gemmCase{form&1 != 0, form&2 != 0, 200, 300, 30, 1, 0.5, 0, 0, 0, 1}.check(t)
			gemmCase{form&1 != 0, form&2 != 0, 20, 40, 2*active.gemmDepth + 5, -1, 1, 1, 0, 0, 0}.check(t)
			gemmCase{form&1 != 0, form&2 != 0, 70, 65, 33, 1, 1, 1024 - 70, 1024 - 65, 0, 0}.check(t)
			gemmCase{form&1 != 0, form&2 != 0, 33, 66, 64, 1, 1, 960, 960, 0, 0}.check(t)
		}
	})
}

// TestGemmThreads checks that any number of threads gives the same bits, also
// if rows and columns are computed separately.
func TestGemmThreads(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		random := rand.New(rand.NewPCG(3, 4))
		const m, n, k = 150, 333, 1000
		a, b := sample(random, m*k), sample(random, k*n)
		want, got := make([]float32, m*n), make([]float32, m*n)
		Gemm(false, false, m, n, k, 1, a, k, b, n, 0, want, n)
		for _, threads := range []int{1, 2, 3, 8} {
			setThreads(t, threads)
			clear(got)
			Gemm(false, false, m, n, k, 1, a, k, b, n, 0, got, n)
			if i := firstDifference(got, want); i >= 0 {
				t.Fatalf("%d threads: element %d is %g, want %g", threads, i, got[i], want[i])
			}
		}
		clear(got)
		for i := 0; i < m; {
			rows := min(1+random.IntN(40), m-i)
			for j := 0; j < n; {
				columns := min(1+random.IntN(80), n-j)
				Gemm(false, false, rows, columns, k, 1, a[i*k:], k, b[j:], n, 0, got[i*n+j:], n)
				j += columns
			}
			i += rows
		}
		if i := firstDifference(got, want); i >= 0 {
			t.Fatalf("in parts: element %d is %g, want %g", i, got[i], want[i])
		}
	})
}

// firstDifference returns the first index at which the bits differ, or −1.
func firstDifference(got, want []float32) int {
	for i := range want {
		if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
			return i
		}
	}
	return -1
}

func TestGemmNotFinite(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		inf, nan := float32(math.Inf(1)), float32(math.NaN())
		a := []float32{1, inf, nan, 0, 0x1p-149, 0}
		b := []float32{0, 2, 1, 1}
		c := make([]float32, 6)
		Gemm(false, false, 3, 2, 2, 1, a, 2, b, 2, 0, c, 2)
		want := []float32{inf, inf, nan, nan, 0, 0x1p-148}
		for i := range want {
			if c[i] != want[i] && !(c[i] != c[i] && want[i] != want[i]) {
				t.Errorf("element %d is %g, want %g", i, c[i], want[i])
			}
		}
	})
}

func TestAffine(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		random := rand.New(rand.NewPCG(5, 6))
		for _, act := range Activations() {
			for _, transW := range []bool{false, true} {
				for _, withBias := range []bool{false, true} {
					m, n, k := 1+random.IntN(40), 1+random.IntN(300), random.IntN(50)
					x, w, y := sample(random, m*k), sample(random, n*k), make([]float32, m*n)
					want := make([]float32, m*n)
					ldw := n
					if transW {
						ldw = k
					}
					Gemm(false, transW, m, n, k, 1, x, k, w, ldw, 0, want, n)
					var bias []float32
					if withBias {
						bias = sample(random, n)
						for i := range want {
							want[i] += bias[i%n]
						}
					}
					Activate(act, want, want)
					Affine(Float32, act, transW, m, n, k, x, w, bias, y)
					for i := range y {
						if math.Abs(float64(y[i]-want[i])) > 1e-4*(1+math.Abs(float64(want[i]))) {
							t.Fatalf("%v transW=%t bias=%t %d×%d×%d: element %d is %g, want %g", act, transW, withBias, m, n, k, i, y[i], want[i])
						}
					}
				}
			}
		}
	})
}

// TestAffineThreads checks that any number of threads gives the same bits,
// although the activation is computed in segments of different lengths.
func TestAffineThreads(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		random := rand.New(rand.NewPCG(7, 8))
		const m, n, k = 67, 501, 100
		x, w, bias := sample(random, m*k), sample(random, k*n), sample(random, n)
		want, got := make([]float32, m*n), make([]float32, m*n)
		for _, act := range Activations() {
			setThreads(t, 1)
			Affine(Float32, act, false, m, n, k, x, w, bias, want)
			for _, threads := range []int{2, 5, 16} {
				setThreads(t, threads)
				Affine(Float32, act, false, m, n, k, x, w, bias, got)
				if i := firstDifference(got, want); i >= 0 {
					t.Fatalf("%v, %d threads: element %d is %g, want %g", act, threads, i, got[i], want[i])
				}
			}
		}
	})
}

func TestGemmShortSlicesPanic(t *testing.T) {
	t.Parallel()
	full := make([]float32, 12)
	for name, call := range map[string]func(){
		"a":    func() { Gemm(false, false, 3, 3, 4, 1, full[:11], 4, full, 3, 0, full, 3) },
		"b":    func() { Gemm(false, true, 3, 3, 4, 1, full, 4, full[:11], 4, 0, full, 3) },
		"c":    func() { Gemm(true, false, 3, 3, 4, 1, full, 3, full, 3, 0, full[:8], 3) },
		"bias": func() { Affine(Float32, Linear, false, 3, 3, 4, full, full, full[:2:2], full) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("short %s: no panic", name)
				}
			}()
			call()
		}()
	}
}

func TestGemmAllocatesNothing(t *testing.T) {
	setThreads(t, 2)
	a := make([]float32, 128*1024)
	if n := testing.AllocsPerRun(50, func() { Gemm(false, true, 128, 128, 1024, 1, a, 1024, a, 1024, 0, a[:128*128:128*128], 128) }); n != 0 {
		t.Errorf("%v allocations per call", n)
	}
}

func FuzzGemm(f *testing.F) {
	f.Add(uint8(0), uint8(5), uint8(40), uint16(7), uint8(0), float32(1), float32(0))
	f.Add(uint8(3), uint8(15), uint8(33), uint16(900), uint8(9), float32(-1), float32(2))
	f.Fuzz(func(t *testing.T, form, m, n uint8, k uint16, pad uint8, alpha, beta float32) {
		if !(math.Abs(float64(alpha)) < 1e3 && math.Abs(float64(beta)) < 1e3) || alpha != 0 && math.Abs(float64(alpha)) < 1e-3 || beta != 0 && math.Abs(float64(beta)) < 1e-3 {
			t.Skip("overflow and underflow are another matter")
		}
		eachPath(t, func(t *testing.T) {
			gemmCase{form&1 != 0, form&2 != 0, int(m), int(n), int(k % 2048), alpha, beta, int(pad & 7), int(pad >> 3 & 7), int(pad >> 6), int(pad & 3)}.check(t)
		})
	})
}
