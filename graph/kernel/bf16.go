package kernel

import (
	"math"
	"sync"
	"time"
)

// Precision says how the operands of a matrix product are rounded. Sums are
// float32 in any case.
//
// A product in BF16 has the same bits on every path, as long as no product of
// two numbers is 2^128 or more. The product of two bfloat16 numbers is exact in
// float32, so it makes no difference whether it is rounded before it is added.
// Operands below 2^-56 are taken as 0, so all sums are multiples of 2^-126 and
// none is denormal. The sums have the order of k, in the same chunks of k on
// every path.
type Precision int

const (
	Float32 Precision = iota // operands are used as they are
	BF16                     // operands are rounded to bfloat16, half to even
)

const (
	bf16Depth = 256     // pairs of k in the longest chunk
	bf16Least = 0x1p-56 // a smaller number is taken as 0
)

// MatMul computes C = op(A)·op(B) as Gemm does.
func MatMul(p Precision, transA, transB bool, m, n, k int, a []float32, lda int, b []float32, ldb int, c []float32, ldc int) {
	multiply(product{
		precision: p, transA: transA, transB: transB, m: m, n: n, k: k,
		alpha: 1, a: a, lda: lda, b: b, ldb: ldb, c: c, ldc: ldc,
	})
}

// pairPath holds the functions of a path that multiplies pairs: two numbers of
// neighbouring k as bfloat16 in the 32 bits of a float32, the first of them in
// the upper half. If k is odd, the last pair has a 0. Products of pairs are
// products of float32 with half of k.
type pairPath struct {
	gemm      []gemmTile                         // as path.gemm, of the same sizes
	rows      func(dst, first, second []float32) // pairs of two rows, length of dst
	columns   func(dst, src []float32)           // pairs within a row, length of src: a multiple of 16
	peak      func(iterations int)
	peakFLOPs int // per iteration
}

// BF16Faster reports whether this processor multiplies pairs faster than
// float32. If it does not, products in BF16 round their operands and use the
// tiles of Float32. The first call takes some 100 µs.
func BF16Faster() bool { return active.pairs != nil && pairsFaster() }

// pairsFaster compares the rates in registers. AMD's processors since Zen 4
// have twice the rate of float32, and some of Intel's have half of it.
var pairsFaster = sync.OnceValue(func() bool {
	rate := func(f func(int), flops int) (best float64) {
		const iterations = 2000
		for range 5 {
			start := time.Now()
			f(iterations)
			best = max(best, float64(iterations*flops)/time.Since(start).Seconds())
		}
		return best
	}
	return rate(active.pairs.peak, active.pairs.peakFLOPs) > 1.1*rate(active.peak, active.peakFLOPs)
})

// roundedOperands are copies of the operands of a product.
type roundedOperands struct{ a, b, bias []float32 }

var roundedCopies freeList[roundedOperands]

// round replaces the operands of a product by rounded copies in r, which are
// pairs if tiles for them are faster.
func (p *product) round(r *roundedOperands) {
	var pairs *pairPath
	if BF16Faster() {
		pairs = active.pairs
	}
	p.a, p.lda = roundMatrix(&r.a, pairs, !p.transA, p.m, p.k, p.transA, p.a, p.lda)
	p.b, p.ldb = roundMatrix(&r.b, pairs, p.transB, p.k, p.n, p.transB, p.b, p.ldb)
	if p.bias != nil {
		r.bias = grow(r.bias, p.n)
		for j, v := range p.bias[:p.n] {
			if math.Abs(float64(v)) < 0x1p-102 { // not a multiple of 2^-126
				v = 0
			}
			r.bias[j] = v
		}
		p.bias = r.bias
	}
	if pairs != nil {
		p.k, p.tiles, p.pairs = ceil(p.k, 2), pairs.gemm, true
	}
}

// roundMatrix copies a matrix to buffer, rounded, and returns the copy and its
// stride. Pairs are within a row of memory if along is set.
func roundMatrix(buffer *[]float32, pairs *pairPath, along bool, rows, columns int, transposed bool, x []float32, stride int) ([]float32, int) {
	if transposed {
		rows, columns = columns, rows
	}
	t := roundTasks.get()
	*t = roundTask{src: x, from: stride, rows: rows, columns: columns, pairs: pairs, along: along, to: columns}
	if pairs != nil && along {
		t.to = ceil(columns, 2)
	} else if pairs != nil {
		rows = ceil(rows, 2)
	}
	if t.to%aliasing == 0 {
		t.to += line
	}
	*buffer = grow(*buffer, rows*t.to)
	t.dst = *buffer
	parallel(rows, max(1, lightGrain/columns), t)
	to := t.to
	*t = roundTask{} // releases the matrices
	roundTasks.put(t)
	return *buffer, to
}

// roundTask computes rows of a rounded matrix.
type roundTask struct {
	src, dst      []float32
	from, to      int // strides
	rows, columns int // of src
	pairs         *pairPath
	along         bool
}

var roundTasks freeList[roundTask]

func (t *roundTask) run(lo, hi int) {
	for i := lo; i < hi; i++ {
		dst := t.dst[i*t.to:][:t.to]
		row := func(i int) []float32 { return t.src[i*t.from:][:t.columns] }
		switch {
		case t.pairs == nil:
			active.round(dst, row(i))
		case t.along:
			src := row(i)
			whole := len(src) &^ 15
			t.pairs.columns(dst, src[:whole])
			pairColumnsGeneric(dst[whole/2:], src[whole:])
		case 2*i+1 < t.rows:
			t.pairs.rows(dst[:t.columns], row(2*i), row(2*i+1))
		default:
			active.round(dst, row(2*i)) // a rounded number is a pair with 0
		}
	}
}
