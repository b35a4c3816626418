package kernel

// gemmTile computes one tile of a product: C = alpha·(bias + A·B) + beta·C. The
// index in path.gemm is its number of rows, and it has at most path.gemmColumns
// columns. Element (i, l) of A is a[i·aRow + l·aStep], (l, j) of B is b[l·bStep
// + j], (i, j) of C is c[i·cRow + j], and bias may be nil. columns and k are
// positive. If beta is 0, C is not read. The k/path.gemmAhead lines of memory at
// ahead[l·aheadStep] may be prefetched to the second-level cache; ahead may be
// nil. This has no effect on results.
type gemmTile func(columns, k int, alpha float32, a []float32, aRow, aStep int, b []float32, bStep int, bias []float32, beta float32, c []float32, cRow int, ahead []float32, aheadStep int)

// maxBand is the number of rows of A in a band. Such a band of one chunk of k
// and a panel of B fit in the second-level cache.
const maxBand = 168

// A and B are read in place, with these exceptions. B is copied into panels as
// wide as a tile if it is read for at least copyRows rows, or if it is read
// again and its row stride is a multiple of the aliasing stride, which maps the
// elements of a column to few cache sets. A transposed A is copied tile by tile
// if it is read for at least copyColumns panels. Another A with such a stride
// is copied with another stride.
const (
	copyRows    = 256
	copyColumns = 4
	aliasing    = 1024
)

// scratch is the work space of a goroutine: copies of parts of A and B, and a
// block of C that is not kept.
type scratch struct {
	left, right, c []float32
	ahead          lookahead
	held           int // first of the columns of B in right, for all of k; −1: none
}

var scratches freeList[scratch]

// run computes the blocks lo to hi of C, counted by columns.
func (p *product) run(lo, hi int) {
	s := scratches.get()
	s.held = -1
	for at := lo; at < hi; at++ {
		i, j := at%p.down*p.height, at/p.down*p.width
		p.block(s, i, min(i+p.height, p.m), j, min(j+p.width, p.n))
	}
	scratches.put(s)
}

// block computes rows i0 to i1 and columns j0 to j1 of C: chunk by chunk of k,
// and within a chunk band by band of rows. Only the chunks decide the order of
// the sums, which are kept in C between chunks.
func (p *product) block(s *scratch, i0, i1, j0, j1 int) {
	c := p.target(s, i0, i1, j0, j1)
	s.ahead.clear()
	if p.step != nil {
		p.step.ahead(&s.ahead, i0*p.n+j0, i1-i0, j1-j0, p.n)
	}
	chunks, bands := p.chunks(), ceil(i1-i0, maxBand)
	stretch := j1 - j0 // number of columns of B that are read between two bands
	if bands == 1 && p.step == nil {
		stretch = active.gemmColumns
	}
	for chunk := range chunks {
		k0, k1 := p.chunk(chunk, chunks), p.chunk(chunk+1, chunks)
		var left leftFactor
		for j := j0; j < j1; j += stretch {
			right := p.right(s, k0, k1, j, min(j+stretch, j1), i1-i0)
			for band := range bands {
				lo, hi := (i1-i0)*band/bands, (i1-i0)*(band+1)/bands
				if bands > 1 || j == j0 {
					left = p.left(s, i0+lo, i0+hi, k0, k1, j1-j0)
				}
				part := target{c.data[lo*c.row+j-j0:], c.row}
				p.band(part, left, right, k0, k1, hi-lo, j, min(j+stretch, j1), &s.ahead)
			}
		}
	}
	s.held = j0
	p.finish(c, i0, i1, j0, j1)
}

// chunks returns the number of chunks of k. Those of BF16 are whole pairs, and
// the same on every path.
func (p *product) chunks() int {
	if p.precision == BF16 {
		return ceil(ceil(p.k, p.unit()), bf16Depth)
	}
	return ceil(p.k, active.gemmDepth)
}

// chunk returns the first k of a chunk.
func (p *product) chunk(i, chunks int) int {
	unit := p.unit()
	return min(ceil(p.k, unit)*i/chunks*unit, p.k)
}

// unit is the number of steps of k that belong together.
func (p *product) unit() int {
	if p.precision == BF16 && !p.pairs {
		return 2
	}
	return 1
}

// band computes the given rows and columns j0 to j1 of C over one chunk of k,
// tile by tile.
func (p *product) band(c target, a leftFactor, b rightFactor, k0, k1, rows, j0, j1 int, ahead *lookahead) {
	beta, bias := p.beta, p.bias
	if k0 > 0 {
		beta, bias = 1, nil
	}
	tiles := ceil(rows, len(active.gemm)-1)
	for j := j0; j < j1; j += active.gemmColumns {
		columns, at := min(active.gemmColumns, j1-j), (j-j0)/active.gemmColumns*b.panel
		var segment []float32
		if bias != nil {
			segment = bias[j:]
		}
		if p.step == nil {
			p.next(ahead, b, at+b.panel, k0, k1, j+active.gemmColumns)
		}
		for tile := range tiles {
			lo, hi := rows*tile/tiles, rows*(tile+1)/tiles
			soon, step := ahead.next((k1 - k0) / active.gemmAhead)
			p.tiles[hi-lo](columns, k1-k0, p.alpha, a.at(tile, lo), a.row, a.step, b.data[at:], b.step, segment, beta, c.data[lo*c.row+j-j0:], c.row, soon, step)
		}
	}
}

// next sets the lookahead to a panel of B: its copy if there is one at the
// given offset, or the columns from j.
func (p *product) next(ahead *lookahead, b rightFactor, at, k0, k1, j int) {
	ahead.clear()
	if b.panel > active.gemmColumns && at < len(b.data) {
		ahead.add(b.data[at:], line, b.panel/line)
		return
	}
	if p.transB {
		return
	}
	for end := min(j+active.gemmColumns, p.n); j < end; j += line {
		ahead.add(p.b[k0*p.ldb+j:], p.ldb, k1-k0)
	}
}

// target is a part of C: element (i, j) is data[i·row + j].
type target struct {
	data []float32
	row  int
}

// target returns the destination of rows i0 to i1 and columns j0 to j1 of C.
func (p *product) target(s *scratch, i0, i1, j0, j1 int) target {
	if p.step == nil {
		return target{p.c[i0*p.ldc+j0:], p.ldc}
	}
	s.c = grow(s.c, (i1-i0)*(j1-j0))
	return target{s.c, j1 - j0}
}

// finish applies the activation, or the step of a solver, to a block of C while
// it is in the cache.
func (p *product) finish(c target, i0, i1, j0, j1 int) {
	if p.step != nil {
		p.move(c, i0, i1, j0, j1)
		return
	}
	if p.act == Linear {
		return
	}
	for i := range i1 - i0 {
		row := c.data[i*c.row:][:j1-j0]
		active.activate[p.act](row, row)
	}
}

// move updates the weights of a block.
func (p *product) move(c target, i0, i1, j0, j1 int) {
	if j1-j0 == p.n {
		p.step.move(c.data, i0*p.n, i1*p.n)
		return
	}
	for i := i0; i < i1; i++ {
		p.step.move(c.data[(i-i0)*c.row:][:j1-j0], i*p.n+j0, i*p.n+j1)
	}
}

// leftFactor is a part of A: element (i, l) of a tile is data[i·row + l·step].
// Tile t starts at data[t·tile], or at its first row if tile is 0.
type leftFactor struct {
	data            []float32
	row, step, tile int
}

// at returns the elements of a tile that starts at the given row.
func (a *leftFactor) at(tile, row int) []float32 {
	if a.tile > 0 {
		return a.data[tile*a.tile:]
	}
	return a.data[row*a.row:]
}

// left returns rows i0 to i1 of A, from k0 to k1, to be read for the given
// number of columns.
func (p *product) left(s *scratch, i0, i1, k0, k1, columns int) leftFactor {
	if p.transA && columns >= copyColumns*active.gemmColumns {
		return p.leftTiles(s, i0, i1, k0, k1)
	}
	rows, width, first := i1-i0, k1-k0, i0*p.lda+k0
	if p.transA {
		rows, width, first = width, rows, k0*p.lda+i0
	}
	a, stride := p.a[first:], p.lda
	if p.lda%aliasing == 0 && p.n >= active.gemmColumns {
		const padding = 16
		stride = width + padding
		s.left = grow(s.left, rows*stride)
		for i := range rows {
			copy(s.left[i*stride:], a[i*p.lda:][:width])
		}
		a = s.left
	}
	if p.transA {
		return leftFactor{a, 1, stride, 0}
	}
	return leftFactor{a, stride, 1, 0}
}

// leftTiles is left for a transposed A. It copies tile by tile, so the elements
// of a tile are contiguous. Some rows of A at a time are copied to all tiles
// while they are in the cache. A tile is copied with its neighbouring elements
// if there is room, because whole vectors are copied fastest.
func (p *product) leftTiles(s *scratch, i0, i1, k0, k1 int) leftFactor {
	const rows = 16
	step := active.gemmStep
	tiles, size := ceil(i1-i0, len(active.gemm)-1), (k1-k0)*step
	s.left = grow(s.left, tiles*size)
	for k := k0; k < k1; k += rows {
		for tile := range tiles {
			lo := i0 + (i1-i0)*tile/tiles
			active.copyPanel(min(rows, k1-k), min(step, p.m-lo), p.a[k*p.lda+lo:], p.lda, s.left[tile*size+(k-k0)*step:], step)
		}
	}
	return leftFactor{s.left, 1, step, size}
}

// rightFactor is a part of B, in panels as wide as a tile: element (l, j) of a
// panel is data[l·step + j], and the next panel starts panel values later.
type rightFactor struct {
	data        []float32
	step, panel int
}

// right returns columns j0 to j1 of B, from k0 to k1, to be read for the given
// number of rows. A step keeps the copies of all chunks of k for its next block
// of the same columns.
func (p *product) right(s *scratch, k0, k1, j0, j1, rows int) rightFactor {
	wide, copies := active.gemmColumns, 0 // offset of the copies
	if p.step != nil {
		rows, copies = p.m, k0*ceil(j1-j0, wide)*wide
	}
	if !p.transB && rows < copyRows && (p.ldb%active.panelAliasing != 0 || rows < 2*len(active.gemm)) {
		return rightFactor{p.b[k0*p.ldb+j0:], p.ldb, wide}
	}
	panel := (k1 - k0) * wide
	if p.step != nil && s.held == j0 {
		return rightFactor{s.right[copies:], wide, panel}
	}
	s.right = grow(s.right, copies+ceil(j1-j0, wide)*panel)
	for j := j0; j < j1; j += wide {
		to, columns := s.right[copies+(j-j0)/wide*panel:], min(wide, j1-j)
		if !p.transB {
			active.copyPanel(k1-k0, columns, p.b[k0*p.ldb+j:], p.ldb, to, wide)
			continue
		}
		for strip := 0; strip < columns; strip += active.transposeRows {
			rows := min(active.transposeRows, columns-strip)
			active.transpose(rows, k1-k0, p.b[(j+strip)*p.ldb+k0:], p.ldb, to[strip:], wide)
		}
	}
	return rightFactor{s.right[copies:], wide, panel}
}

// grow returns a slice of n values that begins with those of s. It is s if that
// is large enough.
func grow[T any](s []T, n int) []T {
	if cap(s) < n {
		return append(s[:cap(s)], make([]T, n-cap(s))...)
	}
	return s[:n]
}
