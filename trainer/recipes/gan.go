package recipes

import (
	"fmt"

	"gaetrain/graph"
	"gaetrain/trainer"
)

var gan = Recipe{
	Name:    "gan",
	Summary: "adversarial: a generator learns to deceive a discriminator, which learns to tell its images from real ones",
	Idea: `A generator, the decoder of an autoencoder without its encoder, makes images of codes drawn from N(0, I). A discriminator,
shaped like the encoder that is missing, gives every image one logit: real or not. It learns from as many real images as made
ones, and the generator learns from the slope of its judgement, so neither needs a measure of what an image should look like.
The discriminator's weights are divided by their largest singular value, which bounds that slope whatever the two play for;
with the contest wasserstein this takes the place of a gradient penalty, so that no second derivatives are needed. Samples come
from a running mean of the generator's weights. Neither loss tells how good they are: the best epoch is that of the smallest
distance between samples and images.`,
	Citation: "I. Goodfellow et al.: Generative Adversarial Nets. NIPS 2014, arXiv:1406.2661; spectral norm: T. Miyato et al., ICLR 2018, arXiv:1802.05957",
	Defaults: func(c *trainer.Config) {
		c.Hidden, c.Code = []int{512, 512}, 64
		c.Schedule, c.Beta1 = "constant", 0.5
		c.Averaging = 0.999
	},
	Stages: func(c trainer.Config, image graph.Shape) ([]trainer.Stage, error) {
		if c.Tied || c.Threshold > 0 || c.TopK > 0 || c.Corruption.String() != "none" {
			return nil, fmt.Errorf("%w: tied weights, a threshold, top-k or corruption; hint: they need the encoder that model gan does not have", graph.ErrArchitecture)
		}
		c.Loss = graph.SquaredError // images are the last layer's output, not its logits
		a, err := architecture(c, image)
		if err != nil {
			return nil, err
		}
		judge := a.Encoder[:len(a.Encoder)-1]
		a.Encoder, a.Code, a.Latent, a.Averaged = nil, graph.Prior, c.Code, c.Averaging
		return adversarial(c, a, judge)
	},
}

// adversarial is one stage of an architecture with a discriminator of the given
// hidden layers.
func adversarial(c trainer.Config, a graph.Architecture, hidden []graph.Layer, more ...graph.Penalty) ([]trainer.Stage, error) {
	// Of wasserstein only differences between logits count.
	logit := graph.Layer{Units: 1, Initialiser: graph.GlorotUniform, NoBias: c.Contest == graph.Wasserstein}
	for _, l := range hidden {
		l.Activation, l.NoBias, l.Normalisation, l.Dropout = c.Judging, false, graph.NoNormalisation, 0
		a.Discriminator = append(a.Discriminator, l)
	}
	a.Discriminator = append(a.Discriminator, logit)
	for i := range a.Discriminator {
		a.Discriminator[i].Spectral = c.JudgingNorm == "spectral"
	}
	s := stage("train", c, a, more...)
	s.Objective.Contest, s.Objective.Smoothing = c.Contest, c.Smoothing
	if c.JudgingRate > 0 {
		s.Rates = map[string]float64{"discriminator": c.JudgingRate / c.LearningRate}
	}
	return []trainer.Stage{s}, a.Validate()
}
