package recipes_test

import (
	"math"
	"testing"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/evaluate"
)

// TestDenoising trains a code larger than the image, which could be a copy of it:
// then noise would come back as it is. Trained on corrupted images, it fills in
// what was hit, at a level that it has seen and at one that it has not, and a
// linear classifier does better on it than on pixels (Vincent 2010).
func TestDenoising(t *testing.T) {
	whole, err := sample()
	if err != nil {
		t.Fatal(err)
	}
	data := *whole
	data.Train = whole.Train.Limit(1000)
	model := func(corruption loaders.Corruption) *trainer.Model {
		c := find("denoising").Configure()
		c.BatchSize, c.Epochs, c.Pictures, c.Corruption = 25, 10, 0, corruption
		e, _ := trained(t, c, &data, find("denoising"))
		return e.Model()
	}
	denoising, plain := model(trainer.Masking(0.25)), model(loaders.Corruption{})
	mse := func(m *trainer.Model, c loaders.Corruption) (reconstruction, input float64) {
		r, err := m.Corrupted(c).Reconstruct(data.Test)
		if err != nil {
			t.Fatal(err)
		}
		for i, x := range r.Original {
			reconstruction += math.Pow(float64(r.Reconstruction[i]-x), 2) / float64(len(r.Original))
			input += math.Pow(float64(r.Input[i]-x), 2) / float64(len(r.Original))
		}
		return reconstruction, input
	}
	for _, c := range []loaders.Corruption{trainer.Masking(0.25), trainer.Masking(0.5)} {
		restored, identity := mse(denoising, c)
		copied, _ := mse(plain, c)
		t.Logf("%v: mse %.4f, without denoising %.4f, of the identity %.4f", c, restored, copied, identity)
		if restored > 0.8*copied || restored > 0.5*identity {
			t.Error("the noise is given back")
		}
	}
	accuracy := func(train, test evaluate.Matrix) float64 {
		probe, err := evaluate.NewLogisticRegression(t.Context(), train, data.Train.Labels, 1)
		if err != nil {
			t.Fatal(err)
		}
		confusion, err := evaluate.Confuse(len(data.Classes), data.Test.Labels, probe.Predict(test))
		if err != nil {
			t.Fatal(err)
		}
		return confusion.Accuracy()
	}
	codes := func(split loaders.Split) evaluate.Matrix {
		values, err := denoising.Encode(t.Context(), split)
		if err != nil {
			t.Fatal(err)
		}
		return evaluate.NewMatrix(values, denoising.Stage.Architecture.CodeSize())
	}
	onCodes, onPixels := accuracy(codes(data.Train), codes(data.Test)), accuracy(evaluate.Pixels(data.Train), evaluate.Pixels(data.Test))
	t.Logf("accuracy on codes %.3f, on pixels %.3f", onCodes, onPixels)
	if onCodes < onPixels+0.01 {
		t.Error("codes are no better than pixels")
	}
}
