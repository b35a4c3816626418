package recipes_test

import (
	"context"
	"math"
	"slices"
	"testing"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/evaluate"
)

// TestCodesMatchThePrior: the codes of an aae have the moments of N(0, I), and a
// classifier of their values and squares hardly tells them from draws of it;
// those of the same autoencoder without a discriminator it tells.
func TestCodesMatchThePrior(t *testing.T) {
	whole, err := sample()
	if err != nil {
		t.Fatal(err)
	}
	data := *whole
	data.Train = whole.Train.Limit(3000)
	fooled, codes := toldFromPrior(t, &data, "aae")
	plain, _ := toldFromPrior(t, &data, "dense")
	t.Logf("told from the prior: %.3f of aae, %.3f of dense", fooled, plain)
	if fooled > 0.6 || plain < 0.8 {
		t.Errorf("told from the prior: %.3f of aae, %.3f of dense; want at most 0.6 and at least 0.8", fooled, plain)
	}
	for unit := range codes.Columns {
		var mean, square float64
		for i := range codes.Rows {
			v := float64(codes.Row(i)[unit])
			mean, square = mean+v/float64(codes.Rows), square+v*v/float64(codes.Rows)
		}
		if variance := square - mean*mean; math.Abs(mean) > 0.35 || variance < 0.5 || variance > 1.6 {
			t.Errorf("value %d of aae's codes has mean %.2f and variance %.2f", unit, mean, variance)
		}
	}
}

// toldFromPrior trains a model, and returns the share of test codes and draws of
// N(0, I) that a classifier tells apart, and the codes.
func toldFromPrior(t *testing.T, data *loaders.Dataset, model string) (float64, evaluate.Matrix) {
	t.Helper()
	r := find(model)
	c := r.Configure()
	c.Hidden, c.Code, c.Epochs, c.BatchSize, c.LearningRate, c.Pictures = []int{256, 128}, 8, 12, 32, 2e-3, 0
	e, _ := trained(t, c, data, r)
	values, err := e.Model().Encode(context.Background(), data.Test)
	if err != nil {
		t.Fatal(err)
	}
	// Rows in turn of a code and of a draw, with their squares.
	draws := trainer.Draw(data.Test.Len(), c.Code, 7, 1)
	var rows []float32
	var labels []uint8
	for i := range data.Test.Len() {
		for label, from := range [][]float32{values, draws} {
			row := from[i*c.Code : (i+1)*c.Code]
			rows = append(rows, row...)
			for _, v := range row {
				rows = append(rows, v*v)
			}
			labels = append(labels, uint8(label))
		}
	}
	all, half := evaluate.NewMatrix(rows, 2*c.Code), data.Test.Len()
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
	return float64(right) / float64(all.Rows-half), evaluate.NewMatrix(slices.Clone(values), c.Code)
}
