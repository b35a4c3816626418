package measure

import (
	"encoding/json"
	"errors"
	"math"
	"testing"

	"gaetrain/trainer"
	"gaetrain/trainer/evaluate"
)

// FuzzCalibration reads detector.json files with the right checksum, and uses their scores.
func FuzzCalibration(f *testing.F) {
	for _, text := range []string{
		`{"format": 1, "items": 3, "scores": {"mse": [1, 2, 3]}}`, `{"format": 1, "items": -1, "scores": {"mse": [3, 2, 1e308]}}`, `{"scores": {"mse": []}}`, `{"scores": null}`,
		`{"items": 9223372036854775807, "scores": {"mse": [-1e308, 1e308]}}`,
	} {
		f.Add([]byte(text), 0.3)
	}
	run := trainer.Run{Dir: f.TempDir()}
	f.Fuzz(func(t *testing.T, data []byte, rate float64) {
		var content Calibration
		if json.Unmarshal(data, &content) != nil || run.WriteSealed("detector.json", content) != nil {
			t.Skip()
		}
		saved := new(Calibration)
		if err := run.ReadSealed("detector.json", saved); err != nil {
			t.Fatal(err)
		}
		conformal, err := saved.Conformal(MSEScore)
		if err != nil {
			if !errors.Is(err, evaluate.ErrInput) {
				t.Errorf("error %v", err)
			}
			return
		}
		threshold, err := conformal.Threshold(rate)
		if err != nil && !errors.Is(err, evaluate.ErrInput) || err == nil && math.IsNaN(threshold) {
			t.Errorf("threshold %g, %v", threshold, err)
		}
		if p := conformal.PValue(threshold); !(p > 0 && p <= 1) {
			t.Errorf("p-value %g", p)
		}
	})
}
