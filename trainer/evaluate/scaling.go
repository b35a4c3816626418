package evaluate

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"gaetrain/graph/kernel"
)

// scaling are the coordinates V = U·w and a = s·(b + m·w) of the weights w (D) and
// the bias b of one class of a logistic regression. They diagonalise the part of
// the Hessian that belongs to this class: with q = p(c|x)·(1 − p(c|x)), UᵀU is the
// covariance of the features weighted by q plus l2·I, m their mean weighted by q,
// and s² the mean of q. L-BFGS needs fewer iterations in such coordinates.
type scaling struct {
	mean      []float64         // m
	factor    blas64.Triangular // U
	deviation float64           // s
}

// Limits of the cost of scalings.
const (
	scalingRows   = 6000    // observations that the scaling of each class is estimated from
	scalingValues = 1 << 25 // values of the matrices U of all classes; above it, all classes share the scaling at zero
)

// whiten makes the scaling of all classes at zero, where p(c|x) = 1/C.
func (p *logisticProblem) whiten(ctx context.Context) (err error) {
	q := (1 - 1/float64(p.classes)) / float64(p.classes)
	if p.classes == 1 { // the loss has no curvature, so any scaling can be used
		q = 0.25
	}
	p.whitening, err = p.scale(ctx, p.x, slices.Repeat([]float64{q}, p.x.Rows))
	p.scalings = slices.Repeat([]scaling{p.whitening}, p.classes)
	return err
}

// rescales reports whether each class gets its own scaling. For fewer observations than
// values, iterations take less time than the scalings.
func (p *logisticProblem) rescales() bool {
	return p.x.Rows >= p.x.Columns && p.classes*p.x.Columns*p.x.Columns <= scalingValues
}

// rescale makes the scalings at the present weights, from a random part of the
// observations. The part affects the number of iterations, not the minimum.
func (p *logisticProblem) rescale(ctx context.Context) error {
	if !p.rescales() {
		return nil
	}
	d, classes, part := p.x.Columns, p.classes, p.x
	if p.x.Rows > scalingRows {
		part = newMatrix(scalingRows, d)
		for i, row := range rand.New(rand.NewPCG(1, 1)).Perm(p.x.Rows)[:scalingRows] {
			copy(part.Row(i), p.x.Row(row))
		}
	}
	fit := LogisticRegression{Classes: classes, Weights: p.weights32, Bias: p.bias32}
	logits := fit.Logits(part)
	curvature := make([]float64, part.Rows)
	for c := range classes {
		for i := range curvature {
			curvature[i] = softmaxCurvature(logits.Row(i), c)
		}
		switch s, err := p.scale(ctx, part, curvature); {
		case ctx.Err() != nil:
			return ctx.Err()
		case err == nil: // otherwise the class keeps its scaling: with few observations near its border, U is singular
			p.scalings[c] = s
		}
	}
	p.at = p.at[:0]
	return nil
}

// softmaxCurvature is p·(1 − p) of the probability p of class c.
func softmaxCurvature(logits []float32, c int) float64 {
	var others float64 // Σ over the other classes of p(other)/p
	for k, z := range logits {
		if k != c {
			others += math.Exp(float64(z - logits[c]))
		}
	}
	if math.IsInf(others, 1) {
		return 0
	}
	return others / (1 + others) / (1 + others)
}

// scale makes the scaling for observations x (N×D) with the curvatures q (N).
func (p *logisticProblem) scale(ctx context.Context, x Matrix, q []float64) (scaling, error) {
	d, total := x.Columns, floats.Sum(q)+1e-30
	s := scaling{mean: make([]float64, d), deviation: math.Sqrt(total/float64(x.Rows) + 1e-6)}
	for i, weight := range q {
		for j, v := range x.Row(i) {
			s.mean[j] += weight * float64(v) / total
		}
	}
	sum, product, weighted := make([]float64, d*d), make([]float32, d*d), newMatrix(min(blockRows, x.Rows), d)
	for from, block := range x.blocks() {
		if err := ctx.Err(); err != nil {
			return s, err
		}
		for i := range block.Rows {
			root, row := math.Sqrt(q[from+i]), weighted.Row(i)
			for j, v := range block.Row(i) {
				row[j] = float32(root * (float64(v) - s.mean[j]))
			}
		}
		kernel.Gemm(true, false, d, d, block.Rows, 1, weighted.Values, d, weighted.Values, d, 0, product, d)
		for i, v := range product {
			sum[i] += float64(v)
		}
	}
	floats.Scale(1/float64(x.Rows), sum)
	curvature := mat.NewSymDense(d, sum)
	least := p.l2 + 1e-6*mat.Trace(curvature)/float64(d) + 1e-30 // values that never change have no covariance
	for j := range d {
		curvature.SetSym(j, j, curvature.At(j, j)+least)
	}
	var cholesky mat.Cholesky
	if !cholesky.Factorize(curvature) {
		return s, fmt.Errorf("%w: the covariance of %d values is not positive definite", ErrInput, d)
	}
	var factor mat.TriDense
	cholesky.UTo(&factor)
	s.factor = factor.RawTriangular()
	return s, nil
}

// weights writes the weights of class c at some coordinates, and returns its bias.
func (s scaling) weights(weights, at []float64, c int) (bias float64) {
	d := len(s.mean)
	w := weights[c*d : (c+1)*d]
	copy(w, at[c*d:])
	blas64.Trsv(blas.NoTrans, s.factor, blas64.Vector{N: d, Inc: 1, Data: w})
	return at[len(weights)+c]/s.deviation - floats.Dot(s.mean, w)
}

// coordinates writes the coordinates of class c with some weights and bias.
func (s scaling) coordinates(at, weights []float64, bias float64, c int) {
	d := len(s.mean)
	v := at[c*d : (c+1)*d]
	copy(v, weights[c*d:])
	at[len(weights)+c] = s.deviation * (bias + floats.Dot(s.mean, v))
	blas64.Trmv(blas.NoTrans, s.factor, blas64.Vector{N: d, Inc: 1, Data: v})
}

// gradient writes the gradient in the coordinates of class c. slope is the gradient in
// weights and bias.
func (s scaling) gradient(dst, slope []float64, c int) {
	d := len(s.mean)
	g, bias := dst[c*d:(c+1)*d], len(slope)/(d+1)*d+c
	copy(g, slope[c*d:])
	floats.AddScaled(g, -slope[bias], s.mean)
	blas64.Trsv(blas.Trans, s.factor, blas64.Vector{N: d, Inc: 1, Data: g})
	dst[bias] = slope[bias] / s.deviation
}
