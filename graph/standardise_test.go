package graph_test

import (
	"math"
	"slices"
	"testing"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/graph/kernel/noise"
)

// pictures are a sample of 40 images of 1×2×3 around a mean that differs from
// pixel to pixel.
func pictures() (s graph.Sample, mean []float64, deviation float64) {
	const count, size = 40, 6
	values := make([]float32, count*size)
	noise.Gaussian(values, noise.Key{Seed: 3})
	mean = make([]float64, size)
	for i := range values {
		values[i] = 0.25*values[i] + float32(i%size)
		mean[i%size] += float64(values[i]) / count
	}
	for i, v := range values {
		deviation += math.Pow(float64(v)-mean[i%size], 2) / float64(len(values))
	}
	return graph.Sample{Count: count, Read: func(dst []float32, i int) { copy(dst, values[i*size:(i+1)*size]) }}, mean, math.Sqrt(deviation)
}

// imprinted is an architecture of 1×2×3 images that starts from images.
func imprinted(standardised bool, units int) graph.Architecture {
	a := fullyConnected(graph.Shape{Channels: 1, Height: 2, Width: 3}, nil, units, kernel.ReLU, kernel.ReLU, kernel.Linear, graph.HeNormal)
	a.Encoder[0].Initialiser, a.Encoder[0].NoBias, a.Standardised = graph.Images, true, standardised
	return a
}

func TestInitialiseFrom(t *testing.T) {
	sample, mean, deviation := pictures()
	for _, standardised := range []bool{false, true} {
		const units = 25
		a := imprinted(standardised, units)
		weights := func(seed uint64) []float32 {
			p := parameters(t, a, seed)
			count := p.Count()
			if err := p.InitialiseFrom(sample, a, seed); err != nil {
				t.Fatal(err)
			}
			if standardised {
				closeTo(t, "mean", values(t, p, "input/mean"), mean)
				closeTo(t, "deviation", values(t, p, "input/deviation"), []float64{deviation})
			}
			if want := 2*6*units + 6; count != want {
				t.Errorf("%d numbers to train, want %d", count, want)
			}
			return slices.Clone(values(t, p, "encoder/1/weights"))
		}
		w := weights(1)
		taken := map[int]bool{}
		for unit := range units {
			for i := range sample.Count {
				image := make([]float32, 6)
				sample.Read(image, i)
				same := true
				for j, x := range image {
					want := float64(x)
					if standardised {
						want = (want - mean[j]) / deviation
					}
					same = same && math.Abs(float64(w[j*units+unit])-0.01*want) < 1e-6
				}
				if same {
					taken[i] = true
				}
			}
		}
		if len(taken) != units {
			t.Errorf("%d units start as %d different images", units, len(taken))
		}
		if !slices.Equal(weights(1), w) || slices.Equal(weights(2), w) {
			t.Error("which images is no matter of the seed")
		}
	}
	a := imprinted(false, sample.Count+1)
	mentions(t, parameters(t, a, 1).InitialiseFrom(sample, a, 1), "41 units", "40", "hint")
}

func closeTo(t *testing.T, what string, got []float32, want []float64) {
	t.Helper()
	for i, w := range want {
		if math.Abs(float64(got[i])-w) > 1e-6*max(1, math.Abs(w)) {
			t.Errorf("%s[%d] is %g, want %g", what, i, got[i], w)
		}
	}
}

// TestStandardisedCodes computes codes by hand, with and without a threshold.
func TestStandardisedCodes(t *testing.T) {
	sample, mean, deviation := pictures()
	for _, activation := range []kernel.Activation{kernel.ReLU, kernel.Linear} {
		const units, threshold, rows = 4, 0.0004, 3
		a := imprinted(true, units)
		a.Encoder[0].Activation, a.Encoder[0].Threshold = activation, threshold
		p := parameters(t, a, 1)
		if err := p.InitialiseFrom(sample, a, 1); err != nil {
			t.Fatal(err)
		}
		images := make([]float32, rows*6)
		var encoded, thresholded []float64
		for row := range rows {
			image := images[6*row : 6*(row+1)]
			sample.Read(image, row)
			for unit := range units {
				var h float64
				for j, x := range image {
					h += (float64(x) - mean[j]) / deviation * float64(values(t, p, "encoder/1/weights")[j*units+unit])
				}
				level := h * h
				if activation == kernel.ReLU {
					h = max(h, 0)
					level = h
				}
				encoded = append(encoded, h)
				if level <= threshold {
					h = 0
				}
				thresholded = append(thresholded, h)
			}
		}
		for mode, want := range map[graph.Mode][]float64{graph.Encoding: encoded, graph.Evaluation: thresholded} {
			program := compile(t, a, objectives[0], p, mode, rows)
			if err := program.Run(graph.Batch{Rows: rows, Input: images, Target: images}); err != nil {
				t.Fatal(err)
			}
			closeTo(t, mode.String(), program.Codes(), want)
		}
		if slices.Equal(encoded, thresholded) {
			t.Error("the threshold changes nothing")
		}
	}
}
