package recipes

import (
	"gaetrain/graph"
	"gaetrain/trainer"
)

var iwae = Recipe{
	Name:    "iwae",
	Summary: "importance weighted: several codes for each image bound its likelihood more tightly",
	Idea: `The evidence lower bound of a vae judges an image by one code, and a posterior is worth nothing unless nearly all of its
codes explain the image. Here K codes are drawn for each image, and the loss is −log of the mean of their importance weights
w = p(x|z)·p(z)/q(z|x): a bound that no larger K can loosen, and that forgives codes which explain nothing. With K = 1 it is the
vae's, its divergence sampled. The terms are told as means over the codes, the divergence in closed form; gap is what the bound is
below their sum.`,
	Citation: "Y. Burda, R. Grosse, R. Salakhutdinov: Importance Weighted Autoencoders. ICLR 2016, arXiv:1509.00519; gradient dreg: G. Tucker et al., ICLR 2019, arXiv:1810.04152",
	Defaults: func(c *trainer.Config) {
		vae.Defaults(c)
		c.Samples = 5
	},
	Stages: func(c trainer.Config, image graph.Shape) ([]trainer.Stage, error) {
		bound := graph.Importance
		if c.Gradient == "dreg" {
			bound = graph.DoublyReparametrised
		}
		return variational(c, image, bound)
	},
}
