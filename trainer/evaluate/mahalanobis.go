package evaluate

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"
)

// Mahalanobis measures the distance of points from the mean of a sample, in units of its
// standard deviation along each direction,
//
//	√((x − m)ᵀ·S⁻¹·(x − m)).
type Mahalanobis struct {
	mean   []float64    // D
	factor mat.TriDense // D×D, the lower Cholesky factor L of S = L·Lᵀ
}

// LeastRidge is a ridge that changes the distances only in directions in which the sample
// does not vary, where they would be infinite.
const LeastRidge = 1e-6

// NewMahalanobis measures the mean and the covariance of a sample (N×D, N ≥ 2). The ridge
// is added to the diagonal of the covariance, as a share of its mean variance. Errors wrap
// ErrInput or are those of the context.
func NewMahalanobis(ctx context.Context, sample Matrix, share float64) (*Mahalanobis, error) {
	if err := sample.check(); err != nil {
		return nil, err
	}
	if err := fits("the covariance", sample.Columns, 8); err != nil {
		return nil, err
	}
	mean, covariance, err := Moments(ctx, sample)
	if err != nil {
		return nil, err
	}
	m := &Mahalanobis{mean: mean}
	ridge := share * mat.Trace(covariance) / float64(sample.Columns)
	if ridge == 0 {
		return nil, fmt.Errorf("%w: all points of the sample are equal, so distances have no unit", ErrInput)
	}
	for d := range sample.Columns {
		covariance.SetSym(d, d, covariance.At(d, d)+ridge)
	}
	var cholesky mat.Cholesky
	if !cholesky.Factorize(covariance) {
		return nil, fmt.Errorf("%w: the covariance of the sample has no inverse", ErrInput)
	}
	cholesky.LTo(&m.factor)
	return m, nil
}

// Whitening returns the mean m (D) and L⁻¹ (D×D, row-major): the distance of a point x is
// the norm of L⁻¹·(x − m).
func (m *Mahalanobis) Whitening() (mean, whitening []float64) {
	size := len(m.mean)
	whitening = make([]float64, 0, size*size)
	var inverse mat.TriDense
	_ = inverse.InverseTri(&m.factor) // the error warns of a large condition number
	for i := range size {
		for j := range size {
			whitening = append(whitening, inverse.At(i, j))
		}
	}
	return m.mean, whitening
}

// Distances returns the distance of each point (x: N×D). Errors wrap ErrInput or are those
// of the context.
func (m *Mahalanobis) Distances(ctx context.Context, x Matrix) ([]float64, error) {
	if x.Columns != len(m.mean) {
		return nil, fmt.Errorf("%w: points of %d values, but the sample has %d", ErrInput, x.Columns, len(m.mean))
	}
	distances := make([]float64, x.Rows)
	for first, block := range x.blocks() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		parallel(block.Rows, 16, func(from, to int) {
			white := blas64.Vector{N: x.Columns, Inc: 1, Data: make([]float64, x.Columns)}
			for i := from; i < to; i++ {
				for d, v := range block.Row(i) {
					white.Data[d] = float64(v) - m.mean[d]
				}
				blas64.Trsv(blas.NoTrans, m.factor.RawTriangular(), white) // L⁻¹·(x − m)
				distances[first+i] = blas64.Nrm2(white)
			}
		})
	}
	return distances, nil
}
