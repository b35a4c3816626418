package evaluate

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/optimize"

	"gaetrain/graph/kernel"
	"gaetrain/loaders"
)

// LogisticRegression is a linear classifier with a softmax: p(c|x) ∝
// exp(x·Weights + Bias)_c.
type LogisticRegression struct {
	Classes    int
	Weights    []float32 // D×C
	Bias       []float32 // C
	Loss       float64   // minimised loss per observation, in nats
	Iterations int       // of L-BFGS
	Gradient   float64   // norm of the gradient at the end, relative to the norm at zero
	Converged  bool      // Gradient is at most LogisticTolerance
}

// NewLogisticRegression stops when the relative gradient norm is at most
// LogisticTolerance, or after LogisticIterations.
const (
	LogisticTolerance  = 1e-4
	LogisticIterations = 500
)

// NewLogisticRegression fits labels (N) of x (N×D) by minimising the convex loss
//
//	Σ_n −log p(label_n|x_n) + l2/2·‖Weights‖²
//
// by L-BFGS over all observations, from zero weights. The fit has converged when
// ‖∇(W)‖ ≤ 1e-4·‖∇(0)‖, which is the stopping rule of LIBLINEAR (Fan et al. 2008).
// The gradient is taken in whitened features, so that the rule does not depend on
// their units. l2 ≥ 0; 1 is C = 1 in scikit-learn. A fit that stops earlier is not
// an error, see Converged. Errors wrap ErrInput or the context's.
func NewLogisticRegression(ctx context.Context, x Matrix, labels []loaders.Label, l2 float64) (*LogisticRegression, error) {
	return newLogisticRegression(ctx, x, labels, l2, LogisticIterations)
}

func newLogisticRegression(ctx context.Context, x Matrix, labels []loaders.Label, l2 float64, iterations int) (*LogisticRegression, error) {
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
	l := &LogisticRegression{Classes: classes}
	for _, tolerance := range []float64{0.1, 0.02, LogisticTolerance} {
		if l.Iterations >= iterations {
			break
		}
		if l.Iterations > 0 {
			if err := p.rescale(ctx); err != nil {
				return nil, err
			}
		}
		done, err := p.minimise(ctx, tolerance, iterations-l.Iterations)
		if err != nil {
			return nil, err
		}
		l.Iterations += done
	}
	l.Weights, l.Bias, l.Loss = p.weights32, p.bias32, p.value
	if steepness := p.steepness(); steepness > 0 { // else zero weights are the optimum, and p.first is 0
		l.Gradient = steepness / p.first
	}
	l.Converged = l.Gradient <= LogisticTolerance
	return l, nil
}

// Logits returns x·Weights + Bias (x: N×D; logits: N×C).
func (l *LogisticRegression) Logits(x Matrix) Matrix {
	logits := newMatrix(x.Rows, l.Classes)
	kernel.Affine(kernel.Float32, kernel.Linear, false, x.Rows, l.Classes, x.Columns, x.Values, l.Weights, l.Bias, logits.Values)
	return logits
}

// Predict returns the most probable class of each row of x (N×D).
func (l *LogisticRegression) Predict(x Matrix) []int { return Classes(l.Logits(x).Values, l.Classes) }

// logisticProblem is the mean loss as a function of coordinates in which its
// curvature is near 1: for each class c, C blocks of D values V and then C values
// a, with Weights = U⁻¹·V and Bias = a/s − m·Weights, see scaling.
type logisticProblem struct {
	x       Matrix
	labels  []float32
	classes int
	l2      float64 // per observation

	whitening scaling   // at zero weights, the same for all classes
	scalings  []scaling // C, of the coordinates

	at        []float64 // coordinates of the evaluation below
	value     float64
	first     float64   // steepness at zero
	weights   []float64 // C×D
	bias      []float64 // C
	weights32 []float32 // D×C
	bias32    []float32
	slope     []float64 // in weights (C×D), then in bias (C)
}

func newLogisticProblem(ctx context.Context, x Matrix, labels []loaders.Label, classes int, l2 float64) (*logisticProblem, error) {
	d := x.Columns
	p := &logisticProblem{
		x: x, classes: classes, l2: l2, weights: make([]float64, classes*d), bias: make([]float64, classes),
		weights32: make([]float32, d*classes), bias32: make([]float32, classes), slope: make([]float64, (d+1)*classes),
	}
	for _, label := range labels {
		p.labels = append(p.labels, float32(label))
	}
	matrices := 4
	if p.rescales() {
		matrices += classes
	}
	if err := fits("logistic regression", d, matrices); err != nil {
		return nil, err
	}
	if err := p.whiten(ctx); err != nil {
		return nil, err
	}
	p.evaluate(make([]float64, (d+1)*classes))
	p.first = p.steepness()
	return p, nil
}

// minimise runs L-BFGS from the present weights until the steepness is at most
// tolerance times that at zero. It returns the number of iterations. A line search
// that fails has reached the precision of float32, and ends the run.
func (p *logisticProblem) minimise(ctx context.Context, tolerance float64, iterations int) (int, error) {
	result, err := optimize.Minimize(
		optimize.Problem{Func: p.loss, Grad: p.gradient, Status: func() (optimize.Status, error) { return optimize.NotTerminated, ctx.Err() }},
		p.coordinates(),
		&optimize.Settings{Converger: &gradientConverge{p, tolerance * p.first}, MajorIterations: iterations},
		&optimize.LBFGS{Store: 30, Linesearcher: new(convexSearch)})
	if ctx.Err() != nil {
		return 0, ctx.Err()
	}
	if result == nil {
		return 0, fmt.Errorf("%w: logistic regression: %w", ErrInput, err)
	}
	p.evaluate(result.X)
	p.centre()
	return result.MajorIterations, nil
}

// centre subtracts the mean over the classes from weights and bias. It changes no
// prediction, and only the penalty gets smaller.
func (p *logisticProblem) centre() {
	for j := range p.x.Columns {
		var mean float64
		for c := range p.classes {
			mean += p.weights[c*p.x.Columns+j] / float64(p.classes)
		}
		for c := range p.classes {
			p.weights[c*p.x.Columns+j] -= mean
		}
	}
	floats.AddConst(-floats.Sum(p.bias)/float64(p.classes), p.bias)
	p.evaluate(p.coordinates())
}

// gradientConverge ends a run when the steepness is at most below.
type gradientConverge struct {
	problem *logisticProblem
	below   float64
}

// Init implements optimize.Converger.
func (*gradientConverge) Init(int) {}

// Converged implements optimize.Converger.
func (g *gradientConverge) Converged(at *optimize.Location) optimize.Status {
	g.problem.evaluate(at.X)
	if g.problem.steepness() <= g.below {
		return optimize.GradientThreshold
	}
	return optimize.NotTerminated
}

// convexSearch is a line search for convex losses. It takes only slopes into
// account: near the minimum, they are more precise than differences between losses.
type convexSearch struct{ low, high, step, slope float64 }

// Init implements optimize.Linesearcher.
func (c *convexSearch) Init(_, slope, step float64) optimize.Operation {
	*c = convexSearch{high: math.Inf(1), step: step, slope: slope}
	return optimize.FuncEvaluation | optimize.GradEvaluation
}

// Iterate implements optimize.Linesearcher. It ends the search when the slope is
// at most 0.9 times the first one, as the strong Wolfe conditions require.
func (c *convexSearch) Iterate(_, slope float64) (optimize.Operation, float64, error) {
	switch {
	case math.Abs(slope) <= 0.9*math.Abs(c.slope):
		return optimize.MajorIteration, c.step, nil
	case slope < 0:
		c.low = c.step
	default:
		c.high = c.step
	}
	before := c.step
	if c.step = (c.low + c.high) / 2; math.IsInf(c.high, 1) {
		c.step = 2 * c.low
	}
	if c.step == before || math.IsInf(c.step, 1) {
		return optimize.NoOperation, c.step, optimize.ErrLinesearcherFailure
	}
	return optimize.FuncEvaluation | optimize.GradEvaluation, c.step, nil
}

func (p *logisticProblem) loss(at []float64) float64 {
	p.evaluate(at)
	return p.value
}

func (p *logisticProblem) gradient(dst, at []float64) {
	p.evaluate(at)
	for c, s := range p.scalings {
		s.gradient(dst, p.slope, c)
	}
}

// steepness is the norm of the gradient in whitened features.
func (p *logisticProblem) steepness() float64 {
	whitened := make([]float64, len(p.slope))
	for c := range p.classes {
		p.whitening.gradient(whitened, p.slope, c)
	}
	return floats.Norm(whitened, 2)
}

// coordinates returns the coordinates of the present weights.
func (p *logisticProblem) coordinates() []float64 {
	at := make([]float64, len(p.slope))
	for c, s := range p.scalings {
		s.coordinates(at, p.weights, p.bias[c], c)
	}
	return at
}

// evaluate computes loss and gradient, unless at has not changed since the last call.
func (p *logisticProblem) evaluate(at []float64) {
	if slices.Equal(at, p.at) {
		return
	}
	p.at = append(p.at[:0], at...)
	for c, s := range p.scalings {
		p.bias[c] = s.weights(p.weights, at, c)
		p.bias32[c] = float32(p.bias[c])
	}
	d := p.x.Columns
	for i, w := range p.weights {
		p.weights32[i%d*p.classes+i/d] = float32(w)
	}
	p.pass()
	for i, w := range p.weights {
		p.slope[i] += p.l2 * w
		p.value += p.l2 / 2 * w * w
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
		kernel.Affine(kernel.Float32, kernel.Linear, false, rows, classes, d, block.Values, p.weights32, p.bias32, logits)
		kernel.SoftmaxCrossEntropy(rows, classes, 1, logits, p.labels[from:], logits, losses, wrong)
		kernel.Gemm(true, false, classes, d, rows, 1, logits, classes, block.Values, d, 0, product, d)
		p.value += scale * kernel.Sum(losses[:rows])
		for i, v := range product {
			p.slope[i] += scale * float64(v)
		}
		for i, v := range logits[:rows*classes] {
			p.slope[len(product)+i%classes] += scale * float64(v)
		}
	}
}
