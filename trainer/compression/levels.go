package compression

import (
	"math"
	"slices"
)

// The iteration of Lloyd finds only a local minimum of the squared error. Therefore it
// starts from several sets of levels: equidistant levels between two quantiles p and
// 1 − p, the medians of equally frequent cells, and a grid that contains all values of a
// discrete code.
var startQuantiles = []float64{0, 0.001, 0.01, 0.1}

const (
	maxIterations = 100
	leastGain     = 1e-4 // an iteration that lowers the error by a smaller share is the last one
)

// fit returns the book of a unit with N values in ascending order. It holds the levels
// with the smallest squared error that was found. This error is at most that of
// equidistant levels from the lowest value to the highest.
func fit(values []float32, bits int, table bool) (book []float32) {
	c := newColumn(values, 1<<bits)
	whole := equidistant(c.quantile(0), c.quantile(1), c.levels)
	starts := [][]float64{}
	for _, p := range startQuantiles {
		if low, high := c.quantile(p), c.quantile(1-p); low < high {
			starts = append(starts, equidistant(low, high, c.levels))
		}
	}
	if table {
		starts = append(starts, c.medians())
	} else if grid := c.grid(); grid != nil {
		starts = append(starts, grid)
	}
	book = bookOf(whole, table)
	least := squaredError(values, levels(book, bits, table))
	for _, start := range starts {
		c.lloyd(start, table)
		other := bookOf(start, table)
		all := levels(other, bits, table)
		if e := squaredError(values, all); e < least && possible(all) {
			book, least = other, e
		}
	}
	return book
}

// possible reports whether levels are in ascending order, and far enough from the
// largest float32 that their differences are finite.
func possible(levels []float32) bool {
	const most = math.MaxFloat32 / 2
	return levels[0] >= -most && levels[len(levels)-1] <= most && slices.IsSorted(levels)
}

// equidistant returns n levels from low to high.
func equidistant(low, high float64, n int) []float64 {
	levels := make([]float64, n)
	for s := range levels {
		levels[s] = low + float64(s)*(high-low)/float64(n-1)
	}
	return levels
}

// bookOf returns what a file stores of the levels of one unit.
func bookOf(levels []float64, table bool) (book []float32) {
	if !table {
		return []float32{float32(levels[0]), float32((levels[len(levels)-1] - levels[0]) / float64(len(levels)-1))}
	}
	for _, v := range levels {
		book = append(book, float32(v))
	}
	return book
}

// squaredError sums the squared distances of values, in ascending order, to the
// nearest level.
func squaredError(values, levels []float32) (sum float64) {
	s := 0
	for _, v := range values {
		for s+1 < len(levels) && levels[s+1]-v < v-levels[s] {
			s++
		}
		sum += math.Pow(float64(v)-float64(levels[s]), 2)
	}
	return sum
}

// column holds the values of one unit in ascending order, and sums from which the error
// of a cell of neighbouring values is computed in constant time.
type column struct {
	values       []float32
	mean         float64
	sum, squares []float64 // of the first 0 to N values minus their mean (N+1)
	levels       int
	cells        []cell
}

// cell is the values that are nearest to one level.
type cell struct{ count, mean float64 }

func newColumn(values []float32, levels int) *column {
	c := &column{values: values, sum: []float64{0}, squares: []float64{0}, levels: levels, cells: make([]cell, levels)}
	for _, v := range values {
		c.mean += float64(v) / float64(len(values))
	}
	for i, v := range values {
		d := float64(v) - c.mean
		c.sum, c.squares = append(c.sum, c.sum[i]+d), append(c.squares, c.squares[i]+d*d)
	}
	return c
}

// quantile is the value that is larger than a share p of the values.
func (c *column) quantile(p float64) float64 {
	return float64(c.values[min(int(p*float64(len(c.values))), len(c.values)-1)])
}

// medians returns the medians of cells with equal numbers of values.
func (c *column) medians() []float64 {
	levels := make([]float64, c.levels)
	for s := range levels {
		levels[s] = c.quantile((float64(s) + 0.5) / float64(c.levels))
	}
	return levels
}

// grid returns equidistant levels whose step is the smallest distance between two
// different values. They fit codes that are already discrete. It returns nil if the
// levels do not reach the largest value.
func (c *column) grid() []float64 {
	low, high, gap := c.quantile(0), c.quantile(1), math.Inf(1)
	for i, v := range c.values[1:] {
		if d := float64(v) - float64(c.values[i]); d > 0 {
			gap = min(gap, d)
		}
	}
	reach := gap * float64(c.levels-1)
	if math.IsInf(gap, 1) || reach < (high-low)*(1-1e-6) {
		return nil
	}
	return equidistant(low, low+reach, c.levels)
}

// lloyd improves levels iteratively: it assigns each value to the nearest level, then
// moves the levels to where the values of their cells have the least squared error.
func (c *column) lloyd(levels []float64, table bool) {
	before := math.Inf(1)
	for range maxIterations {
		e := c.divide(levels)
		if e >= (1-leastGain)*before {
			return
		}
		before = e
		if table {
			c.toMeans(levels)
		} else {
			c.toLine(levels)
		}
	}
}

// divide assigns the values to cells, and returns the squared error.
func (c *column) divide(levels []float64) (e float64) {
	first := 0
	for s := range levels {
		end := len(c.values)
		if s+1 < len(levels) {
			border := (levels[s] + levels[s+1]) / 2
			n, _ := slices.BinarySearchFunc(c.values[first:], border, func(v float32, at float64) int {
				if float64(v) < at {
					return -1
				}
				return 1
			})
			end = first + n
		}
		count := float64(end - first)
		sum, squares := c.sum[end]-c.sum[first], c.squares[end]-c.squares[first]
		level := levels[s] - c.mean
		e += squares - 2*level*sum + count*level*level
		c.cells[s] = cell{count, c.mean + sum/max(count, 1)}
		first = end
	}
	return e
}

// toMeans moves each level to the mean of its cell. A level without values stays.
func (c *column) toMeans(levels []float64) {
	for s, cell := range c.cells {
		if cell.count > 0 {
			levels[s] = cell.mean
		}
	}
}

// toLine moves equidistant levels to the least-squares line of the values as a function
// of the indices of their levels.
func (c *column) toLine(levels []float64) {
	var number, product, square float64 // means of s, s·(x − mean of x) and s²
	n := float64(len(c.values))
	for s, cell := range c.cells {
		share := float64(s) * cell.count / n
		number, product, square = number+share, product+share*(cell.mean-c.mean), square+share*float64(s)
	}
	variance := square - number*number
	if variance <= 0 { // all values are in one cell
		return
	}
	step := product / variance
	low := c.mean - step*number
	copy(levels, equidistant(low, low+step*float64(len(levels)-1), len(levels)))
}
