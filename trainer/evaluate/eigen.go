package evaluate

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"
)

// eigenOf returns the eigenvalues of a symmetric matrix, smallest first, and,
// where they are asked for, its eigenvectors as columns.
func eigenOf(ctx context.Context, m *mat.SymDense, vectors bool) (values []float64, columns *mat.Dense, err error) {
	eigen, err := await(ctx, func() *mat.EigenSym {
		eigen := new(mat.EigenSym)
		if !eigen.Factorize(m, vectors) {
			return nil
		}
		return eigen
	})
	if err != nil {
		return nil, nil, err
	}
	if eigen == nil {
		return nil, nil, fmt.Errorf("%w: the eigenvalues of a covariance of %d×%d do not converge", ErrInput, m.SymmetricDim(), m.SymmetricDim())
	}
	if vectors {
		columns = new(mat.Dense)
		eigen.VectorsTo(columns)
	}
	return eigen.Values(nil), columns, nil
}

// await returns what f returns, unless the context ends before: then f, a call of
// a library that cannot be cancelled, goes on in the background and its result is
// dropped. So f must own what it writes to.
func await[T any](ctx context.Context, f func() T) (result T, err error) {
	done := make(chan T, 1)
	go func() { done <- f() }()
	select {
	case result = <-done:
		return result, nil
	case <-ctx.Done():
		return result, ctx.Err()
	}
}
