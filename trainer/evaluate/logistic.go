package evaluate

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/optimize"

	"gaetrain/graph/kernel"
)

// LogisticRegression is a linear classifier with a softmax: p(c|x) ∝
// exp(x·Weights + Bias)_c.
type LogisticRegression struct {
	Classes    int
	Weights    []float32 // D×C
	Bias       []float32 // C
	Loss       float64   // that was minimised, per observation, in nats
	Iterations int
}

// The search for the smallest loss ends when logisticPatience iterations together
// have lowered it by less than this share, or after so many.
const (
	logisticPrecision  = 1e-3
	logisticPatience   = 10
	logisticIterations = 500
)

// NewLogisticRegression fits labels (N) of x (N×D) by minimising
//
//	Σ_n −log p(label_n|x_n) + l2/2·‖Weights‖²
//
// from zero by L-BFGS over all observations, until the loss falls by less than
// 0.1 % in ten iterations. l2 ≥ 0; 1 is what others call C = 1. Errors wrap
// ErrInput or the context's.
func NewLogisticRegression(ctx context.Context, x Matrix, labels []uint8, l2 float64) (*LogisticRegression, error) {
	return newLogisticRegression(ctx, x, labels, l2, logisticPrecision)
}

func newLogisticRegression(ctx context.Context, x Matrix, labels []uint8, l2, precision float64) (*LogisticRegression, error) {
	if err := x.check(); err != nil {
		return nil, err
	}
	classes, err := checkLabels(x, labels)
	if err != nil {
		return nil, err
	}
	if !(l2 >= 0) || math.IsInf(l2, 0) {
		return nil, fmt.Errorf("%w: penalty %g of a logistic regression; hint: 0 or more", ErrInput, l2)
	}
	p, err := newLogisticProblem(ctx, x, labels, classes, l2/float64(x.Rows))
	if err != nil {
		return nil, err
	}
	result, err := optimize.Minimize(
		optimize.Problem{Func: p.loss, Grad: p.gradient, Status: func() (optimize.Status, error) { return optimize.NotTerminated, ctx.Err() }},
		make([]float64, (x.Columns+1)*classes),
		&optimize.Settings{
			Converger:       &optimize.FunctionConverge{Relative: precision, Iterations: logisticPatience},
			MajorIterations: logisticIterations,
		},
		&optimize.LBFGS{})
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if result == nil {
		return nil, fmt.Errorf("%w: logistic regression: %w", ErrInput, err)
	}
	// A line search that finds no lower loss has reached what float32 can tell.
	p.evaluate(result.X)
	return &LogisticRegression{classes, p.weights32, p.bias32, p.value, result.MajorIterations}, nil
}

// Logits returns x·Weights + Bias (x: N×D; logits: N×C).
func (l *LogisticRegression) Logits(x Matrix) Matrix {
	logits := newMatrix(x.Rows, l.Classes)
	kernel.Affine(kernel.Linear, false, x.Rows, l.Classes, x.Columns, x.Values, l.Weights, l.Bias, logits.Values)
	return logits
}

// Predict returns the most probable class of each row of x (N×D).
func (l *LogisticRegression) Predict(x Matrix) []int { return Classes(l.Logits(x).Values, l.Classes) }

// logisticProblem is the mean loss as a function of coordinates (V, a) in which
// it curves about alike in all directions: Weights = U⁻¹·V with UᵀU = Cov(x)/C + l2·I,
// the curvature at zero, and Bias = a − mean·Weights.
type logisticProblem struct {
	x       Matrix
	labels  []float32
	classes int
	l2      float64 // per observation
	mean    []float64
	factor  blas64.Triangular // U

	at        []float64 // where the rest was evaluated
	value     float64
	slope     []float64      // in (V, a)
	weights   blas64.General // D×C
	weights32 []float32
	bias32    []float32
}

func newLogisticProblem(ctx context.Context, x Matrix, labels []uint8, classes int, l2 float64) (*logisticProblem, error) {
	p := &logisticProblem{x: x, classes: classes, l2: l2, mean: x.mean()}
	for _, label := range labels {
		p.labels = append(p.labels, float32(label))
	}
	if err := fits("logistic regression", x.Columns, 4); err != nil {
		return nil, err
	}
	curvature, err := covariance(ctx, x, p.mean)
	if err != nil {
		return nil, err
	}
	least := l2 + 1e-6*mat.Trace(curvature)/float64(x.Columns) + 1e-30 // values that never change have no covariance
	curvature.ScaleSym(1/float64(classes), curvature)
	for i := range x.Columns {
		curvature.SetSym(i, i, curvature.At(i, i)+least)
	}
	var cholesky mat.Cholesky
	if !cholesky.Factorize(curvature) {
		return nil, fmt.Errorf("%w: the covariance of %d values is not positive definite", ErrInput, x.Columns)
	}
	var factor mat.TriDense
	cholesky.UTo(&factor)
	p.factor = factor.RawTriangular()
	size := x.Columns * classes
	p.weights = blas64.General{Rows: x.Columns, Cols: classes, Stride: classes, Data: make([]float64, size)}
	p.slope, p.weights32, p.bias32 = make([]float64, size+classes), make([]float32, size), make([]float32, classes)
	return p, nil
}

func (p *logisticProblem) loss(at []float64) float64 {
	p.evaluate(at)
	return p.value
}

func (p *logisticProblem) gradient(dst, at []float64) {
	p.evaluate(at)
	copy(dst, p.slope)
}

// evaluate computes loss and gradient, unless it has just done so.
func (p *logisticProblem) evaluate(at []float64) {
	if slices.Equal(at, p.at) {
		return
	}
	p.at = append(p.at[:0], at...)
	size := len(p.weights.Data)
	copy(p.weights.Data, at[:size])
	blas64.Trsm(blas.Left, blas.NoTrans, 1, p.factor, p.weights)
	p.round(at[size:])
	p.pass()

	slope := blas64.General{Rows: p.x.Columns, Cols: p.classes, Stride: p.classes, Data: p.slope[:size]}
	for d, mean := range p.mean {
		for c := range p.classes {
			i := d*p.classes + c
			slope.Data[i] += p.l2*p.weights.Data[i] - mean*p.slope[size+c]
			p.value += p.l2 / 2 * p.weights.Data[i] * p.weights.Data[i]
		}
	}
	blas64.Trsm(blas.Left, blas.Trans, 1, p.factor, slope)
}

// round makes the float32 weights and bias of the classifier.
func (p *logisticProblem) round(a []float64) {
	bias := slices.Clone(a)
	for i, w := range p.weights.Data {
		p.weights32[i] = float32(w)
		bias[i%p.classes] -= p.mean[i/p.classes] * w
	}
	for c, b := range bias {
		p.bias32[c] = float32(b)
	}
}

// pass sums the losses of all observations and their gradients in weights and
// bias, in one pass over the data.
func (p *logisticProblem) pass() {
	d, classes, n := p.x.Columns, p.classes, min(blockRows, p.x.Rows)
	logits, losses, wrong := make([]float32, n*classes), make([]float32, n), make([]float32, n)
	product := make([]float32, d*classes)
	clear(p.slope)
	p.value = 0
	scale := 1 / float64(p.x.Rows)
	for from, block := range p.x.blocks() {
		rows := block.Rows
		kernel.Affine(kernel.Linear, false, rows, classes, d, block.Values, p.weights32, p.bias32, logits)
		kernel.SoftmaxCrossEntropy(rows, classes, 1, logits, p.labels[from:], logits, losses, wrong)
		kernel.Gemm(true, false, classes, d, rows, 1, logits, classes, block.Values, d, 0, product, d)
		p.value += scale * kernel.Sum(losses[:rows])
		for i, v := range product {
			p.slope[i%d*classes+i/d] += scale * float64(v)
		}
		for i, v := range logits[:rows*classes] {
			p.slope[len(product)+i%classes] += scale * float64(v)
		}
	}
}
