package kernel

// gemmTile computes one tile of a product, as high as its place in path.gemm
// says and up to path.gemmColumns wide: C = alpha·(bias + A·B) + beta·C, where
// element (i, l) of A is a[i·aRow + l·aStep], (l, j) of B is b[l·bStep + j],
// (i, j) of C is c[i·cRow + j], and bias may be nil. columns and k are
// positive. With beta 0, C is not read.
type gemmTile func(columns, k int, alpha float32, a []float32, aRow, aStep int, b []float32, bStep int, bias []float32, beta float32, c []float32, cRow int)

// maxDepth is the longest chunk of k. Sums over a longer k are made chunk by
// chunk, through C, and this alone decides their order.
const maxDepth = 896

// aliasing is the row stride in numbers, or a divisor of it, that sends all
// rows of a column to the same few sets of a cache: such an A or B is copied
// before it is read, where it is read often enough.
const (
	aliasing   = 1024
	oftenReads = 64
)

// scratch is where a goroutine keeps copies of parts of A and B.
type scratch struct{ left, right []float32 }

var scratches freeList[scratch]

// run computes the blocks lo to hi of C, counted downwards.
func (p *product) run(lo, hi int) {
	s := scratches.get()
	for at := lo; at < hi; at++ {
		i, j := at%p.down*p.height, at/p.down*p.width
		p.block(s, i, min(i+p.height, p.m), j, min(j+p.width, p.n))
	}
	scratches.put(s)
}

// block computes rows i0 to i1 and columns j0 to j1 of C.
func (p *product) block(s *scratch, i0, i1, j0, j1 int) {
	tiles := ceil(i1-i0, len(active.gemm)-1)
	chunks := ceil(p.k, maxDepth)
	beta := p.beta
	for chunk := range chunks {
		k0, k1 := p.k*chunk/chunks, p.k*(chunk+1)/chunks
		a, aRow, aStep := p.left(s, i0, i1, k0, k1)
		for j := j0; j < j1; j += active.gemmColumns {
			columns := min(active.gemmColumns, j1-j)
			b, bStep := p.right(s, k0, k1, j, columns)
			var bias []float32
			if p.bias != nil && chunk == 0 {
				bias = p.bias[j:]
			}
			for tile := range tiles {
				lo, hi := (i1-i0)*tile/tiles, (i1-i0)*(tile+1)/tiles
				active.gemm[hi-lo](columns, k1-k0, p.alpha, a[lo*aRow:], aRow, aStep, b, bStep, bias, beta, p.c[(i0+lo)*p.ldc+j:], p.ldc)
			}
		}
		beta = 1
	}
	if p.act != Linear {
		for i := i0; i < i1; i++ {
			row := p.c[i*p.ldc:][j0:j1]
			active.activate[p.act](row, row)
		}
	}
}

// left returns rows i0 to i1 of A from k0 to k1, and the strides of its rows
// and its columns.
func (p *product) left(s *scratch, i0, i1, k0, k1 int) (a []float32, row, step int) {
	rows, columns := i1-i0, k1-k0
	first, row, step := i0*p.lda+k0, p.lda, 1
	if p.transA {
		rows, columns = columns, rows
		first, row, step = k0*p.lda+i0, 1, p.lda
	}
	a = p.a[first:]
	if p.lda%aliasing != 0 || p.n < oftenReads {
		return a, row, step
	}
	const padding = 16
	stride := columns + padding
	s.left = grow(s.left, rows*stride)
	for i := range rows {
		copy(s.left[i*stride:], a[i*p.lda:][:columns])
	}
	if p.transA {
		return s.left, 1, stride
	}
	return s.left, stride, 1
}

// right returns columns j to j+columns of B from k0 to k1, and the stride of
// its rows.
func (p *product) right(s *scratch, k0, k1, j, columns int) (b []float32, step int) {
	direct := !p.transB && (p.ldb%aliasing != 0 || p.m < oftenReads)
	if direct {
		return p.b[k0*p.ldb+j:], p.ldb
	}
	step = active.gemmColumns
	s.right = grow(s.right, (k1-k0)*step)
	if !p.transB {
		active.copyPanel(k1-k0, columns, p.b[k0*p.ldb+j:], p.ldb, s.right, step)
		return s.right, step
	}
	for strip := 0; strip < columns; strip += active.transposeRows {
		rows := min(active.transposeRows, columns-strip)
		active.transpose(rows, k1-k0, p.b[(j+strip)*p.ldb+k0:], p.ldb, s.right[strip:], step)
	}
	return s.right, step
}

// grow returns n numbers, those of s where it has as many.
func grow(s []float32, n int) []float32 {
	if cap(s) < n {
		return make([]float32, n)
	}
	return s[:n]
}
