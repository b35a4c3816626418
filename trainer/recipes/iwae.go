package recipes

import (
	"fmt"

	"gaetrain/graph"
	"gaetrain/graph/latent"
	"gaetrain/graph/op"
	"gaetrain/trainer"
	"gaetrain/trainer/settings"
)

var iwaeRecipe = trainer.Recipe{
	Name:    "iwae",
	Summary: "importance weighted: several codes for each image give a tighter bound on its likelihood",
	Idea: `The ELBO of a vae takes one code per image, and it is low unless nearly all codes of the posterior
explain the image. Here K codes are sampled for each image. The loss is −log of the mean of their
importance weights w = p(x|z)·p(z)/q(z|x). In expectation, this bound on −log p(x) does not
increase with K, and some of the codes may explain nothing. With K = 1, it is the loss of the vae
with a sampled KL divergence. The reported reconstruction is the mean over the codes, and kl is
computed in closed form. gap is the loss minus (reconstruction + β·kl). It is negative on average
for K > 1, and its absolute value is the number of nats by which several codes lower the bound.`,
	Citation: "Y. Burda, R. Grosse, R. Salakhutdinov: Importance Weighted Autoencoders. ICLR 2016, arXiv:1509.00519; gradient dreg: G. Tucker et al., ICLR 2019, arXiv:1810.04152",
	BibTeX: `@inproceedings{burda2016importance,
  author = {Burda, Yuri and Grosse, Roger and Salakhutdinov, Ruslan},
  title = {Importance Weighted Autoencoders},
  booktitle = {International Conference on Learning Representations},
  year = {2016},
  eprint = {1509.00519},
  archivePrefix = {arXiv},
}`,
	New: func() trainer.Model {
		m := iwae{Variational: defaultVariational(), Gradient: "plain"}
		m.Samples = 5
		return &m
	},
}

// iwae bounds the likelihood of an image by several codes per image (Burda 2016).
type iwae struct {
	Variational
	Gradient string `toml:"gradient" group:"model" help:"Gradient of the bound: plain, or dreg (doubly reparametrised), which is less noisy for many samples"`
}

// Loss is −log 1/K Σ_k p(x|z_k)·(p(z_k)/q(z_k|x))^β.
func (m *iwae) Loss(s *graph.Scope, x, target graph.Value) graph.Loss {
	q := m.Posterior(s, x)
	z := q.Draw(s, m.Samples)
	return m.bound(s, q, z, m.Decode(s, z), target)
}

// bound declares the bound from the codes z and the decoder's output y. Its parts are
// the mean of the reconstruction terms, the KL divergence in closed form, and gap,
// the bound minus their sum.
func (m *iwae) bound(s *graph.Scope, q latent.Gaussian, z, y, target graph.Value) graph.Loss {
	beta, noise := s.Rising(m.Beta, m.KLWarmup), q.Noise(s, m.Samples)
	var parts op.Bound
	reconstructed := m.likelihood().term(s, y, target, func(of op.Likelihood) graph.Term {
		return s.Term(reconstruction, func(rows *op.Rows, y op.Node, more ...op.Node) (loss op.Loss, err error) {
			from := op.Sampled{Codes: more[1], Statistics: more[2], Noise: more[3]}
			parts, err = of.Bound("loss", rows, m.Gradient == "dreg", beta, y, more[0], from)
			return parts.Reconstruction, err
		}, y, target, z, q.Statistics(), noise)
	})
	return graph.Whole(parts.Loss, reconstructed, graph.NewTerm("kl", parts.Divergence).In("nats per image").Times(m.Beta), graph.NewTerm("gap", parts.Gap).In("nats per image"))
}

// Declare implements trainer.Network.
func (m *iwae) Declare(s *graph.Scope) { declare(s, m) }

// Stages implements trainer.Model.
func (m *iwae) Stages(c trainer.Config) ([]trainer.Stage, error) { return m.train(c, m) }

// Validate implements settings.Validator.
func (m *iwae) Validate() error {
	if m.weighted() { // an importance weight belongs to a whole image
		return fmt.Errorf("%w: model iwae cannot be combined with corrupted-weight or intact-weight; hint: --model vae", settings.ErrConfiguration)
	}
	if m.perceives() {
		return fmt.Errorf("%w: model iwae cannot be combined with ssim or perceptual, because its loss is a bound of the likelihood; hint: --model vae", settings.ErrConfiguration)
	}
	return settings.Choice("gradient", m.Gradient, "plain", "dreg")
}
