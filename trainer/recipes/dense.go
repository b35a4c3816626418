package recipes

import (
	"gaetrain/graph/kernel"
	"gaetrain/trainer"
)

var dense = Recipe{
	Name:    "dense",
	Summary: "fully connected, any depth: beats PCA at the same code size",
	Idea: `An encoder of fully connected layers squeezes an image into a code of a few numbers, and a decoder of the mirrored
layers expands the code back. Trained to reproduce its input, the network has to find what images of this kind have in
common: with linear layers that is the subspace of the principal components, with nonlinear ones a curved surface that
fits the images more closely at the same code size.`,
	Citation: "G. E. Hinton, R. R. Salakhutdinov: Reducing the Dimensionality of Data with Neural Networks. Science 313 (2006), 504–507",
	// Measured on Fashion-MNIST, 20 epochs, code 32 (docs/results.md): with ReLU and
	// 0.001 the test mse is 0.0081, with these 0.0073.
	Defaults: func(c *trainer.Config) {
		c.Activation, c.LearningRate, c.Warmup = kernel.ELU, 2e-3, 1
	},
	Stages: autoencoder,
}
