package recipes_test

import (
	"context"
	"testing"

	"gaetrain/loaders"
	"gaetrain/trainer/evaluate"
)

// TestSynchrony shows what gated autoencoders learn of moving patches (Konda
// 2013): the two filters of a unit have spectra that are alike, and phases that
// are not; and a linear classifier tells from codes where an image has moved,
// which it cannot from the pixels of both frames.
func TestSynchrony(t *testing.T) {
	r := find("synchrony")
	c := r.Configure()
	c.Epochs, c.BatchSize = 12, 64
	whole, err := sample()
	if err != nil {
		t.Fatal(err)
	}
	data := *whole
	data.Train, data.Test = whole.Train.Pairs(c.Motion, c.Seed), whole.Test.Pairs(c.Motion, c.Seed)
	e, _ := trained(t, c, &data, r)

	weights, _ := e.Parameters.Get("encoder/1/weights")
	pairs, err := evaluate.NewFilterPairs(evaluate.NewMatrix(weights.Values(), c.Code))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("of a unit's filters: %+v", pairs)
	if pairs.Alike < pairs.Others+0.1 || pairs.InPhase > 0.6*pairs.Alike {
		t.Error("the filters of a unit do not belong together")
	}

	codes := func(split loaders.Split) evaluate.Matrix {
		values, err := e.Model().Encode(context.Background(), split)
		if err != nil {
			t.Fatal(err)
		}
		return evaluate.NewMatrix(values, c.Code)
	}
	right := func(of func(loaders.Split) evaluate.Matrix) float64 {
		l, err := evaluate.NewLogisticRegression(context.Background(), of(data.Train), evaluate.Directions(data.Train), 1)
		if err != nil {
			t.Fatal(err)
		}
		correct, labels := 0.0, evaluate.Directions(data.Test)
		for i, predicted := range l.Predict(of(data.Test)) {
			if predicted == int(labels[i]) {
				correct++
			}
		}
		return correct / float64(len(labels))
	}
	fromCodes, fromPixels := right(codes), right(evaluate.Pixels)
	t.Logf("of four directions of motion, %.3f are told from codes, %.3f from pixels", fromCodes, fromPixels)
	if fromCodes < 0.5 || fromPixels > fromCodes-0.1 {
		t.Error("codes do not tell the motion")
	}
}
