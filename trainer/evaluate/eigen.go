package evaluate

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"
)

// eigenOf returns the eigenvalues of a symmetric matrix, smallest first, and,
// if vectors is set, its eigenvectors as columns.
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

// await returns the result of f, or the error of the context if that ends first. f is a
// library call that cannot be cancelled. It then continues in the background, and its
// result is discarded. Therefore f must not write to memory that others use.
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
