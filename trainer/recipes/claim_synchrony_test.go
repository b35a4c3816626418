package recipes_test

import (
	"context"
	"testing"

	"gaetrain/loaders"
	"gaetrain/trainer/evaluate"
)

// TestSynchrony checks what gated autoencoders learn from moving patches (Konda 2013).
// The two filters of a unit have similar spectra and different phases. A linear
// classifier predicts the direction of motion from codes, but not from the pixels of
// both frames.
func TestSynchrony(t *testing.T) {
	t.Parallel()
	u := find("synchrony").plain("epochs=12; batch-size=64")
	d := data(t, u, 0, 0)
	e, _ := trained(t, u, d)
	m := e.Trained()

	weights, _ := e.Parameters.Get("encoder/1/weights")
	pairs, err := evaluate.NewFilterPairs(evaluate.NewMatrix(weights.Values(), m.CodeSize()))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("filters of a unit: %+v", pairs)
	if pairs.Alike < pairs.Others+0.1 || pairs.InPhase > 0.6*pairs.Alike {
		t.Error("the two filters of a unit do not match")
	}

	right := func(of func(loaders.Split) evaluate.Matrix) float64 {
		l, err := evaluate.NewLogisticRegression(context.Background(), of(d.Train), evaluate.Directions(d.Train), 1)
		if err != nil {
			t.Fatal(err)
		}
		correct, labels := 0.0, evaluate.Directions(d.Test)
		for i, predicted := range l.Predict(of(d.Test)) {
			if predicted == int(labels[i]) {
				correct++
			}
		}
		return correct / float64(len(labels))
	}
	fromCodes := right(func(split loaders.Split) evaluate.Matrix { return encoded(t, m, split) })
	fromPixels := right(pixels)
	t.Logf("accuracy for four directions of motion: %.3f from codes, %.3f from pixels", fromCodes, fromPixels)
	if fromCodes < 0.5 || fromPixels > fromCodes-0.1 {
		t.Error("codes do not predict the motion")
	}
}
