package kernel

import "math"

func sumGeneric(x []float32) float64 {
	var s sums
	for i, v := range x {
		s[i%8] += float64(v)
	}
	return s.total()
}

func sumSquaresGeneric(x []float32) float64 {
	var s sums
	for i, v := range x {
		s[i%8] += float64(v) * float64(v)
	}
	return s.total()
}

func finiteGeneric(x []float32) bool {
	const exponent = 0x7f800000
	for _, v := range x {
		if math.Float32bits(v)&exponent == exponent {
			return false
		}
	}
	return true
}
