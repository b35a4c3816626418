package recipes

import (
	"math"
	"slices"
	"testing"

	"gaetrain/graph"
	"gaetrain/graph/layer"
	"gaetrain/trainer"
)

// netPictures is a sample of 40 images of 1×2×3, with a different mean for each pixel.
func netPictures() (s graph.Sample, mean []float64, deviation float64) {
	const count, size = 40, 6
	values := netNormals(count*size, 3)
	mean = make([]float64, size)
	for i := range values {
		values[i] = 0.25*values[i] + float32(i%size)
		mean[i%size] += float64(values[i]) / count
	}
	for i, v := range values {
		deviation += math.Pow(float64(v)-mean[i%size], 2) / float64(len(values))
	}
	return graph.Sample{Count: count, Read: func(dst []float32, i int) error { copy(dst, values[i*size:(i+1)*size]); return nil }}, mean, math.Sqrt(deviation)
}

// netZerobias is a model of 1×2×3 images.
func netZerobias(t testing.TB, units int, act layer.Activation, threshold float64) *zerobias {
	m := zerobiasRecipe.New().(*zerobias)
	m.CodeSize, m.CodeActivation, m.Threshold = units, act, threshold
	return place(t, m, graph.Shape{Channels: 1, Height: 2, Width: 3})
}

// TestStandardisedStart checks that mean and deviation are those of the training images,
// and that each unit starts as a different image, standardised if the model standardises
// its input.
func TestStandardisedStart(t *testing.T) {
	const units = 25
	sample, mean, deviation := netPictures()
	for _, standardised := range []bool{false, true} {
		plain := defaultPlain()
		plain.Hidden, plain.CodeSize, plain.Bias, plain.Initialiser = nil, units, "output", graph.Images
		var m interface {
			trainer.Model
			trainer.DataDependent
		} = place(t, &plain, graph.Shape{Channels: 1, Height: 2, Width: 3})
		if standardised {
			m = netZerobias(t, units, layer.ReLU, 1)
		}
		weights := func(seed uint64) []float32 {
			n := newNet(t, seed, m.Declare)
			if err := m.InitialiseFrom(sample, n.Parameters, seed); err != nil {
				t.Fatal(err)
			}
			if standardised {
				for i, got := range n.values("input/mean") {
					netNear(t, "mean", float64(got), mean[i])
				}
				netNear(t, "deviation", float64(n.values("input/deviation")[0]), deviation)
			}
			want := 2*6*units + 6
			if standardised { // the decoder is tied
				want = 6*units + 6
			}
			if n.Count() != want {
				t.Errorf("%d numbers to train, want %d", n.Count(), want)
			}
			return slices.Clone(n.values("encoder/1/weights"))
		}
		w := weights(1)
		taken := map[int]bool{}
		for unit := range units {
			for i := range sample.Count {
				image := make([]float32, 6)
				if err := sample.Read(image, i); err != nil {
					t.Fatal(err)
				}
				equal := true
				for j, x := range image {
					want := float64(x)
					if standardised {
						want = (want - mean[j]) / deviation
					}
					equal = equal && math.Abs(float64(w[j*units+unit])-0.01*want) < 1e-6
				}
				if equal {
					taken[i] = true
				}
			}
		}
		if len(taken) != units {
			t.Errorf("%d units start as %d different images", units, len(taken))
		}
		if !slices.Equal(weights(1), w) || slices.Equal(weights(2), w) {
			t.Error("the selected images do not depend on the seed")
		}
	}
	m := netZerobias(t, sample.Count+1, layer.ReLU, 1)
	netMentions(t, m.InitialiseFrom(sample, newNet(t, 1, m.Declare).Parameters, 1), "41 units", "40", "hint")
}

// TestMeasure checks that equal images have the deviation 1.
func TestMeasure(t *testing.T) {
	mean := make([]float32, 2)
	got, err := measure(graph.Sample{Count: 3, Read: func(dst []float32, _ int) error { copy(dst, []float32{0.5, 2}); return nil }}, mean)
	if err != nil || got != 1 || mean[0] != 0.5 || mean[1] != 2 {
		t.Errorf("deviation %g, mean %v", got, mean)
	}
}

// TestThreshold compares the codes of every program with codes that are computed
// by hand, with the threshold.
func TestThreshold(t *testing.T) {
	sample, mean, deviation := netPictures()
	for act, threshold := range map[layer.Activation]float64{layer.ReLU: 0.02, layer.LinearUnits: 0.0004} {
		const units, rows = 4, 3
		m := netZerobias(t, units, act, threshold)
		n := newNet(t, 1, m.Declare)
		if err := m.InitialiseFrom(sample, n.Parameters, 1); err != nil {
			t.Fatal(err)
		}
		images := make([]float32, rows*6)
		var encoded, thresholded []float64
		for row := range rows {
			image := images[6*row : 6*(row+1)]
			if err := sample.Read(image, row); err != nil {
				t.Fatal(err)
			}
			for unit := range units {
				var h float64
				for j, x := range image {
					h += (float64(x) - mean[j]) / deviation * float64(n.values("encoder/1/weights")[j*units+unit])
				}
				level := h * h
				if act == layer.ReLU {
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
		for name, test := range map[string]struct {
			program *graph.Program
			want    []float64
		}{
			"encoding":   {n.evaluation(rows, encodes(m, graph.Shape{Channels: 1, Height: 2, Width: 3}), trainer.Code), thresholded},
			"evaluation": {n.evaluation(rows, m.Declare, trainer.Code), thresholded},
			"training":   {n.training(rows, m.Declare, trainer.Code), thresholded},
		} {
			n.run(test.program, rows, netBoth(images))
			for i, got := range test.program.Output(trainer.Code) {
				if math.Abs(float64(got)-test.want[i]) > 1e-6 {
					t.Errorf("%s: code %d is %g, want %g", name, i, got, test.want[i])
				}
			}
		}
		if slices.Equal(encoded, thresholded) {
			t.Error("the threshold changes nothing")
		}
	}
}
