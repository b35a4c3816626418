package recipes_test

import (
	"testing"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/loaders"
	"gaetrain/trainer"
)

// TestHiddenBiases shows what zero-bias autoencoders are about (Konda 2014): a
// regulariser, here noise, drives the hidden biases below zero, which without one
// they are not; thresholded units have none, and learn without a regulariser.
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
	biases := func(noise float32) (mean, negative float64) {
		e := model("dense", func(c *trainer.Config) {
			if noise > 0 {
				c.Corruption = loaders.Corruption{Kind: loaders.Gaussian, Level: noise}
			}
		})
		bias, _ := e.Parameters.Get("encoder/1/bias")
		n := float64(len(bias.Values()))
		for _, b := range bias.Values() {
			mean += float64(b) / n
			if b < 0 {
				negative += 1 / n
			}
		}
		return mean, negative
	}
	plain, _ := biases(0)
	regularised, negative := biases(0.5)
	t.Logf("hidden biases of a plain autoencoder are %.4f in the mean, with noise %.4f, of which %.1f %% negative", plain, regularised, 100*negative)
	if regularised > -0.02 || regularised > 3*plain || negative < 0.9 {
		t.Error("noise does not drive the hidden biases below zero")
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
