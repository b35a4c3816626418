package recipes

import (
	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/trainer"
	"gaetrain/trainer/settings"
)

var btcvaeRecipe = trainer.Recipe{
	Name:    "btcvae",
	Summary: "a vae that weights the dependence between its latent dimensions (β-TCVAE)",
	Idea: `The KL divergence of a vae is the sum of three parts: the mutual information of image and code,
the total correlation of the latent dimensions, KL(q(z) ‖ Π q(z_l)), and the KL divergences of
single dimensions from the prior. A larger beta of a vae penalises all three, so codes also carry
less information. Here beta is the weight of the total correlation alone: dimensions become
independent, which often means that each one represents one factor of variation. The density q(z)
of the codes of all images is estimated from the codes of a batch, so the estimate is better for
larger batches. It is biased, and differs between batch sizes. With beta 1 the loss is that of a
vae.`,
	Citation: "R. T. Q. Chen, X. Li, R. Grosse, D. Duvenaud: Isolating Sources of Disentanglement in Variational Autoencoders. NeurIPS 2018, arXiv:1802.04942",
	BibTeX: `@inproceedings{chen2018isolating,
  author = {Chen, Ricky T. Q. and Li, Xuechen and Grosse, Roger and Duvenaud, David},
  title = {Isolating Sources of Disentanglement in Variational Autoencoders},
  booktitle = {Advances in Neural Information Processing Systems},
  volume = {31},
  year = {2018},
  eprint = {1802.04942},
  archivePrefix = {arXiv},
}`,
	New: func() trainer.Model {
		m := btcvae{SampledCode: defaultSampledCode(), Beta: 6, Estimator: weightedSampling}
		m.CodeSize = 10
		return &m
	},
}

// btcvae weights the total correlation of its codes (Chen 2018).
type btcvae struct {
	SampledCode
	Beta      float64 `toml:"beta" group:"model" help:"Weight in the loss of the total correlation of the latent dimensions, 0 or more"`
	Estimator string  `toml:"estimator" group:"model" help:"Estimator of the density of all codes from a batch: mws (weighted) or mss (stratified)"`

	trained int // number of training images
}

// Estimators of the aggregate posterior, see kernel.AggregatePosterior.
const (
	weightedSampling   = "mws"
	stratifiedSampling = "mss"
)

// Place implements trainer.Model.
func (m *btcvae) Place(source trainer.Source) error {
	m.trained = source.Images
	return m.SampledCode.Place(source)
}

// Loss is −E log p(x|z) + I(x; z) + β·KL(q(z) ‖ Π_l q(z_l)) + Σ_l KL(q(z_l) ‖ p(z_l)).
func (m *btcvae) Loss(s *graph.Scope, x, target graph.Value) graph.Loss {
	q := m.Posterior(s, x)
	z := q.Draw(s, m.Samples)
	aggregate := kernel.AggregatePosterior{Stratified: m.Estimator == stratifiedSampling, Images: m.trained}
	return m.Compare(s, m.Decode(s, z), target).
		Plus(q.Decomposed(s, z, aggregate, m.Beta).RisingOver(m.KLWarmup))
}

// Declare implements trainer.Network.
func (m *btcvae) Declare(s *graph.Scope) { declare(s, m) }

// Stages implements trainer.Model.
func (m *btcvae) Stages(c trainer.Config) ([]trainer.Stage, error) {
	if err := correlated(m.CodeShape().Size(), c); err != nil {
		return nil, err
	}
	return m.train(c, m)
}

// correlated returns an error if the total correlation of codes is 0 for all weights of a
// model: that of one latent dimension is 0, and so is an estimate from the code of one image.
func correlated(size int, c trainer.Config) error {
	return settings.Numbers(
		settings.Number{OK: size >= 2, Name: "code", Value: size, Hint: "at least 2, because the total correlation of one latent dimension is 0; or --model vae"},
		settings.Number{OK: c.BatchSize >= 2, Name: "batch-size", Value: c.BatchSize, Hint: "at least 2, because the total correlation is estimated from the codes of a batch; or --model vae"},
	)
}

// Validate implements settings.Validator.
func (m *btcvae) Validate() error {
	if err := settings.Choice("estimator", m.Estimator, weightedSampling, stratifiedSampling); err != nil {
		return err
	}
	return settings.Numbers(settings.Number{OK: m.Beta >= 0 && settings.Finite(m.Beta), Name: "beta", Value: m.Beta, Hint: "0 or more"})
}
