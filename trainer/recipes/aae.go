package recipes

import (
	"gaetrain/graph"
	"gaetrain/trainer"
)

var aae = Recipe{
	Name:    "aae",
	Summary: "adversarial autoencoder: a discriminator cannot tell its codes from draws of N(0, I)",
	Idea: `An autoencoder is free to put its codes anywhere, so nobody knows which codes have an image. Here a discriminator learns to
tell the codes of images from draws of N(0, I), and what the encoder loses to it is a term of the loss beside the reconstruction,
weighted by deception: the codes of all images together come to look like the prior, though each image has one code and no
variance of its own. Draws from the prior then decode to images. Reconstruction and deception are one step of the encoder, as in
the Wasserstein autoencoder of Tolstikhin (2018), rather than two in turn.`,
	Citation: "A. Makhzani, J. Shlens, N. Jaitly, I. Goodfellow, B. Frey: Adversarial Autoencoders. arXiv:1511.05644",
	Defaults: func(c *trainer.Config) {
		c.Hidden, c.Code = []int{512, 256}, 8
		c.Beta1, c.Deception = 0.5, 10
	},
	Stages: func(c trainer.Config, image graph.Shape) ([]trainer.Stage, error) {
		a, err := architecture(c, image)
		if err != nil {
			return nil, err
		}
		var judge []graph.Layer
		for _, units := range c.Discriminator {
			judge = append(judge, graph.Layer{Units: units, Initialiser: graph.GlorotUniform})
		}
		return adversarial(c, a, judge, graph.Penalty{Term: graph.Deception, Weight: c.Deception})
	},
}
