package evaluate

import (
	"math"
	"testing"

	"gaetrain/graph/kernel/noise"
)

// TestAutocorrelation computes Moran's I of images whose values are known.
func TestAutocorrelation(t *testing.T) {
	checks, ramp := make([]float32, 64), make([]float32, 64)
	for i := range checks {
		checks[i], ramp[i] = float32((i+i/8)%2), float32(i%8)
	}
	for _, test := range []struct {
		name                    string
		image                   []float32
		channels, height, width int
		want                    float64
	}{
		{"checks", checks, 1, 8, 8, -1},
		{"constant", make([]float32, 64), 1, 8, 8, 0},
		{"two constant channels", []float32{1, 1, 1, 1, 5, 5, 5, 5}, 2, 2, 2, 0},
		{"two halves", []float32{0, 0, 1, 1, 0, 0, 1, 1}, 1, 2, 4, 0.6}, // 8 pairs of equal and 2 of different values
		{"one pixel", []float32{3}, 1, 1, 1, 0},
		{"infinite", []float32{float32(math.Inf(1)), 0, 0, 0}, 1, 2, 2, 0},
	} {
		if got := Autocorrelation(test.image, test.channels, test.height, test.width); math.Abs(got-test.want) > 1e-12 {
			t.Errorf("%s: %g, want %g", test.name, got, test.want)
		}
	}
	if got := Autocorrelation(ramp, 1, 8, 8); got < 0.8 {
		t.Errorf("a ramp: %g", got)
	}
}

// TestNoiseAutocorrelation checks the bound on noise: few images exceed it, and about one
// of six exceeds a third of its distance from the mean.
func TestNoiseAutocorrelation(t *testing.T) {
	for _, shape := range [][3]int{{1, 28, 28}, {3, 8, 8}, {2, 12, 12}} {
		channels, height, width := shape[0], shape[1], shape[2]
		const images = 4000
		mean := -1 / float64(height*width-1)
		bound := NoiseAutocorrelation(channels, height, width)
		one := mean + (bound-mean)/3
		values := make([]float32, channels*height*width)
		beyond, above := 0, 0
		for i := range images {
			noise.Normal(values, noise.Key{Seed: 1, Step: uint64(i)})
			switch got := Autocorrelation(values, channels, height, width); {
			case got > bound:
				beyond++
				above++
			case got > one:
				above++
			}
		}
		if share := float64(above) / images; beyond > 20 || math.Abs(share-0.16) > 0.02 {
			t.Errorf("%v: %d of %d images exceed the bound %.3f, and a share of %.3f exceeds one standard deviation", shape, beyond, images, bound, share)
		}
	}
}
