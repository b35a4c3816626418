package kernel

import "math"

func sigmoidGeneric(dst, src []float32) {
	for i, v := range src {
		dst[i] = normal(1 / (1 + math.Exp(-float64(v))))
	}
}

func tanhGeneric(dst, src []float32) {
	for i, v := range src {
		dst[i] = float32(math.Tanh(float64(v)))
	}
}

func reluGeneric(dst, src []float32) {
	for i, v := range src {
		if v < 0 {
			v = 0
		}
		dst[i] = v
	}
}

func leakyReLUGeneric(dst, src []float32) {
	for i, v := range src {
		if v < 0 {
			v *= LeakySlope
		}
		dst[i] = v
	}
}

func eluGeneric(dst, src []float32) {
	for i, v := range src {
		if v <= 0 {
			v = float32(math.Expm1(float64(v)))
		}
		dst[i] = v
	}
}

func softplusGeneric(dst, src []float32) {
	for i, v := range src {
		z := float64(v)
		dst[i] = normal(max(z, 0) + math.Log1p(math.Exp(-math.Abs(z))))
	}
}

func seluGeneric(dst, src []float32) {
	for i, v := range src {
		if v > 0 {
			dst[i] = v * seluScale
		} else {
			dst[i] = float32(seluScale * seluAlpha * math.Expm1(float64(v)))
		}
	}
}

// gradients returns a gradient function that computes dz = f(y, dy).
func gradients(f func(y, dy float32) float32) func(y, dy, dz, db []float32, rows, columns, stride int) {
	return func(y, dy, dz, db []float32, rows, columns, stride int) {
		clear(db)
		for i := range rows {
			at := i * stride
			y, dy, dz := y[at:at+columns], dy[at:at+columns], dz[at:at+columns]
			for j, v := range y {
				dz[j] = f(v, dy[j])
			}
			for j := range db {
				db[j] += dz[j]
			}
		}
	}
}

var (
	linearGradientGeneric  = gradients(func(_, dy float32) float32 { return dy })
	sigmoidGradientGeneric = gradients(func(y, dy float32) float32 { return (1 - y) * y * dy })
	tanhGradientGeneric    = gradients(func(y, dy float32) float32 { return (1 - y) * (y + 1) * dy })
	reluGradientGeneric    = gradients(func(y, dy float32) float32 {
		if y <= 0 {
			return 0
		}
		return dy
	})
	leakyReLUGradientGeneric = gradients(func(y, dy float32) float32 {
		if y > 0 {
			return dy
		}
		return dy * LeakySlope
	})
	eluGradientGeneric = gradients(func(y, dy float32) float32 {
		if y > 0 {
			return dy
		}
		return (y + 1) * dy
	})
	softplusGradientGeneric = gradients(func(y, dy float32) float32 {
		return float32(-math.Expm1(-float64(y))) * dy
	})
	seluGradientGeneric = gradients(func(y, dy float32) float32 {
		if y > 0 {
			return seluScale * dy
		}
		return (y + seluScale*seluAlpha) * dy
	})
)
