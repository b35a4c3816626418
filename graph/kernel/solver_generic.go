package kernel

import "math"

// scalars are the constants of a step, once each.
type scalars [len(constants{})]float32

func (c *scalars) gradient(g, w float32) float32 {
	return float32(g*c[stepScale]) + float32(w*c[stepL2])
}

func (c *scalars) moved(w, step float32) float32 { return w - float32(w*c[stepShrink]) - step }

func newScalars(c *constants) (s scalars) {
	for i := range s {
		s[i] = c[i][0]
	}
	return s
}

func descendGeneric(constants *constants, w, g []float32) {
	c := newScalars(constants)
	for i, weight := range w {
		w[i] = c.moved(weight, float32(c.gradient(g[i], weight)*c[stepRate]))
	}
}

func momentumGeneric(constants *constants, w, g, velocity []float32) {
	c := newScalars(constants)
	for i, weight := range w {
		v := flush(float32(velocity[i]*c[stepDecay1]) + c.gradient(g[i], weight))
		velocity[i] = v
		w[i] = c.moved(weight, float32(v*c[stepRate]))
	}
}

func nesterovGeneric(constants *constants, w, g, velocity []float32) {
	c := newScalars(constants)
	for i, weight := range w {
		gradient := c.gradient(g[i], weight)
		v := flush(float32(velocity[i]*c[stepDecay1]) + gradient)
		velocity[i] = v
		w[i] = c.moved(weight, float32((gradient+float32(v*c[stepDecay1]))*c[stepRate]))
	}
}

func rmsPropGeneric(constants *constants, w, g, square []float32) {
	c := newScalars(constants)
	for i, weight := range w {
		gradient := c.gradient(g[i], weight)
		s := flush(float32(square[i]*c[stepDecay2]) + float32(gradient*c[stepGain2]*gradient))
		square[i] = s
		w[i] = c.moved(weight, gradient*c[stepRate]/c.root(s))
	}
}

func adamGeneric(constants *constants, w, g, first, second []float32) {
	c := newScalars(constants)
	for i, weight := range w {
		gradient := c.gradient(g[i], weight)
		m := flush(float32(first[i]*c[stepDecay1]) + float32(gradient*c[stepGain1]))
		v := flush(float32(second[i]*c[stepDecay2]) + float32(gradient*c[stepGain2]*gradient))
		first[i], second[i] = m, v
		w[i] = c.moved(weight, m*c[stepRate]/c.root(v*c[stepCorrection]))
	}
}

// root returns √x + ε.
func (c *scalars) root(x float32) float32 {
	return float32(math.Sqrt(float64(x))) + c[stepEpsilon]
}
