package recipes_test

import (
	"testing"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/measure"
)

// TestCompressedCodes quantises the codes of trained models. One bit per value has
// at most the error of the mean training image, and 8 bits have the error that eval
// measures. Compression does not lower the error, except by a small amount of noise.
func TestCompressedCodes(t *testing.T) {
	t.Parallel()
	for recipe, list := range map[string]string{
		"dense":    "hidden=64,32; code=4; epochs=12; batch-size=25",
		"zerobias": "hidden=none; code=50; epochs=6; batch-size=25; learning-rate=1e-3",
	} {
		u := find(recipe).plain(list)
		d := halfData(t, u, 500, 100)
		e, _ := trained(t, u, d)
		model := e.Trained().Treated(trainer.Treatment{})
		codes, err := measure.Codes(t.Context(), model, d.Test)
		if err != nil {
			t.Fatal(err)
		}
		points, err := measure.Rates(t.Context(), model, d.Train, d.Test, codes)
		if err != nil {
			t.Fatal(err)
		}
		before, of := meanImageError(d), evaluated(t, model, d.Test).MSE
		t.Logf("%s: squared error %.5f, mean image %.5f", recipe, of, before)
		for _, p := range points {
			if !measure.IsCodes(p) {
				continue
			}
			t.Logf("%s: %.1f bytes, squared error %.5f", p.Setting, p.Bytes, p.MSE)
			if p.MSE > 1.02*before || p.MSE < 0.98*of {
				t.Errorf("%s, %s: squared error %.5f, want from %.5f (without compression) to %.5f (with fewer bits, or of the mean image)", recipe, p.Setting, p.MSE, of, before)
			}
			before = p.MSE
		}
		if before > 1.002*of {
			t.Errorf("%s: squared error %.5f with 8 bits, %.5f without compression", recipe, before, of)
		}
	}
}

// meanImageError is the squared error of the mean training image on the test images.
func meanImageError(d *loaders.Dataset) float64 {
	train, test := pixels(d.Train), pixels(d.Test)
	mean := make([]float32, train.Columns)
	for i := range train.Rows {
		for j, v := range train.Row(i) {
			mean[j] += v / float32(train.Rows)
		}
	}
	var all []float32
	for range test.Rows {
		all = append(all, mean...)
	}
	return squaredError(all, test.Values)
}
