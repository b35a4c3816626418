// Package evaluate measures representations and samples: principal components,
// probes, clusterings, likelihoods, posteriors and distances between samples. Its
// functions are pure. They take plain matrices and labels, and do not depend on runs.
//
// Shapes are given by letter: N observations (rows) of D values, codes N×L, C
// classes, K clusters. Products are computed in float32 by the kernels, and sums over
// observations in float64. Results are bit-identical for any GOMAXPROCS, all random
// numbers depend on a seed, and memory grows with N, never with N², except that of an SVM, for
// which N is at most MaxSVM.
package evaluate

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"slices"

	"gaetrain/graph/kernel"
	"gaetrain/loaders"
)

// ErrInput is wrapped by every error about the input of a measure: shapes that do not
// match, values that are not finite, impossible numbers of components, neighbours or
// clusters.
var ErrInput = errors.New("input")

// Matrix is an N×D matrix, row-major. The zero value has no rows.
type Matrix struct {
	Rows, Columns int
	Values        []float32 // N·D
}

// NewMatrix returns the matrix N×columns of values, whose memory it shares. An
// incomplete last row is omitted.
func NewMatrix(values []float32, columns int) Matrix {
	rows := len(values) / max(columns, 1)
	return Matrix{rows, columns, values[:rows*columns]}
}

// Pixels returns the images of a split as a matrix N×D with values in [0, 1].
// Pairs of frames are those of the first epoch. Errors are those of the store.
func Pixels(split loaders.Split) (Matrix, error) {
	m := newMatrix(split.Len(), split.Shape.Size())
	for i := range m.Rows {
		if err := split.Read(m.Row(i), i, 0); err != nil {
			return Matrix{}, err
		}
	}
	return m, nil
}

// Row returns row i, shared with the matrix.
func (m Matrix) Row(i int) []float32 { return m.Slice(i, i+1).Values }

// Slice returns the rows [from, to), shared with the matrix.
func (m Matrix) Slice(from, to int) Matrix {
	return Matrix{to - from, m.Columns, m.Values[from*m.Columns : to*m.Columns]}
}

// Select returns the rows of the given indices, in that order. It does not
// share memory with m.
func (m Matrix) Select(rows []int) Matrix {
	out := Matrix{Rows: len(rows), Columns: m.Columns, Values: make([]float32, 0, len(rows)*m.Columns)}
	for _, i := range rows {
		out.Values = append(out.Values, m.Row(i)...)
	}
	return out
}

func newMatrix(rows, columns int) Matrix {
	return Matrix{rows, columns, make([]float32, rows*columns)}
}

// check returns an error that wraps ErrInput unless the matrix has values, all of them
// finite.
func (m Matrix) check() error {
	if err := checkSize(m.Rows, m.Columns); err != nil {
		return err
	}
	switch {
	case len(m.Values) != m.Rows*m.Columns:
		return fmt.Errorf("%w: %d values do not fill a matrix of %d×%d", ErrInput, len(m.Values), m.Rows, m.Columns)
	case !kernel.Finite(m.Values):
		return fmt.Errorf("%w: a matrix of %d×%d holds NaN or Inf", ErrInput, m.Rows, m.Columns)
	}
	return nil
}

func checkSize(rows, columns int) error {
	if rows < 1 || columns < 1 {
		return fmt.Errorf("%w: a matrix of %d×%d has no values", ErrInput, rows, columns)
	}
	return nil
}

// mean returns the mean row.
func (m Matrix) mean() []float64 {
	mean, _ := meanRow(context.Background(), m) // the only error of a matrix is that of the context
	return mean
}

// minus writes x − mean into dst, which has the shape of x.
func (m Matrix) minus(x Matrix, mean []float64) {
	parallel(x.Rows, 16, func(from, to int) {
		for i := from; i < to; i++ {
			row := m.Row(i)
			for j, v := range x.Row(i) {
				row[j] = float32(float64(v) - mean[j])
			}
		}
	})
}

// squaredDistance returns ‖x − y‖².
func squaredDistance(x, y []float32) (sum float64) {
	y = y[:len(x)]
	for j, v := range x {
		difference := float64(v) - float64(y[j])
		sum += difference * difference
	}
	return sum
}

// blockRows is the number of rows of a matrix in one product. The products stay in the
// cache. Sums are in float32 within a block, and in float64 over blocks.
const blockRows = 256

// blocks yields the matrix block by block, with the index of the first row.
func (m Matrix) blocks() iter.Seq2[int, Matrix] {
	return func(yield func(int, Matrix) bool) {
		for from := 0; from < m.Rows; from += blockRows {
			if !yield(from, m.Slice(from, min(from+blockRows, m.Rows))) {
				return
			}
		}
	}
}

// parallel calls work on parts [from, to) of [0, n) at the same time. The parts are
// multiples of grain. work must write only to the results of its part. If it panics,
// parallel panics with the same value, so that the caller can recover.
func parallel(n, grain int, work func(from, to int)) {
	parts := (n + grain - 1) / grain
	threads := min(runtime.GOMAXPROCS(0), parts)
	_ = kernel.Each(context.Background(), threads, kernel.Stateless, func(_ struct{}, thread int) {
		work(thread*parts/threads*grain, min((thread+1)*parts/threads*grain, n))
	}) // the only error is that of the context
}

// checkLabels returns the number of classes C, which is the largest label plus one. It
// returns an error unless each row of x has a label.
func checkLabels(x Matrix, labels []loaders.Label) (int, error) {
	if len(labels) != x.Rows {
		return 0, fmt.Errorf("%w: %d labels for %d rows", ErrInput, len(labels), x.Rows)
	}
	return int(slices.Max(labels)) + 1, nil
}
