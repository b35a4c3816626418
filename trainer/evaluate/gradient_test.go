package evaluate_test

import (
	"slices"
	"testing"

	"gaetrain/trainer/evaluate"
)

// TestGradientEnergy has two images of two channels of 2×3 pixels: no difference crosses
// a row, a channel or an image.
func TestGradientEnergy(t *testing.T) {
	t.Parallel()
	images := []float32{
		0, 1, 3, // differences: 1, 2 and, below, 4, 1, 3
		4, 0, 0, // 4, 0
		9, 9, 9,
		9, 9, 9,
		7, 7, 7, 7, 7, 7,
		5, 5, 5, 5, 5, 6,
	}
	want := []float64{1 + 4 + 16 + 1 + 9 + 16, 1 + 1}
	if got := evaluate.GradientEnergy(images, 2, 2, 3); !slices.Equal(got, want) {
		t.Errorf("the energies are %v, want %v", got, want)
	}
}
