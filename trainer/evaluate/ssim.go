package evaluate

import (
	"fmt"
	"math"
)

// Constants of the structural similarity (Wang, Bovik, Sheikh & Simoncelli 2004).
const (
	ssimDeviation = 1.5         // of the Gaussian window, in pixels
	ssimRadius    = 5           // of the window of 11×11 pixels
	ssimLuminance = 0.01 * 0.01 // C₁ for values from 0 to 1
	ssimContrast  = 0.03 * 0.03 // C₂
	ssimBorder    = ssimRadius  // pixels at each border, whose windows leave the image, are not averaged
	ssimSmallest  = 2*ssimBorder + 1
)

// SSIM is the structural similarity of two images C×H×W with values from 0 to 1, averaged
// over channels and over the pixels whose window lies in the image:
//
//	(2·m_x·m_y + C₁)(2·s_xy + C₂) / ((m_x² + m_y² + C₁)(s_x² + s_y² + C₂)),
//
// with means m, variances s² and the covariance s_xy in a Gaussian window. It is 1 for equal
// images and can be negative. The images have at least 11×11 pixels, else the error wraps
// ErrInput.
func SSIM(x, y []float32, channels, height, width int) (float64, error) {
	if height < ssimSmallest || width < ssimSmallest {
		return 0, fmt.Errorf("%w: the structural similarity needs images of at least %d×%[2]d pixels, but they have %d×%d", ErrInput, ssimSmallest, height, width)
	}
	plane := height * width
	if len(x) != channels*plane || len(y) != len(x) {
		return 0, fmt.Errorf("%w: images of %d and %d values, want %d", ErrInput, len(x), len(y), channels*plane)
	}
	var sum float64
	for c := range channels {
		sum += planeSSIM(x[c*plane:(c+1)*plane], y[c*plane:(c+1)*plane], height, width)
	}
	return sum / float64(channels), nil
}

func planeSSIM(x, y []float32, height, width int) float64 {
	products := [5][]float64{}
	for k := range products {
		products[k] = make([]float64, len(x))
	}
	for i := range x {
		a, b := float64(x[i]), float64(y[i])
		for k, v := range [...]float64{a, b, a * a, b * b, a * b} {
			products[k][i] = v
		}
	}
	for k := range products {
		products[k] = windowed(products[k], height, width)
	}
	var sum float64
	for i, mx := range products[0] {
		my := products[1][i]
		varianceX, varianceY, covariance := products[2][i]-mx*mx, products[3][i]-my*my, products[4][i]-mx*my
		sum += (2*mx*my + ssimLuminance) * (2*covariance + ssimContrast) / ((mx*mx + my*my + ssimLuminance) * (varianceX + varianceY + ssimContrast))
	}
	return sum / float64(len(products[0]))
}

// windowed returns the means of a plane H×W in the Gaussian windows that lie in it,
// (H−10)×(W−10).
func windowed(plane []float64, height, width int) []float64 {
	rows := make([]float64, height*(width-2*ssimBorder))
	inner := width - 2*ssimBorder
	for y := range height {
		for x := range inner {
			for k, w := range ssimWindow {
				rows[y*inner+x] += w * plane[y*width+x+k]
			}
		}
	}
	means := make([]float64, (height-2*ssimBorder)*inner)
	for y := range height - 2*ssimBorder {
		for x := range inner {
			for k, w := range ssimWindow {
				means[y*inner+x] += w * rows[(y+k)*inner+x]
			}
		}
	}
	return means
}

// ssimWindow is one dimension of the window. Its weights sum to 1.
var ssimWindow = func() (window [ssimSmallest]float64) {
	var sum float64
	for k := range window {
		distance := float64(k-ssimRadius) / ssimDeviation
		window[k] = math.Exp(-distance * distance / 2)
		sum += window[k]
	}
	for k := range window {
		window[k] /= sum
	}
	return window
}()
