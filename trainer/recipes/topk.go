package recipes

import (
	"gaetrain/graph"
	"gaetrain/graph/latent"
	"gaetrain/graph/layer"
	"gaetrain/trainer"
	"gaetrain/trainer/settings"
)

var topkRecipe = trainer.Recipe{
	Name:    "topk",
	Summary: "an overcomplete dictionary: each image is a sum of a few out of many directions",
	Idea: `The code has more units than the image has pixels, and an image uses only k of them on average.
The largest activations of a batch are kept, and the others are set to 0. Each unit has one row of
the decoder, with length 1, so its activation is the amount of this direction in the image. A unit
that is never kept would never learn. Units that have not been used for many batches therefore
reconstruct, with a small weight, the error that the other units leave. l0 is the mean number of
units that an image uses, and explained_variance is the share of the variance of the images that
the reconstruction explains.`,
	Citation: "L. Gao et al.: Scaling and Evaluating Sparse Autoencoders. 2024, arXiv:2406.04093; batch top-k: B. Bussmann et al., 2024, arXiv:2412.06410",
	BibTeX: `@misc{gao2024scaling,
  author = {Gao, Leo and Dupr{\'e} la Tour, Tom and Tillman, Henk and Goh, Gabriel and Troll, Rajan and Radford, Alec and Sutskever, Ilya and Leike, Jan and Wu, Jeffrey},
  title = {Scaling and Evaluating Sparse Autoencoders},
  year = {2024},
  eprint = {2406.04093},
  archivePrefix = {arXiv},
}`,
	Defaults: func(c *trainer.Config) { c.LearningRate, c.Warmup = 3e-3, 1 },
	New:      func() trainer.Model { return &topk{Latent: Latent{2048}, K: 32, DeadAfter: 200, DeadWeight: 1. / 32} },
}

// topk is a dictionary of unit directions for centred images (Bussmann 2024).
type topk struct {
	EncoderDecoder
	Latent
	standardised Standardised
	K            int     `toml:"top-k" group:"model" help:"Number of code values per image that are kept, averaged over a batch, from 1 to --code"`
	DeadAfter    int     `toml:"dead-after" group:"model" help:"Number of consecutive batches without use after which a unit is dead, 1 or more"`
	DeadWeight   float64 `toml:"dead-weight" group:"model" help:"Weight of the squared error of dead units, which reconstruct the remaining error; 0 for none"`

	directions *layer.Stack // the decoder without its bias
}

// Encode implements trainer.Encoder.
func (m *topk) Encode(s *graph.Scope, x graph.Value) graph.Value { return m.dictionary(s, x).Code }

func (m *topk) dictionary(s *graph.Scope, x graph.Value) latent.Dictionary {
	return latent.NewDictionary(s, m.K, m.DeadAfter, m.encoder.On(s, m.standardised.Standardise(s, x)))
}

// First implements trainer.Layered.
func (m *topk) First(s *graph.Scope, depth int, x graph.Value) graph.Value {
	return m.EncoderDecoder.First(s, depth, m.standardised.Standardise(s, x))
}

// From implements trainer.Layered.
func (m *topk) From(s *graph.Scope, depth int, h graph.Value) graph.Value {
	return latent.NewDictionary(s, m.K, m.DeadAfter, m.encoder.From(depth).On(s, h)).Code
}

// Decode implements trainer.Decoder: z·V + c, where the rows of V have length 1.
func (m *topk) Decode(s *graph.Scope, z graph.Value) graph.Value {
	return m.decoder.On(unitRows(s), z)
}

// Loss is ‖x − x̂‖² and, in training, the weighted squared error after the
// contribution of dead units is added to x̂.
func (m *topk) Loss(s *graph.Scope, x, target graph.Value) graph.Loss {
	d := m.dictionary(s, x)
	y := m.Decode(s, d.Code)
	loss := graph.Sum(squared.Term(s, y, target))
	s.Output(trainer.Target, target)
	if m.DeadWeight == 0 || !s.Training() {
		return loss
	}
	more := m.directions.On(s, d.Dead(s, 2*m.K))
	return loss.Plus(leftover(s, y, more, target).Times(m.DeadWeight).Unreported())
}

// Place implements trainer.Model.
func (m *topk) Place(source trainer.Source) (err error) {
	o := layer.Options{Initialiser: graph.GlorotUniform}
	encoder := layer.Sequence{layer.Dense{Units: m.CodeSize, Options: o}}
	decoder := layer.Dense{Units: source.Shape.Size(), Shape: source.Shape, Options: o}
	if err := m.place(source.Shape, encoder, layer.Sequence{decoder}, graph.Row(m.CodeSize)); err != nil {
		return err
	}
	m.standardised, decoder.NoBias = Standardised{image: source.Shape, centred: true}, true
	m.directions, err = layer.NewStack("decoder", m.shape, layer.Sequence{decoder})
	return err
}

// InitialiseFrom implements trainer.DataDependent.
func (m *topk) InitialiseFrom(images graph.Sample, p *graph.Parameters, _ uint64) error {
	_, err := m.standardised.measure(images, p)
	if err == nil {
		startTied(p)
	}
	return err
}

// Declare implements trainer.Network.
func (m *topk) Declare(s *graph.Scope) { declare(s, m) }

// Likelihood implements trainer.Decoder.
func (m *topk) Likelihood() trainer.Likelihood { return squared }

// Stages implements trainer.Model.
func (m *topk) Stages(c trainer.Config) ([]trainer.Stage, error) {
	return []trainer.Stage{{Name: "train", Epochs: c.Epochs, Network: m, Model: m, Measures: func() []trainer.Measure {
		return []trainer.Measure{trainer.CodeMeasure(), new(explained)}
	}}}, binary(c, squaredError)
}

// Validate implements settings.Validator.
func (m *topk) Validate() error {
	return settings.Numbers(
		settings.Number{OK: m.K >= 1 && (m.K <= m.CodeSize || m.CodeSize < 1), Name: "top-k", Value: m.K, Hint: "from 1 to the number of values in a code"},
		settings.Number{OK: m.DeadAfter >= 1, Name: "dead-after", Value: m.DeadAfter, Hint: "at least 1"},
		settings.Number{OK: m.DeadWeight >= 0 && settings.Finite(m.DeadWeight), Name: "dead-weight", Value: m.DeadWeight, Hint: "0 for none, or more"})
}

// Ineffective implements settings.Ineffective.
func (m *topk) Ineffective() []settings.Without {
	if m.DeadWeight > 0 {
		return nil
	}
	return []settings.Without{{Name: "dead-after", Why: "with dead-weight 0; hint: --dead-weight 0.03"}}
}
