package kernel

// Update is what all solver steps have in common: with g the raw gradient,
// every step first forms g ← Scale·g + L2·w, then moves w ← w·(1 − Rate·Decay)
// and on against g. Running means are kept free of denormal numbers, which
// would never fade away.
type Update struct {
	Rate  float32 // learning rate
	Scale float32 // multiplies the gradient: 1, or less where it is clipped
	L2    float32 // weight decay as a term of the gradient
	Decay float32 // decoupled weight decay (Loshchilov & Hutter 2019)
}

// Descend is a step of stochastic gradient descent: w ← w − Rate·g.
func Descend(u Update, w, g []float32) {
	t := newStep(u, w, g)
	t.stateless = active.descend
	t.do()
}

// Momentum is a step with a velocity v ← momentum·v + g, w ← w − Rate·v, or
// with nesterov w ← w − Rate·(g + momentum·v) (Sutskever 2013, as PyTorch has it).
func Momentum(u Update, momentum float32, nesterov bool, w, g, velocity []float32) {
	t := newStep(u, w, g)
	t.first, t.oneState = velocity[:len(w)], active.momentum
	if nesterov {
		t.oneState = active.nesterov
	}
	t.set(stepDecay1, momentum)
	t.do()
}

// RMSProp is a step scaled by a running mean of squared gradients,
// s ← rho·s + (1−rho)·g², w ← w − Rate·g/(√s + epsilon) (Hinton 2012).
func RMSProp(u Update, rho, epsilon float32, w, g, square []float32) {
	t := newStep(u, w, g)
	t.first, t.oneState = square[:len(w)], active.rmsProp
	t.set(stepDecay2, rho)
	t.set(stepGain2, 1-rho)
	t.set(stepEpsilon, epsilon)
	t.do()
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
func Adam(u Update, a AdamMoments, w, g, first, second []float32) {
	t := newStep(u, w, g)
	t.first, t.second, t.twoStates = first[:len(w)], second[:len(w)], active.adam
	t.set(stepRate, u.Rate*a.Correction1)
	t.set(stepDecay1, a.Beta1)
	t.set(stepGain1, 1-a.Beta1)
	t.set(stepDecay2, a.Beta2)
	t.set(stepGain2, 1-a.Beta2)
	t.set(stepCorrection, a.Correction2)
	t.set(stepEpsilon, a.Epsilon)
	t.do()
}

// constants are the numbers of a step, each as often as a register holds it.
type constants = [10][8]float32

// The order of the constants; the generator of the assembly must agree.
const (
	stepScale = iota
	stepL2
	stepShrink // Rate·Decay
	stepRate
	stepDecay1
	stepGain1
	stepDecay2
	stepGain2
	stepCorrection
	stepEpsilon
)

// stepTask is a step of any solver; one of its functions is set.
type stepTask struct {
	c                   constants
	w, g, first, second []float32
	stateless           func(c *constants, w, g []float32)
	oneState            func(c *constants, w, g, first []float32)
	twoStates           func(c *constants, w, g, first, second []float32)
}

var stepTasks freeList[stepTask]

func newStep(u Update, w, g []float32) *stepTask {
	t := stepTasks.get()
	*t = stepTask{w: w, g: g[:len(w)]}
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

func (t *stepTask) do() {
	parallel(len(t.w), heavyGrain, t)
	stepTasks.put(t)
}

func (t *stepTask) run(lo, hi int) {
	switch w, g := t.w[lo:hi], t.g[lo:hi]; {
	case t.twoStates != nil:
		t.twoStates(&t.c, w, g, t.first[lo:hi], t.second[lo:hi])
	case t.oneState != nil:
		t.oneState(&t.c, w, g, t.first[lo:hi])
	default:
		t.stateless(&t.c, w, g)
	}
}
