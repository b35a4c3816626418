package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// pairsGeneric is the plain Go form of the assembly. No path uses it, because
// tiles of float32 are faster.
var pairsGeneric = pairPath{
	gemm: []gemmTile{nil, gemmPairsGeneric(1), gemmPairsGeneric(2)},
	rows: pairRowsGeneric, columns: pairColumnsGeneric,
}

func pairRowsGeneric(dst, first, second []float32) {
	for j := range dst {
		dst[j] = pair(first[j], second[j])
	}
}

// gemmPairsGeneric is the plain Go form of a tile of pairs. It does for each
// pair what the instruction VDPBF16PS does, without its treatment of denormal
// numbers, which do not occur: see Precision.
func gemmPairsGeneric(rows int) gemmTile {
	halves := func(pair float32) (first, second float32) {
		bits := math.Float32bits(pair)
		return math.Float32frombits(bits &^ 0xffff), math.Float32frombits(bits << 16)
	}
	return func(columns, k int, alpha float32, a []float32, aRow, aStep int, b []float32, bStep int, bias []float32, beta float32, c []float32, cRow int, _ []float32, _ int) {
		for i := range rows {
			for j := range columns {
				var sum float32
				if bias != nil {
					sum = bias[j]
				}
				for l := range k {
					x0, x1 := halves(a[i*aRow+l*aStep])
					y0, y1 := halves(b[l*bStep+j])
					sum += float32(x0 * y0)
					sum += float32(x1 * y1)
				}
				storeRow(alpha, beta, c[i*cRow+j:], sum)
			}
		}
	}
}

// eachBF16 runs a test with every path, and again with pairs on each path that
// has tiles for them.
func eachBF16(t *testing.T, test func(t *testing.T)) {
	measured := pairsFaster
	generic.pairs = &pairsGeneric
	defer func() { pairsFaster, generic.pairs = measured, nil }()
	for _, faster := range []bool{false, true} {
		pairsFaster = func() bool { return faster }
		eachPath(t, func(t *testing.T) {
			if !faster || active.pairs != nil {
				t.Run(map[bool]string{false: "float32", true: "pairs"}[faster], test)
			}
		})
	}
}

// nearest is bf16 by another way: the nearest of the numbers with 8 digits, in
// float64.
func nearest(x float32) float32 {
	if x != x || math.IsInf(float64(x), 0) {
		return x
	}
	fraction, exponent := math.Frexp(float64(x))
	y := math.Ldexp(math.RoundToEven(math.Ldexp(fraction, 8)), exponent-8)
	if math.Abs(y) < 0x1p-56 {
		return 0
	}
	return float32(y)
}

func TestRound(t *testing.T) {
	const stride = 65521 // a prime, so that all lower halves occur
	src, dst := make([]float32, 1000), make([]float32, 1000)
	eachPath(t, func(t *testing.T) {
		for bits := uint64(0); bits < 1<<32; bits += stride * uint64(len(src)) {
			for i := range src {
				src[i] = math.Float32frombits(uint32(bits + uint64(i)*stride))
			}
			src[0], src[1], src[2] = float32(math.Inf(-1)), math.Float32frombits(0x7fffffff), math.MaxFloat32
			active.round(dst, src)
			for i, x := range src {
				if want := nearest(x); dst[i] != want && (x == x || dst[i] == dst[i]) {
					t.Fatalf("%g is rounded to %g, want %g", x, dst[i], want)
				}
				if math.Float32bits(dst[i])&0xffff != 0 {
					t.Fatalf("%g is rounded to %g, which is no bfloat16 number", x, dst[i])
				}
			}
		}
	})
}

// bf16Case is a product whose operands hold numbers of all sizes.
type bf16Case struct {
	transA, transB bool
	m, n, k        int
	bias           bool
	seed           uint64
	a, b           float32 // planted in the operands
}

// check compares all implementations with sums in the order that Precision
// promises, bit by bit.
func (g bf16Case) check(t *testing.T) {
	t.Helper()
	random := rand.New(rand.NewPCG(g.seed, 1))
	operand := func(n int, planted float32) []float32 {
		x := sample(random, n)
		for i := range x {
			switch random.IntN(8) {
			case 0:
				x[i] = planted
			case 1:
				x[i] = float32(math.Ldexp(float64(x[i]), -random.IntN(150)))
			}
		}
		return x
	}
	a, b, bias := operand(g.m*g.k, g.a), operand(g.k*g.n, g.b), operand(g.n, g.b)
	if !g.bias {
		bias = nil
	}
	want, got := g.exact(a, b, bias), make([]float32, g.m*g.n)
	eachBF16(t, func(t *testing.T) {
		if bias != nil {
			Affine(BF16, Linear, g.transB, g.m, g.n, g.k, a, b, bias, got)
		} else {
			MatMul(BF16, g.transA, g.transB, g.m, g.n, g.k, a, g.strideA(), b, g.strideB(), got, g.n)
		}
		for i, x := range got {
			if math.Float32bits(x) != math.Float32bits(want[i]) && (x == x || want[i] == want[i]) {
				t.Fatalf("%+v: element %d is %g, want %g", g, i, x, want[i])
			}
		}
	})
}

func (g bf16Case) strideA() int { return map[bool]int{false: g.k, true: g.m}[g.transA] }
func (g bf16Case) strideB() int { return map[bool]int{false: g.n, true: g.k}[g.transB] }

func (g bf16Case) exact(a, b, bias []float32) []float32 {
	c := make([]float32, g.m*g.n)
	pairs := (g.k + 1) / 2
	chunks := (pairs + 255) / 256
	for i := range g.m {
		for j := range g.n {
			var sum, before float32
			if bias != nil && !(math.Abs(float64(bias[j])) < 0x1p-102) {
				sum = bias[j]
			}
			chunk := 1
			for l := range g.k {
				if l == 2*(pairs*chunk/chunks) {
					sum, before, chunk = 0, sum+before, chunk+1
				}
				x, y := i*g.k+l, l*g.n+j
				if g.transA {
					x = l*g.m + i
				}
				if g.transB {
					y = j*g.k + l
				}
				// The product is exact, and the sum is rounded once: 53 digits are enough.
				sum = float32(float64(sum) + float64(nearest(a[x]))*float64(nearest(b[y])))
			}
			c[i*g.n+j] = sum + before
		}
	}
	return c
}

func TestBF16(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for form := range 4 {
		for m := 1; m <= 15; m++ {
			bf16Case{form&1 != 0, form&2 != 0, m, 1 + random.IntN(70), 1 + random.IntN(40), form&1 == 0 && m%2 == 0, uint64(m), 0x1p-57, -0x1p-140}.check(t)
		}
		// Several blocks, chunks of k, strides of whole pages.
		bf16Case{form&1 != 0, form&2 != 0, 130, 290, 33, form == 0, 1, 0x1p-56, 0x1p-55}.check(t)
		bf16Case{form&1 != 0, form&2 != 0, 3, 40, 1025, form == 2, 2, 1, 0x1p-20}.check(t)
		bf16Case{form&1 != 0, form&2 != 0, 5, 1024, 64, false, 3, 0, 1.00390625}.check(t)
	}
}

func FuzzBF16(f *testing.F) {
	f.Add(uint8(0), uint8(5), uint8(40), uint16(7), uint64(1), uint32(0x7f800000), uint32(0x80000001))
	f.Add(uint8(7), uint8(15), uint8(33), uint16(900), uint64(2), uint32(0x7f800001), uint32(0x23800000))
	f.Fuzz(func(t *testing.T, form, m, n uint8, k uint16, seed uint64, a, b uint32) {
		x, y := math.Float32frombits(a), math.Float32frombits(b)
		for _, v := range []float32{x, y} {
			if size := math.Abs(float64(v)); size > 0x1p63 && !math.IsInf(size, 0) {
				t.Skip("the product of two of them may overflow")
			}
		}
		bias := form&4 != 0
		bf16Case{form&1 != 0 && !bias, form&2 != 0, 1 + int(m)%40, 1 + int(n), 1 + int(k)%1200, bias, seed, x, y}.check(t)
	})
}

// TestBF16Step checks that a step that computes its gradient block by block has
// the bits of a step with the whole gradient, for any number of threads.
func TestBF16Step(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	const rows, inputs, outputs = 33, 70, 300
	product := Gradient{Rows: rows, Inputs: inputs, Outputs: outputs, X: sample(random, rows*inputs), Z: sample(random, rows*outputs), Precision: BF16}
	start, whole := sample(random, inputs*outputs), Gradient{Values: make([]float32, inputs*outputs)}
	step := func(g Gradient) []float32 {
		w := append([]float32(nil), start...)
		Descend(Update{Rate: 0.1, Scale: 1}, w, g)
		return w
	}
	var first []float32
	eachBF16(t, func(t *testing.T) {
		product.Compute(whole.Values)
		want := step(whole)
		if first == nil {
			first = append([]float32(nil), whole.Values...)
		}
		if i := firstDifference(whole.Values, first); i >= 0 {
			t.Fatalf("gradient %d is %g, want %g", i, whole.Values[i], first[i])
		}
		for _, threads := range []int{1, 2, 5} {
			setThreads(t, threads)
			if i := firstDifference(step(product), want); i >= 0 {
				t.Fatalf("%d threads: weight %d differs", threads, i)
			}
		}
	})
}

func TestBF16AllocatesNothing(t *testing.T) {
	setThreads(t, 2)
	BF16Faster()
	a := make([]float32, 128*1024)
	if n := testing.AllocsPerRun(50, func() { Affine(BF16, Linear, true, 128, 128, 1024, a, a, a[:128], a[:128*128:128*128]) }); n != 0 {
		t.Errorf("%v allocations per call", n)
	}
}

// BenchmarkBF16 compares the precisions, and pairs with rounded float32.
func BenchmarkBF16(b *testing.B) {
	measured := pairsFaster
	defer func() { pairsFaster = measured }()
	random := rand.New(rand.NewPCG(1, 1))
	for _, m := range []int{128, 512} {
		const n, k = 2048, 2048
		x, w, y := sample(random, m*k), sample(random, k*n), make([]float32, m*n)
		for _, how := range []string{"float32", "bf16 in float32", "bf16 in pairs"} {
			pairsFaster = func() bool { return how == "bf16 in pairs" }
			precision := BF16
			if how == "float32" {
				precision = Float32
			}
			b.Run(fmt.Sprintf("%s/%dx%dx%d", how, m, n, k), func(b *testing.B) {
				for b.Loop() {
					Affine(precision, Linear, false, m, n, k, x, w, nil, y)
				}
				b.ReportMetric(2*float64(m*n)*float64(k)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
			})
		}
	}
}
