package kernel

import "math"

// Update is what all solver steps have in common: with g the raw gradient,
// every step first forms g ← Scale·g + L2·w, then moves w ← w·(1 − Rate·Decay)
// and on against g.
type Update struct {
	Rate  float32 // learning rate
	Scale float32 // multiplies the gradient: 1, or less where it is clipped
	L2    float32 // weight decay as a term of the gradient
	Decay float32 // decoupled weight decay (Loshchilov & Hutter 2019)
}

func (u Update) gradient(g, w float32) float32 { return u.Scale*g + u.L2*w }
func (u Update) shrink(w float32) float32      { return w - u.Rate*u.Decay*w }

// Descend is a step of stochastic gradient descent: w ← w − Rate·g.
func Descend(u Update, w, g []float32) {
	for i := range w {
		w[i] = u.shrink(w[i]) - u.Rate*u.gradient(g[i], w[i])
	}
}

// Momentum is a step with a velocity v ← momentum·v + g, w ← w − Rate·v, or
// with nesterov w ← w − Rate·(g + momentum·v) (Sutskever 2013, as PyTorch has it).
func Momentum(u Update, momentum float32, nesterov bool, w, g, velocity []float32) {
	for i := range w {
		gradient := u.gradient(g[i], w[i])
		v := momentum*velocity[i] + gradient
		velocity[i] = v
		if nesterov {
			v = gradient + momentum*v
		}
		w[i] = u.shrink(w[i]) - u.Rate*v
	}
}

// RMSProp is a step scaled by a running mean of squared gradients,
// s ← rho·s + (1−rho)·g², w ← w − Rate·g/(√s + epsilon) (Hinton 2012).
func RMSProp(u Update, rho, epsilon float32, w, g, square []float32) {
	for i := range w {
		gradient := u.gradient(g[i], w[i])
		s := rho*square[i] + (1-rho)*gradient*gradient
		square[i] = s
		w[i] = u.shrink(w[i]) - u.Rate*gradient/(float32(math.Sqrt(float64(s)))+epsilon)
	}
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
	for i := range w {
		gradient := u.gradient(g[i], w[i])
		m := a.Beta1*first[i] + (1-a.Beta1)*gradient
		v := a.Beta2*second[i] + (1-a.Beta2)*gradient*gradient
		first[i], second[i] = m, v
		root := float32(math.Sqrt(float64(v * a.Correction2)))
		w[i] = u.shrink(w[i]) - u.Rate*m*a.Correction1/(root+a.Epsilon)
	}
}
