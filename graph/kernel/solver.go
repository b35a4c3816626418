package kernel

import "math"

// Update holds the values that all solver steps have in common. Every step
// first computes g ← Scale·g + L2·w for the raw gradient g. It then computes w
// ← w·(1 − Rate·Decay) and moves w against g. Denormal numbers in running means
// are set to 0, because they would never decay.
type Update struct {
	Rate  float32 // learning rate
	Scale float32 // multiplies the gradient: 1, or less if it is clipped
	L2    float32 // weight decay as a term of the gradient
	Decay float32 // decoupled weight decay (Loshchilov & Hutter 2019)
}

// Gradient is the gradient of a step: values, or a product that the step
// computes block by block, so it is not stored.
type Gradient struct {
	Values []float32 // one for each weight; nil: Xᵀ·Z

	Rows, Inputs, Outputs int       // B, D and H
	X, Z                  []float32 // B×D and B×H; the weights are D×H
	Precision             Precision // of the product
}

// Compute writes the product to dst.
func (g Gradient) Compute(dst []float32) {
	MatMul(g.Precision, true, false, g.Inputs, g.Outputs, g.Rows, g.X, g.Inputs, g.Z, g.Outputs, dst, g.Outputs)
}

// Descend is a step of stochastic gradient descent: w ← w − Rate·g.
func Descend(u Update, w []float32, g Gradient) {
	t := newStep(u, w)
	t.stateless = active.descend
	t.do(g)
}

// Momentum is a step with a velocity, v ← momentum·v + g, w ← w − Rate·v, or
// with nesterov w ← w − Rate·(g + momentum·v) (Sutskever et al. 2013, in the
// form of PyTorch).
func Momentum(u Update, momentum float32, nesterov bool, w []float32, g Gradient, velocity []float32) {
	t := newStep(u, w)
	t.first, t.oneState = velocity[:len(w)], active.momentum
	if nesterov {
		t.oneState = active.nesterov
	}
	t.set(stepDecay1, momentum)
	t.do(g)
}

// RMSProp is a step scaled by a running mean of squared gradients, s ← rho·s +
// (1−rho)·g², w ← w − Rate·g/(√s + epsilon) (Tieleman & Hinton 2012).
func RMSProp(u Update, rho, epsilon float32, w []float32, g Gradient, square []float32) {
	t := newStep(u, w)
	t.first, t.oneState = square[:len(w)], active.rmsProp
	t.set(stepDecay2, rho)
	t.set(stepGain2, 1-rho)
	t.set(stepEpsilon, epsilon)
	t.do(g)
}

// AdamMoments are the constants of Adam's running moments at one step t ≥ 1.
type AdamMoments struct {
	Beta1, Beta2 float32 // decay of the first and second moment
	Epsilon      float32 // added to the root of the corrected second moment
	Correction1  float32 // 1/(1−Beta1^t)
	Correction2  float32 // 1/(1−Beta2^t)
}

// Adam is a step of Adam (Kingma & Ba 2015) in one pass:
// m ← β1·m + (1−β1)·g, v ← β2·v + (1−β2)·g²,
// w ← w − Rate·(m·Correction1)/(√(v·Correction2) + ε).
func Adam(u Update, a AdamMoments, w []float32, g Gradient, first, second []float32) {
	t := newStep(u, w)
	t.first, t.second, t.twoStates = first[:len(w)], second[:len(w)], active.adam
	// √(v·Correction2) + ε is √Correction2 times √v + ε/√Correction2.
	root := math.Sqrt(float64(a.Correction2))
	t.set(stepRate, float32(float64(u.Rate)*float64(a.Correction1)/root))
	t.set(stepDecay1, a.Beta1)
	t.set(stepGain1, 1-a.Beta1)
	t.set(stepDecay2, a.Beta2)
	t.set(stepGain2, 1-a.Beta2)
	t.set(stepEpsilon, float32(float64(a.Epsilon)/root))
	t.do(g)
}

// constants are the numbers of a step, each repeated to fill a register.
type constants = [9][8]float32

// The order of the constants, which the generator of the assembly must share.
const (
	stepScale = iota
	stepL2
	stepShrink // Rate·Decay
	stepRate
	stepDecay1
	stepGain1
	stepDecay2
	stepGain2
	stepEpsilon
)

// stepTask is a step of any solver. One of its functions is set.
type stepTask struct {
	c                   constants
	w, g, first, second []float32
	stateless           func(c *constants, w, g []float32)
	oneState            func(c *constants, w, g, first []float32)
	twoStates           func(c *constants, w, g, first, second []float32)
}

var stepTasks freeList[stepTask]

func newStep(u Update, w []float32) *stepTask {
	t := stepTasks.get()
	*t = stepTask{w: w}
	t.set(stepScale, u.Scale)
	t.set(stepL2, u.L2)
	t.set(stepShrink, u.Rate*u.Decay)
	t.set(stepRate, u.Rate)
	return t
}

func (t *stepTask) set(i int, x float32) {
	for j := range t.c[i] {
		t.c[i][j] = x
	}
}

func (t *stepTask) do(g Gradient) {
	if g.Values != nil {
		t.g = g.Values[:len(t.w)]
		parallel(len(t.w), heavyGrain, t)
	} else {
		_ = t.w[g.Inputs*g.Outputs-1]
		multiply(product{
			precision: g.Precision, transA: true, m: g.Inputs, n: g.Outputs, k: g.Rows,
			alpha: 1, a: g.X, lda: g.Inputs, b: g.Z, ldb: g.Outputs, step: t,
		})
	}
	*t = stepTask{} // releases the arrays
	stepTasks.put(t)
}

func (t *stepTask) run(lo, hi int) { t.move(t.g[lo:hi], lo, hi) }

// move updates the weights lo to hi with their gradients g.
func (t *stepTask) move(g []float32, lo, hi int) {
	switch w := t.w[lo:hi]; {
	case t.twoStates != nil:
		t.twoStates(&t.c, w, g, t.first[lo:hi], t.second[lo:hi])
	case t.oneState != nil:
		t.oneState(&t.c, w, g, t.first[lo:hi])
	default:
		t.stateless(&t.c, w, g)
	}
}

// ahead adds the arrays of a block of weights to a lookahead. The block begins
// at lo and has the given row stride.
func (t *stepTask) ahead(l *lookahead, lo, rows, columns, stride int) {
	for _, array := range [...][]float32{t.w, t.first, t.second} {
		if array != nil {
			l.block(rows, columns, array[lo:], stride)
		}
	}
}
