package kernel

import "math"

// scalars are the constants of a step, without repetition.
type scalars [len(constants{})]float32

// fused returns x·y + z, rounded once like the multiply-adds of the other
// paths. With two roundings the error would be unbounded if the sum cancels,
// and a quotient of small moments would amplify it.
func fused(x, y, z float32) float32 { return float32(float64(x)*float64(y) + float64(z)) }

func (c *scalars) gradient(g, w float32) float32 { return fused(w, c[stepL2], float32(g*c[stepScale])) }

// moved returns w − Rate·Decay·w − rate·direction.
func (c *scalars) moved(w, direction float32) float32 {
	return fused(-direction, c[stepRate], fused(-w, c[stepShrink], w))
}

// mean returns x + decay·old, or 0 if that is denormal.
func mean(x, decay, old float32) float32 { return flush(fused(old, decay, x)) }

func newScalars(c *constants) (s scalars) {
	for i := range s {
		s[i] = c[i][0]
	}
	return s
}

func descendGeneric(constants *constants, w, g []float32) {
	c := newScalars(constants)
	for i, weight := range w {
		w[i] = c.moved(weight, c.gradient(g[i], weight))
	}
}

func momentumGeneric(constants *constants, w, g, velocity []float32) {
	c := newScalars(constants)
	for i, weight := range w {
		v := mean(c.gradient(g[i], weight), c[stepDecay1], velocity[i])
		velocity[i] = v
		w[i] = c.moved(weight, v)
	}
}

func nesterovGeneric(constants *constants, w, g, velocity []float32) {
	c := newScalars(constants)
	for i, weight := range w {
		gradient := c.gradient(g[i], weight)
		v := mean(gradient, c[stepDecay1], velocity[i])
		velocity[i] = v
		w[i] = c.moved(weight, fused(v, c[stepDecay1], gradient))
	}
}

func rmsPropGeneric(constants *constants, w, g, square []float32) {
	c := newScalars(constants)
	for i, weight := range w {
		gradient := c.gradient(g[i], weight)
		s := mean(float32(gradient*c[stepGain2]*gradient), c[stepDecay2], square[i])
		square[i] = s
		w[i] = c.moved(weight, gradient/c.root(s))
	}
}

func adamGeneric(constants *constants, w, g, first, second []float32) {
	c := newScalars(constants)
	for i, weight := range w {
		gradient := c.gradient(g[i], weight)
		m := mean(float32(gradient*c[stepGain1]), c[stepDecay1], first[i])
		v := mean(float32(gradient*c[stepGain2]*gradient), c[stepDecay2], second[i])
		first[i], second[i] = m, v
		w[i] = c.moved(weight, m/c.root(v))
	}
}

// root returns √x + ε. An infinite x is replaced by the largest number.
func (c *scalars) root(x float32) float32 {
	return float32(math.Sqrt(float64(min(x, math.MaxFloat32)))) + c[stepEpsilon]
}
