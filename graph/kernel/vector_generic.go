package kernel

import "math"

func expGeneric(dst, src []float32) {
	for i, v := range src {
		dst[i] = normal(math.Exp(float64(v)))
	}
}

// normal rounds x ≥ 0 to a float32, or to 0 where that would be denormal.
func normal(x float64) float32 {
	if x < smallestNormal {
		return 0
	}
	return float32(x)
}

const smallestNormal = 0x1p-126

// flush returns 0 for a denormal x, and x otherwise.
func flush(x float32) float32 {
	if math.Float32bits(x)<<1 < math.Float32bits(smallestNormal)<<1 { // one branch, that does not go by the sign
		return 0
	}
	return x
}

func multiplyGeneric(dst, a, b []float32) {
	for i := range dst {
		dst[i] = a[i] * b[i]
	}
}

func addGeneric(dst, a, b []float32) {
	for i := range dst {
		dst[i] = a[i] + b[i]
	}
}

// In the functions below and those of the solvers a product that is added to
// something is converted to float32, which keeps the compiler from fusing the
// two: that way the results are those of the assembly, bit by bit.

func axpyGeneric(alpha float32, x, y []float32) {
	for i, v := range x {
		y[i] += float32(alpha * v)
	}
}

func scaleGeneric(alpha float32, x []float32) {
	for i := range x {
		x[i] *= alpha
	}
}

func scaleBytesGeneric(dst []float32, src []uint8) {
	for i, v := range src {
		dst[i] = float32(v) / 255
	}
}
