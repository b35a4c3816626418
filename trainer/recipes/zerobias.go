package recipes

import (
	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/trainer"
)

var zerobias = Recipe{
	Name:    "zerobias",
	Summary: "thresholded units without hidden biases: overcomplete features with no other regulariser",
	Idea: `Whatever keeps an autoencoder with many hidden units from copying its input (noise, a sparsity penalty) drives the hidden
biases below zero: they only switch units off. Here they are left out. A unit gives its activation a = w·x as it is where that
exceeds a threshold, and nothing elsewhere: h = a·(a > θ) (TRec, relu units) or h = a·(a² > θ) (TLin, linear units). Selecting
units and setting their values are then two things, and the decoder, tied to the encoder, learns from those selected. The weights
start as faint training images. Once trained, codes are taken without the threshold.`,
	Citation: "K. Konda, R. Memisevic, D. Krueger: Zero-bias autoencoders and the benefits of co-adapting features. ICLR 2015, arXiv:1402.3337",
	Defaults: func(c *trainer.Config) {
		c.Hidden, c.Code, c.Threshold, c.Tied, c.Bias = nil, 500, 1, true, "output"
		c.CodeActivation, c.OutputActivation, c.Loss = kernel.ReLU, kernel.Linear, graph.SquaredError
		c.Initialiser = graph.Images
		c.BatchSize, c.Solver, c.LearningRate, c.Momentum, c.Schedule, c.ClipNorm = 100, "momentum", 1e-3, 0.9, "constant", 10
	},
	Stages: func(c trainer.Config, image graph.Shape) ([]trainer.Stage, error) {
		a, err := architecture(c, image)
		if err != nil {
			return nil, err
		}
		a.Standardised = true
		return []trainer.Stage{stage("train", c, a)}, a.Validate()
	},
}
