package recipes_test

import (
	"testing"

	"gaetrain/loaders"
	"gaetrain/trainer"
)

// TestHiddenBiases checks the claims about hidden biases (Konda 2014). A regulariser, here
// noise or an L1 penalty, makes the hidden biases negative. Without one they are not
// negative. Thresholded units have no hidden biases, and learn without a regulariser.
// The paper makes the same claim for contraction, but its biases stay near zero.
func TestHiddenBiases(t *testing.T) {
	t.Parallel()
	var d *loaders.Dataset
	model := func(recipe, list string) *trainer.Experiment {
		u := find(recipe).plain("hidden=none; code=200; batch-size=25; epochs=12; tied=true; learning-rate=1e-3", "code-activation=relu; output-activation=linear; loss=squared-error", list)
		d = data(t, u, 1000, 250)
		e, _ := trained(t, u, d)
		return e
	}
	// biases returns the mean of the hidden biases and the share below zero.
	biases := func(list string) (mean, negative float64) {
		bias, _ := model("dense", list).Parameters.Get("encoder/1/bias")
		n := float64(len(bias.Values()))
		for _, b := range bias.Values() {
			mean += float64(b) / n
			if b < 0 {
				negative += 1 / n
			}
		}
		return mean, negative
	}
	plain, _ := biases("")
	for _, r := range []struct {
		name       string
		below      bool
		regularise string
	}{
		{"noise", true, "corruption=gaussian:0.5"},
		{"an L1 penalty", true, "l1=0.1"},
		{"contraction", false, "contraction=1"},
	} {
		mean, negative := biases(r.regularise)
		t.Logf("mean of the hidden biases: %.4f in a plain autoencoder, with %s %.4f; %.1f %% are negative", plain, r.name, mean, 100*negative)
		if r.below != (mean < -0.01 && mean < 3*plain && negative > 0.9) {
			t.Errorf("with %s the mean of the hidden biases is %.4f, and %.1f %% are negative", r.name, mean, 100*negative)
		}
	}

	zerobias := model("zerobias", "")
	if _, ok := zerobias.Parameters.Get("encoder/1/bias"); ok {
		t.Error("the model has hidden biases")
	}
	figures := evaluated(t, zerobias.Trained(), d.Test)
	t.Logf("thresholded units: %v", figures)
	if dead := figures.Measures[trainer.DeadUnits]; dead > 20 || figures.MSE > 0.025 || figures.Measures[trainer.HoyerSparsity] < 0.7 {
		t.Errorf("thresholded units do not learn: %+v", figures)
	}
}
