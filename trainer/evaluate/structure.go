package evaluate

import "math"

// Autocorrelation is Moran's I of an image C×H×W over neighbouring pixels of a row or a
// column:
//
//	I = (1/E) Σ_{neighbours p, q} (w_p − w̄)(w_q − w̄) / ((1/N) Σ_p (w_p − w̄)²),
//
// where w̄ is the mean of each channel, N the number of pixels and E the number of pairs
// of neighbours, of all channels. It is near 1 for smooth images and near 0 for noise. It
// is 0 for an image whose channels are constant.
//
// P. A. P. Moran: Notes on Continuous Stochastic Phenomena. Biometrika 37, 1950.
func Autocorrelation(image []float32, channels, height, width int) float64 {
	var products, squares float64
	area := height * width
	for c := range channels {
		plane, mean := image[c*area:(c+1)*area], 0.0
		for _, v := range plane {
			mean += float64(v) / float64(area)
		}
		for i, v := range plane {
			d := float64(v) - mean
			squares += d * d
			if i%width > 0 {
				products += d * (float64(plane[i-1]) - mean)
			}
			if i >= width {
				products += d * (float64(plane[i-width]) - mean)
			}
		}
	}
	pairs := height*(width-1) + width*(height-1)
	if !(squares > 0) || math.IsInf(squares, 0) || pairs == 0 {
		return 0
	}
	return products / float64(pairs) / (squares / float64(area))
}

// NoiseAutocorrelation is a bound of the Autocorrelation of independent normal values: the
// mean and three standard deviations, which one of 740 such images exceeds. It is exact for
// one channel, and nearly so for more channels of equal variance. An image has at least two
// pixels.
func NoiseAutocorrelation(channels, height, width int) float64 {
	n := float64(height * width)
	degree := func(i, length int) float64 { return float64(min(i, 1) + min(length-1-i, 1)) }
	var s0, s2 float64 // of Moran's weights, which are 1 for neighbours
	for y := range height {
		for x := range width {
			d := degree(y, height) + degree(x, width)
			s0, s2 = s0+d, s2+4*d*d
		}
	}
	s1 := 2 * s0
	mean := -1 / (n - 1)
	variance := (n*n*s1-n*s2+3*s0*s0)/((n*n-1)*s0*s0) - mean*mean
	return mean + 3*math.Sqrt(variance/float64(channels))
}
