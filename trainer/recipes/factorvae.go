package recipes

import (
	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/graph/layer"
	"gaetrain/trainer"
	"gaetrain/trainer/settings"
)

var factorvaeRecipe = trainer.Recipe{
	Name:    "factorvae",
	Summary: "a vae whose discriminator estimates how far latent dimensions are from independent",
	Idea: `The loss of a vae gets another term: the total correlation KL(q(z) ‖ Π q(z_l)) of the codes of all
images, with the weight gamma. It is 0 if the latent dimensions are independent, and unlike a
larger beta it does not penalise information about the image. A discriminator estimates it. It
learns to distinguish codes from permuted codes, in which the values of each dimension come from
different images of the batch. Its logit is then an estimate of log Π q(z_l)/q(z), and minus its
mean over codes is an estimate of the total correlation. The estimate is too low while the
discriminator lags behind the codes, so a reported total_correlation near 0 is no proof of
independence.`,
	Citation: "H. Kim, A. Mnih: Disentangling by Factorising. ICML 2018, arXiv:1802.05983",
	BibTeX: `@inproceedings{kim2018disentangling,
  author = {Kim, Hyunjik and Mnih, Andriy},
  title = {Disentangling by Factorising},
  booktitle = {International Conference on Machine Learning},
  year = {2018},
  eprint = {1802.05983},
  archivePrefix = {arXiv},
}`,
	New: func() trainer.Model {
		m := factorvae{vae: defaultVAE(), DiscriminatorNet: DiscriminatorNet{Units: layer.LeakyReLU, Norm: "none"}, Gamma: 10}
		m.CodeSize, m.Widths = 10, []int{256, 256, 256}
		return &m
	},
}

// factorvae penalises the total correlation of its codes, which a discriminator
// estimates (Kim 2018).
type factorvae struct {
	vae
	DiscriminatorNet
	DiscriminatorLayers
	Gamma float64 `toml:"gamma" group:"model" help:"Weight in the loss of the total correlation that the discriminator estimates, above 0"`
}

// Place implements trainer.Model.
func (m *factorvae) Place(source trainer.Source) error {
	if err := m.vae.Place(source); err != nil {
		return err
	}
	return m.DiscriminatorNet.place(m.CodeShape(), m.sequence(m.units(graph.GlorotUniform)), 0, false)
}

// Loss is the loss of a vae + γ·KL(q(z) ‖ Π_l q(z_l)). Of several codes of an image, the
// discriminator gets the first one.
func (m *factorvae) Loss(s *graph.Scope, x, target graph.Value) graph.Loss {
	loss, z := m.bound(s, x, target)
	z = s.First("code", z)
	s.Output(trainer.Code, z)
	return loss.Plus(m.term(s, "total_correlation", kernel.DensityRatio(), z).In("nats per image").Times(m.Gamma))
}

// Declare implements trainer.Network.
func (m *factorvae) Declare(s *graph.Scope) { declare(s, m) }

// densityRatio is the network of the discriminator of codes and permuted codes.
type densityRatio struct{ *DiscriminatorNet }

// Declare implements trainer.Network.
func (d densityRatio) Declare(s *graph.Scope) { d.declare(s, kernel.DensityRatio()) }

// Stages implements trainer.Model.
func (m *factorvae) Stages(c trainer.Config) ([]trainer.Stage, error) {
	if err := correlated(m.CodeShape().Size(), c); err != nil {
		return nil, err
	}
	stages, err := m.train(c, m)
	if err != nil {
		return nil, err
	}
	stages[0] = m.opposing(densityRatio{&m.DiscriminatorNet}, stages[0], c, trainer.Permuted, trainer.Code, "permuted codes")
	return stages, nil
}

// Validate implements settings.Validator.
func (m *factorvae) Validate() error {
	return settings.Numbers(settings.Number{OK: m.Gamma > 0 && settings.Finite(m.Gamma), Name: "gamma", Value: m.Gamma, Hint: "above 0"})
}
