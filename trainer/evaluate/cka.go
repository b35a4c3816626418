package evaluate

import (
	"fmt"
	"math"

	"gaetrain/graph/kernel"
)

// CKA is the linear centred kernel alignment of two representations of the same N items
// (Kornblith et al. 2019),
//
//	‖Yᵀ·X‖² / (‖Xᵀ·X‖·‖Yᵀ·Y‖)
//
// with centred columns and Frobenius norms. It is 1 for representations that are equal up
// to a rotation and a scale, and near 0 for unrelated ones if N is much larger than D. It
// is not a number if a representation is constant. Products are float32. Errors wrap
// ErrInput (x: N×D, y: N×E).
func CKA(x, y Matrix) (float64, error) {
	for _, m := range []Matrix{x, y} {
		if err := m.check(); err != nil {
			return 0, err
		}
	}
	if x.Rows != y.Rows {
		return 0, fmt.Errorf("%w: representations of %d and of %d items", ErrInput, x.Rows, y.Rows)
	}
	x, y = x.unit(), y.unit()
	return squaredProduct(x, y) / math.Sqrt(squaredProduct(x, x)*squaredProduct(y, y)), nil
}

// unit returns the matrix with centred columns, scaled to a mean square of 1.
func (m Matrix) unit() Matrix {
	centred := newMatrix(m.Rows, m.Columns)
	centred.minus(m, m.mean())
	var sum float64
	for _, v := range centred.Values {
		sum += float64(v) * float64(v)
	}
	if scale := math.Sqrt(float64(len(centred.Values)) / sum); sum > 0 {
		for i, v := range centred.Values {
			centred.Values[i] = float32(scale * float64(v))
		}
	}
	return centred
}

// squaredProduct is ‖xᵀ·y‖² / N².
func squaredProduct(x, y Matrix) (sum float64) {
	product := make([]float32, x.Columns*y.Columns)
	kernel.Gemm(true, false, x.Columns, y.Columns, x.Rows, 1/float32(x.Rows), x.Values, x.Columns, y.Values, y.Columns, 0, product, y.Columns)
	for _, v := range product {
		sum += float64(v) * float64(v)
	}
	return sum
}
