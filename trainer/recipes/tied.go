package recipes

import (
	"errors"

	"gaetrain/graph"
	"gaetrain/trainer"
)

var tied = Recipe{
	Name:    "tied",
	Summary: "the decoder's weights are the encoder's, transposed: half the weights, nearly the loss",
	Idea: `What a unit looks for in an image is also what it puts back into one: the decoder shares the encoder's weights,
transposed, one tensor whose gradient is the sum of both uses; biases are its own. That halves the weights, and keeps the
encoder from growing weights so small that its units stay linear while the decoder makes up for it.`,
	Citation: "P. Vincent, H. Larochelle, Y. Bengio, P.-A. Manzagol: Extracting and Composing Robust Features with Denoising Autoencoders. ICML 2008",
	Defaults: func(c *trainer.Config) {
		dense.Defaults(c)
		c.Tied = true
	},
	Stages: func(c trainer.Config, image graph.Shape) ([]trainer.Stage, error) {
		if !c.Tied {
			return nil, errors.New("weights that are not tied; hint: --model dense")
		}
		return autoencoder(c, image)
	},
}
