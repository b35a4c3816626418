package evaluate

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// Frechet is the squared Fréchet distance between the Gaussians that have the
// moments of two samples of the same D features (Dowson & Landau 1982),
//
//	‖m_x − m_y‖² + tr(S_x + S_y − 2(S_x·S_y)^½).
//
// Square roots are computed for symmetric matrices, by eigenvalues in float64:
// tr (S_x·S_y)^½ = tr (S_x^½·S_y·S_x^½)^½. The distance is 0 for equal moments, whatever
// else differs. With fewer rows, its estimate is larger on average. Errors
// wrap ErrInput or are those of the context.
func Frechet(ctx context.Context, x, y Matrix) (float64, error) {
	if err := alike(x, y); err != nil {
		return 0, err
	}
	if err := fits("the Fréchet distance", x.Columns, 8); err != nil {
		return 0, err
	}
	meanX, covarianceX, err := Moments(ctx, x)
	if err != nil {
		return 0, err
	}
	meanY, covarianceY, err := Moments(ctx, y)
	if err != nil {
		return 0, err
	}
	distance := mat.Trace(covarianceX) + mat.Trace(covarianceY)
	for d, v := range meanX {
		distance += (v - meanY[d]) * (v - meanY[d])
	}
	root, err := squareRoot(ctx, covarianceX)
	if err != nil {
		return 0, err
	}
	var product mat.Dense
	product.Mul(root, covarianceY)
	product.Mul(&product, root)
	symmetric := mat.NewSymDense(x.Columns, nil)
	for i := range x.Columns {
		for j := i; j < x.Columns; j++ {
			symmetric.SetSym(i, j, (product.At(i, j)+product.At(j, i))/2)
		}
	}
	values, _, err := eigenOf(ctx, symmetric, false)
	if err != nil {
		return 0, err
	}
	for _, v := range values {
		distance -= 2 * math.Sqrt(max(v, 0))
	}
	return max(distance, 0), nil
}

// UncertainFrechet returns the Fréchet distance of two samples and its uncertainty.
func UncertainFrechet(ctx context.Context, b Bootstrap, x, y Matrix) (float64, Uncertainty, error) {
	distance, err := Frechet(ctx, x, y)
	if err != nil {
		return 0, Uncertainty{}, err
	}
	u, err := b.Of(ctx, distance, func(weights [][]int) (float64, error) {
		return Frechet(ctx, x.repeated(weights[0]), y.repeated(weights[1]))
	}, x.Rows, y.Rows)
	return distance, u, err
}

// repeated returns row i of a matrix weights[i] times.
func (m Matrix) repeated(weights []int) Matrix {
	rows := make([]int, 0, m.Rows)
	for i, w := range weights {
		for range w {
			rows = append(rows, i)
		}
	}
	return m.Select(rows)
}

// squareRoot is the symmetric square root of a covariance.
func squareRoot(ctx context.Context, covariance *mat.SymDense) (*mat.Dense, error) {
	values, vectors, err := eigenOf(ctx, covariance, true)
	if err != nil {
		return nil, err
	}
	var scaled, root mat.Dense
	scaled.Apply(func(_, j int, v float64) float64 { return v * math.Sqrt(max(values[j], 0)) }, vectors)
	root.Mul(&scaled, vectors.T())
	return &root, nil
}

// alike returns an error that wraps ErrInput unless two samples can be compared.
func alike(x, y Matrix) error {
	for _, m := range []Matrix{x, y} {
		if err := m.check(); err != nil {
			return err
		}
		if m.Rows < 2 {
			return fmt.Errorf("%w: a sample of %d rows; hint: at least 2", ErrInput, m.Rows)
		}
	}
	if x.Columns != y.Columns {
		return fmt.Errorf("%w: samples with %d and with %d values per row", ErrInput, x.Columns, y.Columns)
	}
	return nil
}
