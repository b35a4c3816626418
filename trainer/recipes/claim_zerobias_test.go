package recipes_test

import (
	"testing"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/loaders"
	"gaetrain/trainer"
)

// TestHiddenBiases shows what zero-bias autoencoders are about (Konda 2014): a
// regulariser, here noise or an L1 penalty, drives the hidden biases below zero,
// which without one they are not; thresholded units have none, and learn without
// a regulariser. Contraction, of which that is said too, leaves them about zero.
func TestHiddenBiases(t *testing.T) {
	whole, err := sample()
	if err != nil {
		t.Fatal(err)
	}
	data := *whole
	data.Train = whole.Train.Limit(2000)
	model := func(recipe string, change func(*trainer.Config)) *trainer.Experiment {
		c := find(recipe).Configure()
		c.Hidden, c.Code, c.BatchSize, c.Epochs, c.Tied, c.LearningRate = nil, 200, 50, 12, true, 1e-3
		c.CodeActivation, c.OutputActivation, c.Loss = kernel.ReLU, kernel.Linear, graph.SquaredError
		change(&c)
		e, _ := trained(t, c, &data, find(recipe))
		return e
	}
	// biases are the mean of the hidden biases and the share below zero.
	biases := func(regularise func(*trainer.Config)) (mean, negative float64) {
		bias, _ := model("dense", regularise).Parameters.Get("encoder/1/bias")
		n := float64(len(bias.Values()))
		for _, b := range bias.Values() {
			mean += float64(b) / n
			if b < 0 {
				negative += 1 / n
			}
		}
		return mean, negative
	}
	plain, _ := biases(func(*trainer.Config) {})
	for _, r := range []struct {
		name       string
		below      bool
		regularise func(*trainer.Config)
	}{
		{"noise", true, func(c *trainer.Config) { c.Corruption = loaders.Corruption{Kind: loaders.Gaussian, Level: 0.5} }},
		{"an L1 penalty", true, func(c *trainer.Config) { c.L1 = 0.1 }},
		{"contraction", false, func(c *trainer.Config) { c.Contraction = 1 }},
	} {
		mean, negative := biases(r.regularise)
		t.Logf("hidden biases of a plain autoencoder are %.4f in the mean, with %s %.4f, of which %.1f %% negative", plain, r.name, mean, 100*negative)
		if r.below != (mean < -0.01 && mean < 3*plain && negative > 0.9) {
			t.Errorf("%s drives the hidden biases to %.4f, of which %.1f %% are negative", r.name, mean, 100*negative)
		}
	}

	zerobias := model("zerobias", func(*trainer.Config) {})
	if _, ok := zerobias.Parameters.Get("encoder/1/bias"); ok {
		t.Error("there are hidden biases")
	}
	figures, err := zerobias.Model().Evaluate(t.Context(), data.Test)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("thresholded units: %v", figures)
	if dead := figures.Measures[trainer.DeadUnits]; dead > 20 || figures.MSE > 0.025 || figures.Measures[trainer.HoyerSparsity] < 0.7 {
		t.Errorf("thresholded units do not learn: %+v", figures)
	}
}
