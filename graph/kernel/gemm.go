package kernel

import "runtime"

// Gemm computes C = alpha·op(A)·op(B) + beta·C for row-major matrices, where
// op(A) is m×k, op(B) is k×n and C is m×n. A is stored m×k, or k×m if transA is
// set. B is stored k×n, or n×k if transB is set. lda, ldb and ldc are the row
// strides. If beta is 0, the old C is not read, so it may hold NaN. If alpha is
// 0, A and B are not read.
func Gemm(transA, transB bool, m, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int, beta float32, c []float32, ldc int) {
	multiply(product{
		transA: transA, transB: transB, m: m, n: n, k: k,
		alpha: alpha, a: a, lda: lda, b: b, ldb: ldb, beta: beta, c: c, ldc: ldc,
	})
}

// product is one call of Gemm, MatMul or Affine: C = act(alpha·(bias + A·B) + beta·C).
// A bias requires alpha 1 and beta 0.
type product struct {
	precision      Precision
	transA, transB bool
	m, n, k        int
	alpha, beta    float32
	a, b, c        []float32
	lda, ldb, ldc  int
	bias           []float32 // nil: none
	act            Activation
	step           *stepTask // nil: none; else C is a gradient that updates weights and is not kept

	tiles         []gemmTile
	pairs         bool // A and B are pairs
	height, width int  // of the blocks of C
	down          int  // number of blocks in a column of blocks
}

var products freeList[product]

// multiply splits a product into blocks of C and runs them.
func multiply(value product) {
	if value.m <= 0 || value.n <= 0 {
		return
	}
	value.check()
	if value.step == nil && (value.k <= 0 || value.alpha == 0) {
		value.scale()
		return
	}
	p := products.get()
	*p = value
	p.tiles = active.gemm
	if p.precision == BF16 {
		copies := roundedCopies.get()
		defer roundedCopies.put(copies)
		p.round(copies)
	}
	parallel(p.split(), 1, p)
	*p = product{} // releases the matrices
	products.put(p)
}

// check panics if a slice is too short, before anything is written.
func (p *product) check() {
	if p.k > 0 && p.alpha != 0 {
		reach(p.transA, p.m, p.k, p.a, p.lda)
		reach(p.transB, p.k, p.n, p.b, p.ldb)
	}
	if p.step == nil {
		reach(false, p.m, p.n, p.c, p.ldc)
	}
	if p.bias != nil {
		_ = p.bias[p.n-1]
	}
}

// reach reads the last element of a matrix.
func reach(transposed bool, rows, columns int, x []float32, stride int) {
	if transposed {
		rows, columns = columns, rows
	}
	_ = x[(rows-1)*stride+columns-1]
}

// scale computes the product if A·B is zero.
func (p *product) scale() {
	for i := range p.m {
		row := p.c[i*p.ldc:][:p.n]
		if p.bias != nil {
			copy(row, p.bias)
		} else if p.beta == 0 {
			clear(row)
		} else {
			for j := range row {
				row[j] *= p.beta
			}
		}
		Activate(p.act, row, row)
	}
}

// Blocks of C have at most maxWidth columns. They are smaller if C would not
// occupy all threads otherwise, but have at least minWork multiply-adds, which
// take some microseconds. The blocks do not change the sums.
const (
	maxWidth = 2048
	minWork  = 1 << 18
	minStep  = 4096 // least number of weights in a block of a step
)

// split chooses the blocks and returns their number. Square blocks copy the
// least of A and B.
func (p *product) split() int {
	tile := len(active.gemm) - 1
	if p.step != nil {
		return p.splitStep(tile)
	}
	p.height, p.width = p.m, min(p.n, maxWidth)
	wanted := 1
	if threads := runtime.GOMAXPROCS(0); threads > 1 {
		wanted = min(blocksPerThread*threads, int(float64(p.m)*float64(p.n)*float64(p.k)/minWork))
	}
	for {
		p.down = ceil(p.m, p.height)
		blocks := p.down * ceil(p.n, p.width)
		switch {
		case blocks >= wanted:
			return blocks
		case p.width > active.gemmColumns && (p.width >= p.height || p.height <= tile):
			p.width = ceil(ceil(p.width, 2), active.gemmColumns) * active.gemmColumns
		case p.height > tile:
			p.height = ceil(ceil(p.height, 2), tile) * tile
		default:
			return blocks
		}
	}
}

// splitStep chooses the blocks of a step. A quarter of the second-level cache
// holds the columns of B of a block, which a thread keeps for all blocks below
// it, and another quarter the gradients and the arrays of the step. There are
// equally many blocks for each thread.
func (p *product) splitStep(tile int) int {
	const arrays = 4 // gradients, weights and two moments
	p.width = panels(quarter() / max(p.k, 1))
	across := ceil(p.n, p.width)
	p.width = min(panels(ceil(p.n, across)+active.gemmColumns-1), p.n)
	across = ceil(p.n, p.width)

	threads, wanted := runtime.GOMAXPROCS(0), 1
	if threads > 1 {
		wanted = blocksPerThread * threads
	}
	weights := min(max(p.m*p.n/wanted, minStep), quarter()/arrays)
	p.down = ceil(p.m, max(1, weights/p.width/tile)*tile)
	if blocks := across * p.down; blocks > 1 && blocks%threads != 0 {
		p.down = ceil(p.down, threads) * threads
	}
	p.height = ceil(p.m, p.down)
	p.down = ceil(p.m, p.height)
	return across * p.down
}

// quarter is the number of values in a quarter of the second-level cache.
func quarter() int { return secondLevel / 4 / 4 }

// panels returns the largest number of columns in whole panels that is at most
// columns, or one panel.
func panels(columns int) int {
	return max(columns/active.gemmColumns, 1) * active.gemmColumns
}

func ceil(a, b int) int { return (a + b - 1) / b }
