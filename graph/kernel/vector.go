package kernel

import "math"

// Exp computes dst = e^src, elementwise. dst may be src; so for all functions
// of this file.
func Exp(dst, src []float32) { apply(dst, src, math.Exp) }

// Log1p computes dst = log(1 + src).
func Log1p(dst, src []float32) { apply(dst, src, math.Log1p) }

// Activate computes dst = act(src).
func Activate(act Activation, dst, src []float32) {
	switch act {
	case Linear:
		copy(dst[:len(src)], src)
	case Sigmoid:
		apply(dst, src, sigmoid)
	case Tanh:
		apply(dst, src, math.Tanh)
	case ReLU:
		apply(dst, src, func(z float64) float64 { return math.Max(z, 0) })
	case LeakyReLU:
		apply(dst, src, func(z float64) float64 { return math.Max(z, 0) + LeakySlope*math.Min(z, 0) })
	case ELU:
		apply(dst, src, func(z float64) float64 { return math.Max(z, 0) + math.Expm1(math.Min(z, 0)) })
	case Softplus:
		apply(dst, src, func(z float64) float64 { return math.Max(z, 0) + math.Log1p(math.Exp(-math.Abs(z))) })
	case SELU:
		apply(dst, src, func(z float64) float64 {
			return seluScale * (math.Max(z, 0) + seluAlpha*math.Expm1(math.Min(z, 0)))
		})
	}
}

// ActivationGradient computes dz = dy ⊙ act′ for y = act(z), from y alone, and
// with db non-nil also the sum of dz over the rows, which is the gradient of a
// bias (y, dy, dz: B×D; db: D). dz may be dy.
func ActivationGradient(act Activation, rows, columns int, y, dy, dz, db []float32) {
	if db != nil {
		clear(db[:columns])
	}
	for i := range rows {
		for j := range columns {
			at := i*columns + j
			g := dy[at] * slope(act, y[at])
			dz[at] = g
			if db != nil {
				db[j] += g
			}
		}
	}
}

// slope is act′(z) written in terms of y = act(z).
func slope(act Activation, y float32) float32 {
	switch act {
	case Sigmoid:
		return y * (1 - y)
	case Tanh:
		return 1 - y*y
	case ReLU:
		if y > 0 {
			return 1
		}
		return 0
	case LeakyReLU:
		if y > 0 {
			return 1
		}
		return LeakySlope
	case ELU:
		if y > 0 {
			return 1
		}
		return y + 1
	case Softplus:
		return float32(-math.Expm1(-float64(y)))
	case SELU:
		if y > 0 {
			return seluScale
		}
		return y + seluScale*seluAlpha
	}
	return 1
}

// ScaleBytes turns pixels into numbers: dst = src/255, in [0, 1].
func ScaleBytes(dst []float32, src []uint8) {
	dst = dst[:len(src)]
	for i, v := range src {
		dst[i] = float32(v) / 255
	}
}

func apply(dst, src []float32, f func(float64) float64) {
	dst = dst[:len(src)]
	for i, v := range src {
		dst[i] = float32(f(float64(v)))
	}
}

func sigmoid(z float64) float64 { return 1 / (1 + math.Exp(-z)) }
