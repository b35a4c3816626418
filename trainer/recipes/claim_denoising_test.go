package recipes_test

import (
	"math"
	"testing"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/evaluate"
)

// TestDenoising trains a code larger than the image, which could copy the image
// together with its noise. After training on corrupted images, the model restores
// corrupted pixels, at the level of training and at another level. A linear classifier
// is more accurate on codes than on pixels (Vincent 2010).
func TestDenoising(t *testing.T) {
	t.Parallel()
	var d *loaders.Dataset
	model := func(corruption string) *trainer.Trained {
		u := find("denoising").plain("code=600; batch-size=25; epochs=24; corruption=" + corruption)
		d = halfData(t, u, 1000, 0)
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
