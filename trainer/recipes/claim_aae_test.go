package recipes_test

import (
	"context"
	"math"
	"testing"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/evaluate"
)

// TestCodesMatchThePrior checks that the codes of an aae have the moments of N(0, I).
// A classifier of their values and squares hardly separates them from samples of
// N(0, I). It separates the codes of the same autoencoder without a discriminator.
func TestCodesMatchThePrior(t *testing.T) {
	t.Parallel()
	with, codes := separability(t, "aae")
	plain, _ := separability(t, "dense")
	t.Logf("accuracy of codes against samples of the prior: %.3f of aae, %.3f of dense", with, plain)
	if with > 0.6 || plain < 0.8 {
		t.Errorf("accuracy of codes against samples of the prior: %.3f of aae, %.3f of dense; want at most 0.6 and at least 0.8", with, plain)
	}
	for unit := range codes.Columns {
		var mean, square float64
		for i := range codes.Rows {
			v := float64(codes.Row(i)[unit])
			mean, square = mean+v/float64(codes.Rows), square+v*v/float64(codes.Rows)
		}
		if variance := square - mean*mean; math.Abs(mean) > 0.35 || variance < 0.5 || variance > 1.6 {
			t.Errorf("value %d of the codes of aae has mean %.2f and variance %.2f", unit, mean, variance)
		}
	}
}

// separability trains a model, and returns the accuracy of a classifier of test codes
// and samples of N(0, I), and the codes.
func separability(t *testing.T, model string) (float64, evaluate.Matrix) {
	t.Helper()
	const size = 8
	u := find(model).plain("hidden=128,64; code=8; epochs=12; batch-size=16; learning-rate=2e-3; warmup=0; activation=relu")
	d := data(t, u, 1500, 0)
	e, _ := trained(t, u, d)
	codes := encoded(t, e.Trained(), d.Test)
	accuracy := separable(t, d.Test, codes, trainer.Draw(d.Test.Len(), size, 7, 1))
	return accuracy, codes
}

// separable is the accuracy of a classifier of codes and samples by their values and
// squares. It is trained on one half of them and measured on the other half.
func separable(t *testing.T, split loaders.Split, codes evaluate.Matrix, draws []float32) float64 {
	t.Helper()
	size := codes.Columns
	var rows []float32
	var labels []loaders.Label
	for i := range split.Len() {
		for label, row := range [][]float32{codes.Row(i), draws[i*size : (i+1)*size]} {
			rows = append(rows, row...)
			for _, v := range row {
				rows = append(rows, v*v)
			}
			labels = append(labels, loaders.Label(label))
		}
	}
	all, half := evaluate.NewMatrix(rows, 2*size), split.Len()
	classifier, err := evaluate.NewLogisticRegression(context.Background(), all.Slice(0, half), labels[:half], 1e-3)
	if err != nil {
		t.Fatal(err)
	}
	right := 0
	for i, class := range classifier.Predict(all.Slice(half, all.Rows)) {
		if class == int(labels[half+i]) {
			right++
		}
	}
	return float64(right) / float64(all.Rows-half)
}
