package recipes

import (
	"gaetrain/graph"
	"gaetrain/trainer"
	"gaetrain/trainer/settings"
)

var aaeRecipe = trainer.Recipe{
	Name:    "aae",
	Summary: "adversarial autoencoder: the codes of all images together match samples of N(0, I)",
	Idea: `The codes of a plain autoencoder can lie anywhere, so it is unknown which codes decode to an
image. Here a discriminator learns to distinguish the codes of images from samples of N(0, I). The
encoder minimises an adversarial loss, with the weight adversarial-weight, in addition to the
reconstruction term. The codes of all images together then match the prior, although each image
has one code without a variance. Samples of the prior decode to images. Reconstruction and
adversarial loss are minimised in one step of the encoder, as in the Wasserstein autoencoder of
Tolstikhin (2018). The paper alternates two steps.`,
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
		m := aae{Plain: defaultPlain(), Discriminator: defaultDiscriminator(), DiscriminatorLayers: DiscriminatorLayers{[]int{256, 256}}, Weight: 10}
		m.CodeSize = 8
		return &m
	},
}

// aae is an autoencoder whose encoder minimises an adversarial loss of its codes
// (Makhzani 2015).
type aae struct {
	Plain
	Discriminator
	DiscriminatorLayers
	Weight float64 `toml:"adversarial-weight" group:"model" help:"Weight of the adversarial loss in the loss of the encoder, above 0"`
}

// Loss is the reconstruction term, the penalties and the adversarial loss of the
// codes.
func (m *aae) Loss(s *graph.Scope, x, target graph.Value) graph.Loss {
	z := m.Encode(s, x)
	return m.Compare(s, m.Decode(s, z), target).
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
	return m.placeOn(m.CodeShape(), m.sequence(m.units(graph.GlorotUniform)), 0)
}

// Stages implements trainer.Model.
func (m *aae) Stages(c trainer.Config) ([]trainer.Stage, error) {
	s, err := m.stage("train", c, m)
	return []trainer.Stage{m.against(s, c, trainer.Noise, trainer.Code, "samples of the prior")}, err
}

// HasPrior implements trainer.Generator.
func (m *aae) HasPrior() {}

// Validate implements settings.Validator.
func (m *aae) Validate() error {
	return settings.Numbers(settings.Number{OK: m.Weight > 0 && settings.Finite(m.Weight), Name: "adversarial-weight", Value: m.Weight, Hint: "above 0"})
}
