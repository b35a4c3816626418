package evaluate

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"gaetrain/graph/kernel"
)

// Alignment compares the directions of a linear decoder W (D×L) with L principal
// components.
type Alignment struct {
	Angles   []float64  // L: principal angles between the two subspaces in degrees, smallest first (Björck & Golub 1973)
	Cosines  []float64  // L: |cosine| of the angle between component l and left singular vector l
	Singular []float64  // L: singular values of W, largest first
	Vectors  *mat.Dense // D×L: left singular vectors of W in that order, with the sign that makes the product with the component positive
}

// Align compares the decoder of a linear autoencoder with the components. With the
// squared error alone, W can be any basis of their subspace. With an L2 penalty of both
// layers, the left singular vectors of W are the components themselves, in order
// (Plaut 2018, arXiv:1804.10253; Kunin 2019, arXiv:1901.08168). Errors wrap
// ErrInput or are those of the context.
func (p *PCA) Align(ctx context.Context, w *mat.Dense) (*Alignment, error) {
	d, l := p.Components.Dims()
	if rows, columns := w.Dims(); rows != d || columns != l {
		return nil, fmt.Errorf("%w: a decoder of %d×%d for components of %d×%d", ErrInput, rows, columns, d, l)
	}
	var left, between mat.SVD
	if converged, err := await(ctx, func() bool { return left.Factorize(w, mat.SVDThin) }); err != nil {
		return nil, err
	} else if !converged {
		return nil, fmt.Errorf("%w: the singular values of a decoder of %d×%d do not converge", ErrInput, d, l)
	}
	a := &Alignment{Singular: left.Values(nil), Vectors: new(mat.Dense)}
	left.UTo(a.Vectors)
	var products mat.Dense // L×L: inner products of components and vectors
	products.Mul(p.Components.T(), a.Vectors)
	if converged, err := await(ctx, func() bool { return between.Factorize(&products, mat.SVDNone) }); err != nil {
		return nil, err
	} else if !converged {
		return nil, fmt.Errorf("%w: the angles between subspaces of %d×%d do not converge", ErrInput, d, l)
	}
	for i, cosine := range between.Values(nil) {
		a.Angles = append(a.Angles, math.Acos(min(cosine, 1))*180/math.Pi)
		a.Cosines = append(a.Cosines, min(math.Abs(products.At(i, i)), 1))
		if products.At(i, i) < 0 {
			column := a.Vectors.ColView(i).(*mat.VecDense)
			column.ScaleVec(-1, column)
		}
	}
	return a, nil
}

// Errors returns the squared error per value of x (N×D) if it is reconstructed by the
// mean alone, and by the mean and the L components. Errors are those of the store of images
// or of ctx.
func (p *PCA) Errors(ctx context.Context, x Observations) (mean, components float64, err error) {
	rows, columns := x.size()
	centred := newMatrix(min(blockRows, rows), columns)
	err = x.read(ctx, func(_ int, block Matrix) {
		centred.minus(block, p.Mean)
		mean += kernel.SumSquares(centred.Values[:len(block.Values)])
		for i, v := range p.Inverse(p.Transform(block)).Values {
			difference := float64(v) - float64(block.Values[i])
			components += difference * difference
		}
	})
	n := float64(rows) * float64(columns)
	return mean / n, components / n, err
}
