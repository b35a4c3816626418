package recipes_test

import (
	"math"
	"testing"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/evaluate"
)

// halved is a split of images of half the size, 1×14×14, of means of four pixels.
func halved(s loaders.Split) loaders.Split {
	shape := loaders.Shape{Channels: 1, Height: s.Shape.Height / 2, Width: s.Shape.Width / 2}
	image, values := make([]float32, s.Shape.Size()), make([]float32, 0, s.Len()*shape.Size())
	for i := range s.Len() {
		if err := s.Read(image, i, 0); err != nil {
			panic(err)
		}
		for y := range shape.Height {
			for x := range shape.Width {
				at := 2*y*s.Shape.Width + 2*x
				values = append(values, (image[at]+image[at+1]+image[at+s.Shape.Width]+image[at+s.Shape.Width+1])/4)
			}
		}
	}
	small := loaders.Values(shape, values)
	small.Labels = s.Labels
	return small
}

// TestDenoising trains a code larger than the image, which could copy the image
// together with its noise. After training on corrupted images, the model restores
// corrupted pixels, at the level of training and at another level. A linear classifier
// is more accurate on codes than on pixels (Vincent 2010).
func TestDenoising(t *testing.T) {
	t.Parallel()
	var d *loaders.Dataset
	model := func(corruption string) *trainer.Trained {
		u := find("denoising").plain("code=600; batch-size=25; epochs=24; corruption=" + corruption)
		d = data(t, u, 1000, 0)
		d.Train, d.Test = halved(d.Train), halved(d.Test)
		e, _ := trained(t, u, d)
		return e.Trained()
	}
	denoising, plain := model("masking:0.25"), model("none")
	mse := func(m *trainer.Trained, c loaders.Corruption) (reconstruction, input float64) {
		r, err := m.Corrupted(c).Reconstruct(t.Context(), d.Test)
		if err != nil {
			t.Fatal(err)
		}
		for i, x := range r.Original {
			reconstruction += math.Pow(float64(r.Reconstruction[i]-x), 2) / float64(len(r.Original))
			input += math.Pow(float64(r.Input[i]-x), 2) / float64(len(r.Original))
		}
		return reconstruction, input
	}
	for _, c := range []loaders.Corruption{mask(0.25), mask(0.5)} {
		restored, identity := mse(denoising, c)
		copied, _ := mse(plain, c)
		t.Logf("%v: mse %.4f, without denoising %.4f, identity %.4f", c, restored, copied, identity)
		if restored > 0.8*copied || restored > 0.5*identity {
			t.Error("the noise is reconstructed")
		}
	}
	accuracy := func(train, test evaluate.Matrix) float64 {
		probe, err := evaluate.NewLogisticRegression(t.Context(), train, d.Train.Labels, 1)
		if err != nil {
			t.Fatal(err)
		}
		confusion, err := evaluate.Confuse(len(d.Classes), d.Test.Labels, probe.Predict(test))
		if err != nil {
			t.Fatal(err)
		}
		return confusion.Accuracy()
	}
	onCodes := accuracy(encoded(t, denoising, d.Train), encoded(t, denoising, d.Test))
	onPixels := accuracy(pixels(d.Train), pixels(d.Test))
	t.Logf("accuracy on codes %.3f, on pixels %.3f", onCodes, onPixels)
	if onCodes < onPixels+0.01 {
		t.Error("codes are not better than pixels")
	}
}
