package kernel

import "math"

// scalars are the constants of a step, once each.
type scalars [len(constants{})]float32

func (c *scalars) gradient(g, w float32) float32 {
	return float32(g*c[stepScale]) + float32(w*c[stepL2])
}

// moved returns w − Rate·Decay·w − rate·direction.
func (c *scalars) moved(w, direction float32) float32 {
	return w - float32(w*c[stepShrink]) - float32(direction*c[stepRate])
}

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
		v := flush(float32(velocity[i]*c[stepDecay1]) + c.gradient(g[i], weight))
		velocity[i] = v
		w[i] = c.moved(weight, v)
	}
}

func nesterovGeneric(constants *constants, w, g, velocity []float32) {
	c := newScalars(constants)
	for i, weight := range w {
		gradient := c.gradient(g[i], weight)
		v := flush(float32(velocity[i]*c[stepDecay1]) + gradient)
		velocity[i] = v
		w[i] = c.moved(weight, gradient+float32(v*c[stepDecay1]))
	}
}

func rmsPropGeneric(constants *constants, w, g, square []float32) {
	c := newScalars(constants)
	for i, weight := range w {
		gradient := c.gradient(g[i], weight)
		s := flush(float32(square[i]*c[stepDecay2]) + float32(gradient*c[stepGain2]*gradient))
		square[i] = s
		w[i] = c.moved(weight, gradient/c.root(s))
	}
}

func adamGeneric(constants *constants, w, g, first, second []float32) {
	c := newScalars(constants)
	for i, weight := range w {
		gradient := c.gradient(g[i], weight)
		m := flush(float32(first[i]*c[stepDecay1]) + float32(gradient*c[stepGain1]))
		v := flush(float32(second[i]*c[stepDecay2]) + float32(gradient*c[stepGain2]*gradient))
		first[i], second[i] = m, v
		w[i] = c.moved(weight, m/c.root(v))
	}
}

// root returns √x + ε.
func (c *scalars) root(x float32) float32 {
	return float32(math.Sqrt(float64(x))) + c[stepEpsilon]
}
