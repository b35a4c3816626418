package evaluate

import (
	"fmt"

	"gaetrain/graph/kernel"
)

// HasSSIM reports whether images of H×W pixels are large enough for SSIM.
func HasSSIM(height, width int) bool { return kernel.SimilarityScales(height, width) > 0 }

// SSIM is the structural similarity of N pairs of images C×H×W with values from 0 to 1
// (Wang, Bovik, Sheikh & Simoncelli 2004), averaged over channels and over the pixels whose
// Gaussian window of 11×11 pixels lies in the image, see kernel.Similarity. It is 1 for
// equal images and can be negative. The images have at least 11×11 pixels, else the error
// wraps ErrInput (x, y: N×C·H·W; the result: N values, whose rounding error is below 1e-5).
func SSIM(x, y []float32, channels, height, width int) ([]float64, error) {
	if !HasSSIM(height, width) {
		return nil, fmt.Errorf("%w: the structural similarity needs images of at least %d×%[2]d pixels, but they have %d×%d", ErrInput, kernel.SimilarityWindow, height, width)
	}
	size := channels * height * width
	if len(x)%size != 0 || len(y) != len(x) {
		return nil, fmt.Errorf("%w: images of %d and %d values, want a multiple of %d", ErrInput, len(x), len(y), size)
	}
	distances := make([]float32, len(x)/size)
	kernel.NewSimilarity(channels, height, width, 1).Dissimilarity(len(distances), 1, x, y, nil, distances)
	similarities := make([]float64, len(distances))
	for i, d := range distances {
		similarities[i] = 1 - float64(d)/float64(size)
	}
	return similarities, nil
}
