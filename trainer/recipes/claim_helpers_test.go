package recipes_test

import (
	"testing"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/evaluate"
)

// after returns the figures of trainedAs on its test images.
func after(t *testing.T, model string, lists ...string) trainer.Figures {
	t.Helper()
	e := trainedAs(t, model, lists...)
	return evaluated(t, e.Trained(), e.Data.Test)
}

// trainedAs trains a recipe of one layer of 40 sigmoid units on 1,000 images.
func trainedAs(t *testing.T, model string, lists ...string) *trainer.Experiment {
	t.Helper()
	u := find(model).plain(append([]string{"hidden=none; code=40; learning-rate=0.01; epochs=15; batch-size=25"}, lists...)...)
	u.Validation = 0
	d := data(t, u, 1000, 250)
	e, _ := trained(t, u, d)
	return e
}

// encoded returns the codes of images.
func encoded(t *testing.T, m *trainer.Trained, split loaders.Split) evaluate.Matrix {
	t.Helper()
	values, err := m.Encode(t.Context(), split)
	if err != nil {
		t.Fatal(err)
	}
	return evaluate.NewMatrix(values, m.CodeSize())
}
