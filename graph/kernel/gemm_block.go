package kernel

// gemmTile computes one tile of a product, as high as its place in path.gemm
// says and up to path.gemmColumns wide: C = alpha·(bias + A·B) + beta·C, where
// element (i, l) of A is a[i·aRow + l·aStep], (l, j) of B is b[l·bStep + j],
// (i, j) of C is c[i·cRow + j], and bias may be nil. columns and k are
// positive. With beta 0, C is not read.
type gemmTile func(columns, k int, alpha float32, a []float32, aRow, aStep int, b []float32, bStep int, bias []float32, beta float32, c []float32, cRow int)

// maxBand is how many rows of A are gone through at a time, so that these, for
// a chunk of k, and a panel of B fit in the second-level cache.
const maxBand = 168

// A and B are read where they stand, but for these: a B that is read for at
// least copyRows rows, or is read again and has a row stride that is a multiple
// of aliasing, which sends the elements of a column to the same few sets of a
// cache, is copied into panels as wide as a tile; an A with such a stride is
// copied with another.
const (
	copyRows = 256
	aliasing = 1024
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

// block computes rows i0 to i1 and columns j0 to j1 of C: chunk by chunk of k,
// and within a chunk band by band of rows. The chunks alone decide the order
// of the sums, which go through C from one to the next.
func (p *product) block(s *scratch, i0, i1, j0, j1 int) {
	chunks, bands := ceil(p.k, active.gemmDepth), ceil(i1-i0, maxBand)
	for chunk := range chunks {
		k0, k1 := p.k*chunk/chunks, p.k*(chunk+1)/chunks
		right := p.right(s, k0, k1, j0, j1)
		for band := range bands {
			lo, hi := i0+(i1-i0)*band/bands, i0+(i1-i0)*(band+1)/bands
			p.band(right, p.left(s, lo, hi, k0, k1), k0, k1, lo, hi, j0, j1)
		}
	}
	if p.act != Linear {
		for i := i0; i < i1; i++ {
			row := p.c[i*p.ldc:][j0:j1]
			active.activate[p.act](row, row)
		}
	}
}

// band computes rows i0 to i1 and columns j0 to j1 of C over one chunk of k,
// tile by tile.
func (p *product) band(b rightFactor, a leftFactor, k0, k1, i0, i1, j0, j1 int) {
	beta, bias := p.beta, p.bias
	if k0 > 0 {
		beta, bias = 1, nil
	}
	tiles := ceil(i1-i0, len(active.gemm)-1)
	for j := j0; j < j1; j += active.gemmColumns {
		columns, panel := min(active.gemmColumns, j1-j), b.data[(j-j0)/active.gemmColumns*b.panel:]
		var segment []float32
		if bias != nil {
			segment = bias[j:]
		}
		for tile := range tiles {
			lo, hi := (i1-i0)*tile/tiles, (i1-i0)*(tile+1)/tiles
			active.gemm[hi-lo](columns, k1-k0, p.alpha, a.data[lo*a.row:], a.row, a.step, panel, b.step, segment, beta, p.c[(i0+lo)*p.ldc+j:], p.ldc)
		}
	}
}

// leftFactor is a part of A: element (i, l) is data[i·row + l·step].
type leftFactor struct {
	data      []float32
	row, step int
}

// left returns rows i0 to i1 of A, from k0 to k1.
func (p *product) left(s *scratch, i0, i1, k0, k1 int) leftFactor {
	rows, columns, first := i1-i0, k1-k0, i0*p.lda+k0
	if p.transA {
		rows, columns, first = columns, rows, k0*p.lda+i0
	}
	a, stride := p.a[first:], p.lda
	if p.lda%aliasing == 0 && p.n >= active.gemmColumns {
		const padding = 16
		stride = columns + padding
		s.left = grow(s.left, rows*stride)
		for i := range rows {
			copy(s.left[i*stride:], a[i*p.lda:][:columns])
		}
		a = s.left
	}
	if p.transA {
		return leftFactor{a, 1, stride}
	}
	return leftFactor{a, stride, 1}
}

// rightFactor is a part of B, in panels as wide as a tile: element (l, j) of a
// panel is data[l·step + j], the next panel starts panel further on.
type rightFactor struct {
	data        []float32
	step, panel int
}

// right returns columns j0 to j1 of B, from k0 to k1.
func (p *product) right(s *scratch, k0, k1, j0, j1 int) rightFactor {
	wide := active.gemmColumns
	if !p.transB && p.m < copyRows && (p.ldb%aliasing != 0 || p.m < 2*len(active.gemm)) {
		return rightFactor{p.b[k0*p.ldb+j0:], p.ldb, wide}
	}
	panel := (k1 - k0) * wide
	s.right = grow(s.right, ceil(j1-j0, wide)*panel)
	for j := j0; j < j1; j += wide {
		to, columns := s.right[(j-j0)/wide*panel:], min(wide, j1-j)
		if !p.transB {
			active.copyPanel(k1-k0, columns, p.b[k0*p.ldb+j:], p.ldb, to, wide)
			continue
		}
		for strip := 0; strip < columns; strip += active.transposeRows {
			rows := min(active.transposeRows, columns-strip)
			active.transpose(rows, k1-k0, p.b[(j+strip)*p.ldb+k0:], p.ldb, to[strip:], wide)
		}
	}
	return rightFactor{s.right, wide, panel}
}

// grow returns n numbers, those of s where it has as many.
func grow(s []float32, n int) []float32 {
	if cap(s) < n {
		return make([]float32, n)
	}
	return s[:n]
}
