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

	total := totalTasks.get()
	*total = totalTask{parts: c.parts, size: size, step: 1 << 12, weights: weights}
	switch {
	case c.turnsMaps():
		total.columns, total.step = c.Maps.Channels, active.transposeRows*c.Maps.Channels
	case !c.convolve.direct:
		total.weights = nil
	}
	parallel(ceil(size, total.step), ceil(lightGrain, parts*total.step), total)
	*total = totalTask{}
	totalTasks.put(total)
	if c.convolve.direct {
		return
	}
	clear(weights)
	p := packTasks.get()
	*p = packTask{&c.convolve, weights, c.parts, true}
	parallel(c.Maps.Channels, 1, p)
	*p = packTask{}
	packTasks.put(p)
}

// totalTask adds the parts of a gradient in order, some values at a time, and
// copies the sums to the weights. With columns > 0 it transposes them, and a
// step is that many columns of some rows.
type totalTask struct {
	parts               []float32 // of size values each
	size, step, columns int
	weights             []float32 // nil: the sums stay in the first part
}

var totalTasks freeList[totalTask]

func (t *totalTask) run(lo, hi int) {
	for at := lo * t.step; at < min(hi*t.step, t.size); at += t.step {
		n := min(t.step, t.size-at)
		sum := t.parts[at:][:n]
		for part := t.size; part < len(t.parts); part += t.size {
			active.add(sum, sum, t.parts[part+at:][:n])
		}
		switch {
		case t.weights == nil:
		case t.columns > 0:
			active.transpose(n/t.columns, t.columns, sum, t.columns, t.weights[at/t.columns:], t.size/t.columns)
		default:
			copy(t.weights[at:], sum)
		}
	}
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

// turnsMaps reports whether rows of the maps are transposed instead of rows of
// the images. Then the registers hold filters, and sums are taps×F instead of
// F×taps. It is so if a filter reads so few values of a row that they would fill
// only a small part of a register, or if the maps are smaller. The bits are the
// same unless a tile has few rows, see chainsOf in generate/gemm.
func (c *Convolution) turnsMaps() bool {
	const register = 16
	if !c.convolve.direct {
		return false
	}
	numbers := c.Kernel.Width * c.Small.Channels
	if numbers < register && numbers < c.Maps.Channels {
		return true
	}
	return min(c.Small.Channels, c.Maps.Channels) >= register && c.Maps.Values() < c.Small.Values()
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
// pixel, in a ring of as many rows as are read at once. Or it holds a row of the
// maps, see turnsMaps.
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
	if t.turnsMaps() {
		t.filterRow(w, block, down, dz, sum)
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

// filterRow is row with transposed maps.
func (t *weightTask) filterRow(w *window, block int, down point, dz, sum []float32) {
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
			if c.turnsMaps() {
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
