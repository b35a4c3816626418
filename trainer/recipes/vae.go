package recipes

import (
	"fmt"

	"gaetrain/graph"
	"gaetrain/graph/latent"
	"gaetrain/trainer"
	"gaetrain/trainer/settings"
)

var vaeRecipe = trainer.Recipe{
	Name:    "vae",
	Summary: "variational: a Gaussian code, whose KL divergence from N(0, I) is a term of the loss",
	Idea: `The encoder outputs a distribution instead of a point: the means and variances of a Gaussian
posterior, from which the code is sampled in training. The loss is the negative evidence lower
bound (ELBO): the reconstruction term in nats, and the KL divergence of the posterior from the
prior N(0, I), with the weight beta (1 is the bound itself). Codes that are sampled from the prior
then decode to images of the same kind. Early in training, the KL divergence can dominate, so that
latent dimensions stay unused. Three settings keep them in use: a weight that rises from 0
(kl-warmup), free nats for each latent dimension, on average over a batch (free-bits), or a fixed
number of nats (capacity).`,
	Citation: "D. P. Kingma, M. Welling: Auto-Encoding Variational Bayes. ICLR 2014, arXiv:1312.6114; beta: I. Higgins et al., ICLR 2017; free bits: D. P. Kingma et al., NIPS 2016; capacity: C. P. Burgess et al., arXiv:1804.03599",
	BibTeX: `@inproceedings{kingma2014auto,
  author = {Kingma, Diederik P. and Welling, Max},
  title = {Auto-Encoding Variational {Bayes}},
  booktitle = {International Conference on Learning Representations},
  year = {2014},
  eprint = {1312.6114},
  archivePrefix = {arXiv},
}`,
	New: func() trainer.Model { m := defaultVAE(); return &m },
}

// vae samples its codes from a Gaussian posterior (Kingma & Welling 2014).
type vae struct {
	Variational
	Capacity
	FreeBits float64 `toml:"free-bits" group:"model" help:"Free nats: KL divergence per latent dimension below this value is not penalised; 0 for none"`
}

// Capacity has the settings of a KL divergence that training holds at a number of
// nats, see latent.Gaussian.Capacity.
type Capacity struct {
	Nats   float64 `toml:"capacity" group:"model" help:"Capacity C in nats: the loss has capacity-weight·|KL − C| instead of beta·KL; 0 for none"`
	Weight float64 `toml:"capacity-weight" group:"model" help:"Weight of |KL − C|, the distance of the KL divergence from the capacity C, above 0"`
	Epochs float64 `toml:"capacity-epochs" group:"model" help:"Epochs over which the capacity rises from 0 to its final value, 0 or more"`
}

func defaultVAE() vae { return vae{Variational: defaultVariational(), Capacity: Capacity{Weight: 100}} }

// Loss is the negative ELBO, −E log p(x|z) + β·KL(q(z|x) ‖ p(z)).
func (m *vae) Loss(s *graph.Scope, x, target graph.Value) graph.Loss {
	loss, _ := m.bound(s, x, target)
	return loss
}

// bound declares the negative ELBO and the codes that it samples (BK×L).
func (m *vae) bound(s *graph.Scope, x, target graph.Value) (graph.Loss, graph.Value) {
	q := m.Posterior(s, x)
	z := q.Draw(s, m.Samples)
	return m.Compare(s, m.Decode(s, z), target).Plus(m.divergence(s, q)...), z
}

// divergence returns the terms of the KL divergence from the prior.
func (m *vae) divergence(s *graph.Scope, q latent.Gaussian) []graph.Term {
	kl := q.Divergence(s).Times(m.Beta).RisingOver(m.KLWarmup)
	switch {
	case m.Nats > 0 && s.Training():
		return []graph.Term{kl.OnlyReported(), q.Capacity(s, m.Nats, m.Capacity.Epochs).Times(m.Weight).Unreported()}
	case m.FreeBits > 0 && s.Training():
		return []graph.Term{kl, q.FreeBits(s, m.FreeBits).Times(m.Beta).RisingOver(m.KLWarmup).Unreported()}
	}
	return []graph.Term{kl}
}

// Declare implements trainer.Network.
func (m *vae) Declare(s *graph.Scope) { declare(s, m) }

// Stages implements trainer.Model.
func (m *vae) Stages(c trainer.Config) ([]trainer.Stage, error) { return m.train(c, m) }

// Validate implements settings.Validator.
func (m *vae) Validate() error {
	refused := func(format string, values ...any) error {
		return fmt.Errorf("%w: %s", settings.ErrConfiguration, fmt.Sprintf(format, values...))
	}
	switch {
	case m.Nats > 0 && m.FreeBits > 0:
		return refused("capacity and free-bits cannot be combined; hint: leave out one of them")
	case m.Nats > 0 && m.KLWarmup > 0:
		return refused("capacity and kl-warmup cannot be combined; hint: --capacity-epochs raises the capacity from 0")
	case m.Nats > 0 && m.Beta != 1:
		return refused("capacity and beta %g cannot be combined; hint: --capacity-weight replaces --beta", m.Beta)
	case m.Beta == 0 && m.FreeBits > 0:
		return refused("free-bits has no effect with beta 0; hint: leave out free-bits, or --beta 1")
	}
	return settings.Numbers(settings.Number{OK: m.FreeBits >= 0 && settings.Finite(m.FreeBits), Name: "free-bits", Value: m.FreeBits, Hint: "0 for none, or more"})
}

// Validate implements settings.Validator.
func (c *Capacity) Validate() error {
	return settings.Numbers(
		settings.Number{OK: c.Nats >= 0 && settings.Finite(c.Nats), Name: "capacity", Value: c.Nats, Hint: "0 for none, or more"},
		settings.Number{OK: c.Weight > 0 && settings.Finite(c.Weight), Name: "capacity-weight", Value: c.Weight, Hint: "above 0"},
		settings.Number{OK: c.Epochs >= 0 && settings.Finite(c.Epochs), Name: "capacity-epochs", Value: c.Epochs, Hint: "0 or more epochs"},
	)
}

// Ineffective implements settings.Ineffective.
func (c *Capacity) Ineffective() []settings.Without {
	if c.Nats > 0 {
		return nil
	}
	const why = "without a capacity; hint: --capacity 25"
	return []settings.Without{{Name: "capacity-weight", Why: why}, {Name: "capacity-epochs", Why: why}}
}
