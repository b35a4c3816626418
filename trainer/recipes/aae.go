package recipes

import (
	"gaetrain/graph"
	"gaetrain/graph/layer"
	"gaetrain/trainer"
	"gaetrain/trainer/settings"
)

var aaeRecipe = trainer.Recipe{
	Name:    "aae",
	Summary: "adversarial autoencoder: a discriminator cannot tell its codes from draws of N(0, I)",
	Idea: `An autoencoder is free to put its codes anywhere, so nobody knows which codes have an image. Here a discriminator learns to
tell the codes of images from draws of N(0, I), and the adversarial loss of the encoder is a term of the loss beside the reconstruction,
with the weight adversarial-weight: the codes of all images together come to look like the prior, though each image has one code and no
variance of its own. Draws from the prior then decode to images. Reconstruction and adversarial loss are minimised in one step of the
encoder, as in the Wasserstein autoencoder of Tolstikhin (2018), rather than in two steps that alternate.`,
	Citation: "A. Makhzani, J. Shlens, N. Jaitly, I. Goodfellow, B. Frey: Adversarial Autoencoders. arXiv:1511.05644",
	BibTeX: `@misc{makhzani2015adversarial,
  author = {Makhzani, Alireza and Shlens, Jonathon and Jaitly, Navdeep and Goodfellow, Ian and Frey, Brendan},
  title = {Adversarial Autoencoders},
  year = {2015},
  eprint = {1511.05644},
  archivePrefix = {arXiv},
}`,
	Defaults: func(c *trainer.Config) { c.Beta1 = 0.5 },
	New: func() trainer.Model {
		m := aae{Plain: defaultPlain(), Discriminator: defaultDiscriminator(), Weight: 10, Widths: []int{256, 256}}
		m.CodeSize = 8
		return &m
	},
}

// aae is an autoencoder whose codes play against a discriminator (Makhzani 2015).
type aae struct {
	Plain
	Discriminator
	Weight float64 `toml:"adversarial-weight" group:"model" help:"Weight of the encoder's adversarial loss"`
	Widths []int   `toml:"discriminator-hidden" group:"model" help:"Widths of the discriminator's hidden layers"`
}

// Loss is the reconstruction term, and what the discriminator makes of the codes.
func (m *aae) Loss(s *graph.Scope, x, target graph.Value) graph.Loss {
	z := m.Encode(s, x)
	return graph.Sum(m.Compare(s, m.Decode(s, z), target)).
		Plus(m.Terms(s, m.encoder, z)...).
		Plus(m.Against(s, z).Times(m.Weight))
}

// Declare implements trainer.Network.
func (m *aae) Declare(s *graph.Scope) { declare(s, m) }

// Place implements trainer.Model.
func (m *aae) Place(source trainer.Source) error {
	if err := m.Plain.Place(source); err != nil {
		return err
	}
	var hidden layer.Sequence
	for _, units := range m.Widths {
		hidden = append(hidden, layer.Dense{Units: units, Options: m.units(graph.GlorotUniform)})
	}
	return m.placeOn(m.CodeShape(), hidden, 0)
}

// Stages implements trainer.Model.
func (m *aae) Stages(c trainer.Config) ([]trainer.Stage, error) {
	s, err := m.stage("train", c, m)
	return []trainer.Stage{m.against(s, c, trainer.Noise, trainer.Code)}, err
}

// HasPrior implements trainer.Generator.
func (m *aae) HasPrior() {}

// Validate implements settings.Validator.
func (m *aae) Validate() error {
	if err := settings.Widths("discriminator-hidden", "units", m.Widths); err != nil {
		return err
	}
	return settings.Numbers(settings.Number{OK: m.Weight > 0 && settings.Finite(m.Weight), Name: "adversarial-weight", Value: m.Weight, Hint: "above 0"})
}

// Ineffective implements settings.Ineffective.
func (m *aae) Ineffective() []settings.Without {
	if len(m.Widths) > 0 {
		return nil
	}
	return []settings.Without{{Name: "discriminator-activation", Why: "without hidden layers; hint: --discriminator-hidden 256"}}
}
