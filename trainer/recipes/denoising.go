package recipes

import (
	"gaetrain/graph/kernel"
	"gaetrain/trainer"
)

var denoising = Recipe{
	Name:    "denoising",
	Summary: "restores clean images from corrupted ones: a code larger than the image that is not the identity",
	Idea: `A code with more values than the image could simply copy it, and would then say nothing about images. Here the input is
corrupted, anew for every image and epoch, and the loss asks for the clean one: copying does not help, since what is missing can
only be filled in from what images of this kind have in common. The units of the code become detectors of strokes and edges, and
a linear classifier does better on them than on pixels.`,
	Citation: "P. Vincent, H. Larochelle, I. Lajoie, Y. Bengio, P.-A. Manzagol: Stacked Denoising Autoencoders. JMLR 11 (2010), 3371–3408",
	Defaults: func(c *trainer.Config) {
		c.Hidden, c.Code, c.CodeActivation = nil, 1024, kernel.Sigmoid
		c.LearningRate, c.Warmup = 5e-3, 1 // sigmoids are slow: in 10 epochs a quarter less error than with 0.001
		c.Corruption = trainer.Masking(0.25)
	},
	Stages: autoencoder,
}
