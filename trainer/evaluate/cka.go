package evaluate

import (
	"fmt"
	"math"

	"gaetrain/graph/kernel"
)

// CKA is the linear centred kernel alignment of each two of K representations of the same N
// items (K×K; Kornblith et al. 2019). Of X (N×D) and Y (N×E) it is
//
//	‖Yᵀ·X‖² / (‖Xᵀ·X‖·‖Yᵀ·Y‖)
//
// with centred columns and Frobenius norms. It is 1 for representations that are equal up
// to a rotation and a scale, and near 0 for unrelated ones if N is much larger than D. It
// is not a number if a representation is constant. Products are float32. Errors wrap
// ErrInput.
func CKA(all ...Matrix) ([][]float64, error) {
	units, squares, result := make([]Matrix, len(all)), make([]float64, len(all)), make([][]float64, len(all))
	for i, m := range all {
		if err := m.check(); err != nil {
			return nil, err
		}
		if m.Rows != all[0].Rows {
			return nil, fmt.Errorf("%w: representations of %d and of %d items", ErrInput, all[0].Rows, m.Rows)
		}
		units[i], result[i] = m.unit(), make([]float64, len(all))
		squares[i] = squaredProduct(units[i], units[i])
	}
	for i, x := range units {
		for j := range i {
			v := squaredProduct(units[j], x) / math.Sqrt(squares[i]*squares[j])
			result[i][j], result[j][i] = v, v
		}
		result[i][i] = squares[i] / math.Sqrt(squares[i]*squares[i])
	}
	return result, nil
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
