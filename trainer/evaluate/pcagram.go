package evaluate

import (
	"context"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"gaetrain/graph/kernel"
)

// leastVariance is the share of the variance of the first component below which the
// products of rows do not determine a direction.
const leastVariance = 1e-9

// fewRows finds the components of fewer rows than columns (x: N×D) by the products of the
// rows (Turk & Pentland 1991). The eigenvectors v of (x − mean)·(x − mean)ᵀ, which is N×N,
// have the eigenvalues of the covariance, and (x − mean)ᵀ·v are the components. done is
// false if the rows have variance in fewer directions than there are components.
func (p *PCA) fewRows(ctx context.Context, x Observations, components int) (done bool, err error) {
	n, d := x.size()
	if err := fits("a PCA", n, 5); err != nil {
		return false, err
	}
	centred, err := centredRows(ctx, x, p.Mean)
	if err != nil {
		return false, err
	}
	products, err := centred.products(ctx)
	if err != nil {
		return false, err
	}
	values, vectors, err := eigenOf(ctx, products, true) // smallest first
	if err != nil || values[n-components] <= leastVariance*values[n-1] {
		return false, err
	}
	p.Total = mat.Trace(products)
	directions := make([][]float64, components)
	for l := range directions {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		sum := make([]float64, d)
		for i := range n {
			weight := vectors.At(i, n-1-l)
			for j, v := range centred.Row(i) {
				sum[j] += weight * float64(v)
			}
		}
		for _, before := range directions[:l] { // products are rounded to float32
			floats.AddScaled(sum, -floats.Dot(before, sum), before)
		}
		floats.Scale(1/math.Sqrt(floats.Dot(sum, sum)), sum)
		directions[l] = sum
		p.Variance = append(p.Variance, values[n-1-l])
		p.Components.SetCol(l, sum)
	}
	p.orient()
	return true, nil
}

// products returns the inner products of all rows (N×N), divided by N−1.
func (m Matrix) products(ctx context.Context) (*mat.SymDense, error) {
	const width = 256 // columns whose products are added in float32
	n := m.Rows
	sum, part := make([]float64, n*n), make([]float32, n*n)
	for from := 0; from < m.Columns; from += width {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		kernel.Gemm(false, true, n, n, min(width, m.Columns-from), 1, m.Values[from:], m.Columns, m.Values[from:], m.Columns, 0, part, n)
		for i, v := range part {
			sum[i] += float64(v)
		}
	}
	floats.Scale(1/float64(n-1), sum)
	return mat.NewSymDense(n, sum), nil
}

// centredRows returns x − mean as a matrix.
func centredRows(ctx context.Context, x Observations, mean []float64) (Matrix, error) {
	centred := newMatrix(x.size())
	err := x.read(ctx, func(from int, block Matrix) {
		part := centred.Slice(from, from+block.Rows)
		part.minus(block, mean)
	})
	return centred, err
}
