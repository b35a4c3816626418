// Package evaluate measures representations: principal components, probes,
// clusterings. Its functions are pure: they work on plain matrices and labels
// and know no run.
//
// Shapes are given by letter: N observations (rows) of D values, codes N×L, C
// classes, K clusters. Products are float32 on the kernels, sums over
// observations float64. Results are bit-identical for any GOMAXPROCS, whatever
// is random comes from a seed, and memory grows with N, never with N².
package evaluate

import (
	"errors"
	"fmt"
	"runtime"
	"sync"

	"gaetrain/graph/kernel"
	"gaetrain/loaders"
)

// ErrInput is wrapped by every error about what a measure is given: shapes that
// do not match, values that are not finite, impossible numbers of components,
// neighbours or clusters.
var ErrInput = errors.New("input")

// Matrix is an N×D matrix, row-major. The zero value has no rows.
type Matrix struct {
	Rows, Columns int
	Values        []float32 // N·D
}

// NewMatrix returns the matrix N×columns of values, whose memory it shares. An
// incomplete last row is left out.
func NewMatrix(values []float32, columns int) Matrix {
	rows := len(values) / max(columns, 1)
	return Matrix{rows, columns, values[:rows*columns]}
}

// Pixels returns the images of a split as a matrix N×D with values in [0, 1].
func Pixels(split loaders.Split) Matrix {
	values := make([]float32, len(split.Images))
	kernel.ScaleBytes(values, split.Images)
	return NewMatrix(values, split.Shape.Size())
}

// Row returns row i, shared with the matrix.
func (m Matrix) Row(i int) []float32 { return m.Slice(i, i+1).Values }

// Slice returns the rows [from, to), shared with the matrix.
func (m Matrix) Slice(from, to int) Matrix {
	return Matrix{to - from, m.Columns, m.Values[from*m.Columns : to*m.Columns]}
}

func newMatrix(rows, columns int) Matrix {
	return Matrix{rows, columns, make([]float32, rows*columns)}
}

// check makes sure that there is something to measure and that all of it is
// finite.
func (m Matrix) check() error {
	switch {
	case m.Rows < 1 || m.Columns < 1:
		return fmt.Errorf("%w: a matrix of %d×%d has no values", ErrInput, m.Rows, m.Columns)
	case len(m.Values) != m.Rows*m.Columns:
		return fmt.Errorf("%w: %d values are no matrix of %d×%d", ErrInput, len(m.Values), m.Rows, m.Columns)
	case !kernel.Finite(m.Values):
		return fmt.Errorf("%w: a matrix of %d×%d holds NaN or Inf", ErrInput, m.Rows, m.Columns)
	}
	return nil
}

// mean returns the mean row.
func (m Matrix) mean() []float64 {
	mean := make([]float64, m.Columns)
	for i := range m.Rows {
		for j, v := range m.Row(i) {
			mean[j] += float64(v)
		}
	}
	for j := range mean {
		mean[j] /= float64(m.Rows)
	}
	return mean
}

// minus writes x − mean into dst, which has the shape of x.
func (m Matrix) minus(x Matrix, mean []float64) {
	for i := range x.Rows {
		row := m.Row(i)
		for j, v := range x.Row(i) {
			row[j] = float32(float64(v) - mean[j])
		}
	}
}

// blockRows is the number of rows of a matrix worked on at once: their products
// stay in the cache.
const blockRows = 256

// parallel calls work on blocks [from, to) of the rows [0, n), several at once.
// A block must write nothing but what belongs to its rows. Blocks do not depend
// on the number of threads.
func parallel(n int, work func(from, to int)) {
	blocks := (n + blockRows - 1) / blockRows
	threads := min(runtime.GOMAXPROCS(0), blocks)
	var group sync.WaitGroup
	for thread := range threads {
		group.Go(func() {
			for b := thread; b < blocks; b += threads {
				work(b*blockRows, min((b+1)*blockRows, n))
			}
		})
	}
	group.Wait()
}
