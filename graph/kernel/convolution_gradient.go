package kernel

import "slices"

// A gradient of weights is summed in parts, each over some rows of the maps,
// and the parts are added in order. The number of parts depends only on the
// shapes: gradientParts, or fewer if the parts would need more than
// gradientRoom values.
const (
	gradientParts = 16
	gradientRoom  = 1 << 22
)

// Gradient computes the gradient in the weights from the images and the
// gradient in the maps, Σ_B,y,x maps[f,y,x]·image[c, …] (weights: F×kh×kw×C).
func (c *Convolution) Gradient(batch int, image, maps, weights []float32) {
	image, maps, weights = image[:c.Small.Size(batch)], maps[:c.Maps.Size(batch)], weights[:c.Weights()]
	rows, size, parts := c.Maps.Blocks(batch)*c.Maps.Height, c.convolve.size(), c.gradientParts(batch)
	c.parts = grow(c.parts, parts*size)

	t := weightTasks.get()
	*t = weightTask{Convolution: c, image: image, maps: maps, rows: rows, parts: parts, span: c.convolve.rows.span()}
	parallel(parts, 1, t)
	*t = weightTask{}
	weightTasks.put(t)

	for part := 1; part < parts; part++ {
		Add(c.parts[:size], c.parts[:size], c.parts[part*size:][:size])
	}
	switch taps := c.Weights() / c.Maps.Channels; {
	case c.narrow():
		transposed(taps, c.Maps.Channels, c.parts, c.Maps.Channels, weights, taps)
		return
	case c.convolve.direct:
		copy(weights, c.parts)
		return
	}
	clear(weights)
	p := packTasks.get()
	*p = packTask{&c.convolve, weights, c.parts, true}
	parallel(c.Maps.Channels, 1, p)
	*p = packTask{}
	packTasks.put(p)
}

// gradientParts is the number of parts that a gradient is summed in.
func (c *Convolution) gradientParts(batch int) int {
	return max(1, min(gradientParts, c.Maps.Blocks(batch)*c.Maps.Height, gradientRoom/max(1, c.convolve.size())))
}

// ConvolveWork is the number of values that Convolve keeps as work space.
func (c *Convolution) ConvolveWork() int { return c.convolve.work() }

// SpreadWork is the number of values that Spread keeps as work space.
func (c *Convolution) SpreadWork() int { return c.spread.work() }

// GradientWork is the number of values that Gradient keeps as work space for
// the given number of images.
func (c *Convolution) GradientWork(batch int) int {
	return c.gradientParts(batch) * c.convolve.size()
}

// narrow reports whether a filter reads so few values of a row of images that
// they would fill only a small part of a register. Then the registers hold
// filters instead, and sums are taps×F instead of F×taps.
func (c *Convolution) narrow() bool {
	const register = 16
	numbers := c.Kernel.Width * c.Small.Channels
	return c.convolve.direct && numbers < register && numbers < c.Maps.Channels
}

// weightTask computes parts of a gradient of combined weights.
type weightTask struct {
	*Convolution
	image, maps []float32
	rows, parts int
	span        int // number of rows of an image that a row of the maps reads
}

var weightTasks freeList[weightTask]

// window is the work space of a goroutine. It holds the rows of a block's
// images that are being read, transposed: one row for each image, pixel by
// pixel, in a ring of as many rows as are read at once. In a narrow convolution
// it holds a row of the maps.
type window struct {
	values []float32
	holds  []int // row and block that each place holds
	runs   []int // of a tile, see gemmRuns
}

var windows freeList[window]

func (t *weightTask) run(lo, hi int) {
	w := windows.get()
	for part := lo; part < hi; part++ {
		w.holds = w.holds[:0]
		for range t.span {
			w.holds = append(w.holds, -1)
		}
		size := t.convolve.size()
		sum := t.Convolution.parts[part*size:][:size]
		clear(sum)
		for row := t.rows * part / t.parts; row < t.rows*(part+1)/t.parts; row++ {
			t.row(w, row/t.Maps.Height, row%t.Maps.Height, sum)
		}
	}
	windows.put(w)
}

// row adds the products of one row of the maps of a block.
func (t *weightTask) row(w *window, block, y int, sum []float32) {
	m := &t.convolve
	down := m.rows.points[y]
	dz := t.maps[(block*t.Maps.Height+y)*t.Maps.Width*t.Maps.Pixel():]
	if t.narrow() {
		t.narrowRow(w, block, down, dz, sum)
		return
	}
	for _, r := range down.runs {
		for i := range r.count {
			turned := t.turned(w, block, r.input+i)
			for _, g := range t.alike {
				offset, taps, length := m.at(down, point{phase: g.phase})
				to := sum[offset+((r.tap+i)*taps+g.tap)*t.Small.Channels:]
				addRuns(t.Maps.Channels, g.count*t.Small.Channels, g.runs, dz, t.Maps.Lanes, turned, turnedStride(t.Small), to, length)
			}
		}
	}
}

// narrowRow is row for a narrow convolution.
func (t *weightTask) narrowRow(w *window, block int, down point, dz, sum []float32) {
	stride := turnedStride(t.Maps)
	w.values = grow(w.values, t.Maps.Lanes*stride)
	transposed(t.Maps.Width*t.Maps.Channels, t.Maps.Lanes, dz, t.Maps.Lanes, w.values, stride)
	for _, r := range down.runs {
		for i := range r.count {
			pixels := t.image[(block*t.Small.Height+r.input+i)*t.Small.Width*t.Small.Pixel():]
			for _, g := range t.alike {
				first := ((r.tap+i)*t.Kernel.Width + g.tap) * t.Small.Channels
				addRuns(g.count*t.Small.Channels, t.Maps.Channels, g.runs, pixels, t.Maps.Lanes, w.values, stride, sum[first*t.Maps.Channels:], t.Maps.Channels)
			}
		}
	}
}

// addRuns adds a sum of products to C (rows×columns), see gemmRuns.
func addRuns(rows, columns int, runs []int, a []float32, aRow int, b []float32, bStep int, c []float32, cRow int) {
	tiles := ceil(rows, len(active.gemmRuns)-1)
	for j := 0; j < columns; j += active.gemmColumns {
		for tile := range tiles {
			lo, hi := rows*tile/tiles, rows*(tile+1)/tiles
			active.gemmRuns[hi-lo](min(active.gemmColumns, columns-j), runs, a[lo*aRow:], aRow, b[j:], bStep, nil, 1, c[lo*cRow+j:], cRow)
		}
	}
}

// alike are positions along a row of the maps that read equally many inputs
// through the same combined taps.
type alike struct {
	phase, tap, count int
	runs              []int // see gemmRuns; the offsets of each position and of its inputs
}

// group lists the groups of positions.
func (c *Convolution) group() (groups []alike) {
	for x, p := range c.convolve.columns.points {
		for _, q := range p.runs {
			same := func(g alike) bool { return g.phase == p.phase && g.tap == q.tap && g.count == q.count }
			at := slices.IndexFunc(groups, same)
			if at < 0 {
				at, groups = len(groups), append(groups, alike{phase: p.phase, tap: q.tap, count: q.count})
			}
			a, b := x*c.Maps.Pixel(), q.input*c.Small.Channels
			if c.narrow() {
				a, b = q.input*c.Small.Pixel(), x*c.Maps.Channels
			}
			groups[at].runs = append(groups[at].runs, a, b, c.Maps.Lanes)
		}
	}
	return groups
}

// turnedStride is the distance between the images of a transposed row. It is
// not a multiple of a large power of two, which would map a column to few cache
// sets.
func turnedStride(s Images) int { return ceil(s.Width*s.Channels, 32)*32 + 16 }

// turned returns row y of a block's images, transposed.
func (t *weightTask) turned(w *window, block, y int) []float32 {
	place, row, stride := y%t.span, block*t.Small.Height+y, turnedStride(t.Small)
	w.values = grow(w.values, t.span*t.Small.Lanes*stride)
	to := w.values[place*t.Small.Lanes*stride:][:t.Small.Lanes*stride]
	if w.holds[place] != row {
		w.holds[place] = row
		length := t.Small.Width * t.Small.Pixel()
		transposed(t.Small.Width*t.Small.Channels, t.Small.Lanes, t.image[row*length:][:length], t.Small.Lanes, to, stride)
	}
	return to
}
