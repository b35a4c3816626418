package recipes

import (
	"gaetrain/graph"
	"gaetrain/trainer"
)

var vae = Recipe{
	Name:    "vae",
	Summary: "variational: a Gaussian code, whose divergence from N(0, I) is a term of the loss",
	Idea: `The encoder gives a distribution instead of a point: the means and variances of a Gaussian posterior, from which the code
is drawn while training. The loss is the negative evidence lower bound: the reconstruction term in nats, and the divergence of
the posterior from the prior N(0, I), weighted by beta (1 is the bound itself). Codes drawn from the prior then decode to images
of the same kind.`,
	Citation: "D. P. Kingma, M. Welling: Auto-Encoding Variational Bayes. ICLR 2014, arXiv:1312.6114; beta: I. Higgins et al., ICLR 2017",
	Defaults: func(c *trainer.Config) {
		c.Hidden, c.Code = []int{400}, 20
	},
	Stages: func(c trainer.Config, image graph.Shape) ([]trainer.Stage, error) {
		a, err := architecture(c, image)
		if err != nil {
			return nil, err
		}
		a.Code = graph.Gaussian
		a.Encoder[len(a.Encoder)-1].Units *= 2 // means and log-variances
		return []trainer.Stage{stage("train", c, a, graph.Penalty{Term: graph.Divergence, Weight: c.Beta})}, a.Validate()
	},
}
