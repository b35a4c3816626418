package recipes

import (
	"errors"

	"gaetrain/graph"
	"gaetrain/trainer"
)

var vae = Recipe{
	Name:    "vae",
	Summary: "variational: a Gaussian code, whose divergence from N(0, I) is a term of the loss",
	Idea: `The encoder gives a distribution instead of a point: the means and variances of a Gaussian posterior, from which the code
is drawn while training. The loss is the negative evidence lower bound: the reconstruction term in nats, and the divergence of
the posterior from the prior N(0, I), weighted by beta (1 is the bound itself). Codes drawn from the prior then decode to images
of the same kind. Where the divergence wins early, values of the code stay without use: a rising weight (kl-warmup), nats for
nothing (free-bits) or a fixed number of nats (capacity) keep them in it.`,
	Citation: "D. P. Kingma, M. Welling: Auto-Encoding Variational Bayes. ICLR 2014, arXiv:1312.6114; beta: I. Higgins et al., ICLR 2017; free bits: D. P. Kingma et al., NIPS 2016; capacity: C. P. Burgess et al., arXiv:1804.03599",
	Defaults: func(c *trainer.Config) {
		c.Hidden, c.Code = []int{400}, 20
	},
	Stages: func(c trainer.Config, image graph.Shape) ([]trainer.Stage, error) {
		if c.Gradient != "plain" {
			return nil, errors.New("gradient " + c.Gradient + " of a bound of one sample each; hint: --model iwae")
		}
		return variational(c, image, graph.Mean)
	},
}

// variational is one stage of an autoencoder with a Gaussian code.
func variational(c trainer.Config, image graph.Shape, bound graph.Bound) ([]trainer.Stage, error) {
	a, err := architecture(c, image)
	if err != nil {
		return nil, err
	}
	a.Code = graph.Gaussian
	a.Encoder[len(a.Encoder)-1].Units *= 2 // means and log-variances
	s := stage("train", c, a, divergence(c)...)
	s.Objective.Bound = bound
	if c.Samples > 1 {
		s.Objective.Samples = c.Samples
	}
	return []trainer.Stage{s}, a.Validate()
}

// divergence are the terms of the divergence from the prior.
func divergence(c trainer.Config) []graph.Penalty {
	kl := graph.Penalty{Term: graph.Divergence, Weight: c.Beta, Ramp: c.KLWarmup}
	switch {
	case c.Capacity > 0:
		kl.Told = true
		return []graph.Penalty{kl, {Term: graph.Capacity, Weight: c.CapacityWeight, Target: c.Capacity, Ramp: c.CapacityEpochs}}
	case c.FreeBits > 0:
		return []graph.Penalty{kl, {Term: graph.FreeBits, Weight: c.Beta, Target: c.FreeBits, Ramp: c.KLWarmup}}
	}
	return []graph.Penalty{kl}
}
