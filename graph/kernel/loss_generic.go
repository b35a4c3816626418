package kernel

import "math"

// sums are eight running sums; element i of an array is added to sum i mod 8.
// That order suits registers of any length.
type sums [8]float64

func (s *sums) total() float64 {
	return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]))
}

func squaredErrorGeneric(scale float32, prediction, target, gradient []float32) float64 {
	var loss sums
	for i, p := range prediction {
		e := p - target[i]
		loss[i%8] += float64(e) * float64(e)
		if gradient != nil {
			gradient[i] = (scale + scale) * e
		}
	}
	return loss.total()
}

func crossEntropyGeneric(scale float32, logits, target, gradient []float32) (float64, float64) {
	var loss, squared sums
	for i, v := range logits {
		z, x := float64(v), float64(target[i])
		small := math.Exp(-math.Abs(z))
		sigmoid := 1 / (1 + small)
		if v < 0 {
			sigmoid *= small
		}
		e := float32(sigmoid - x)
		loss[i%8] += float64(float32(max(z, 0) - float64(z*x) + math.Log1p(small)))
		squared[i%8] += float64(e) * float64(e)
		if gradient != nil {
			gradient[i] = scale * e
		}
	}
	return loss.total(), squared.total()
}
