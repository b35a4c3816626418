package recipes

import (
	"gaetrain/graph"
	"gaetrain/graph/layer"
	"gaetrain/trainer"
	"gaetrain/trainer/settings"
)

var linearRecipe = trainer.Recipe{
	Name:    "linear",
	Summary: "one linear layer in the encoder and the decoder: learns the principal components, in order",
	Idea: `Without nonlinearities, the best autoencoder with L code values does what PCA does: it keeps the L
directions in which images vary most. With the squared error alone, the decoder can have any basis
of their subspace. A small weight decay gives each direction a cost, which is larger for
directions that explain less. At the minimum, the decoder is U(I − λΣ⁻²)^½Oᵀ, whose left singular
vectors U are the principal components in order of their variances Σ². 'gaetrain pca' compares the
two. The weights are tied, as they are at this minimum. Untied weights (--tied=false) reach it so
slowly that the first components stay mixed.`,
	Citation: "E. Plaut: From Principal Subspaces to Principal Components with Linear Autoencoders. 2018, arXiv:1804.10253; " +
		"D. Kunin et al.: Loss Landscapes of Regularized Linear Autoencoders. ICML 2019, arXiv:1901.08168",
	BibTeX: `@misc{plaut2018principal,
  author = {Plaut, Elad},
  title = {From Principal Subspaces to Principal Components with Linear Autoencoders},
  year = {2018},
  eprint = {1804.10253},
  archivePrefix = {arXiv},
}`,
	// The weight decay increases the error by 0.3 % on Fashion-MNIST with code 16. With
	// half of it, neighbouring components are separated half as well.
	Defaults: func(c *trainer.Config) { c.LearningRate, c.WeightDecay = 3e-3, 0.2 },
	New: func() trainer.Model {
		return &linear{CodeSize: 16, Tied: true, Initialiser: graph.GlorotUniform, Bias: "all", Denoising: defaultDenoising()}
	},
}

// linear is z = x·W + b and x̂ = z·V + c, trained by the squared error (Plaut 2018).
type linear struct {
	EncoderDecoder
	Denoising
	CodeSize    int               `toml:"code" group:"model" help:"Number of values in a latent code, 1 or more"`
	Tied        bool              `toml:"tied" group:"model" help:"The decoder uses the transposed weights of the encoder"`
	Initialiser graph.Initialiser `toml:"initialiser" group:"model" help:"Initial weights: (glorot|he|lecun)-(uniform|normal), normal, uniform or zeros"`
	Bias        string            `toml:"bias" group:"model" help:"Layers that have biases: all, output (only the decoder's last layer) or none"`
}

// Place implements trainer.Model.
func (m *linear) Place(source trainer.Source) error {
	o := layer.Options{Activation: layer.LinearUnits, Initialiser: m.Initialiser, NoBias: m.Bias != "all"}
	encoder := layer.Sequence{layer.Dense{Units: m.CodeSize, Options: o}}
	stack, err := layer.NewStack("encoder", source.Shape, encoder)
	if err != nil {
		return err
	}
	o.NoBias = m.Bias == "none"
	decoder, err := layer.Mirror(stack, o, o, m.Tied, layer.ByTransposed)
	if err != nil {
		return err
	}
	return m.place(source.Shape, encoder, decoder, graph.Row(m.CodeSize))
}

// Loss is Σ(x̂−x)².
func (m *linear) Loss(s *graph.Scope, x, target graph.Value) graph.Loss {
	return graph.Sum(m.compare(s, squared, m.Decode(s, m.Encode(s, x)), target))
}

// Declare implements trainer.Network.
func (m *linear) Declare(s *graph.Scope) { declare(s, m) }

// Likelihood implements trainer.Decoder.
func (m *linear) Likelihood() trainer.Likelihood { return squared }

// LinearDecoder implements trainer.Linear.
func (m *linear) LinearDecoder() bool { return true }

// Stages implements trainer.Model.
func (m *linear) Stages(c trainer.Config) ([]trainer.Stage, error) {
	return []trainer.Stage{{Name: "train", Epochs: c.Epochs, Network: m, Model: m, Corruption: m.Corruption, Measures: codeMeasures}}, binary(c, squaredError)
}

// Validate implements settings.Validator.
func (m *linear) Validate() error {
	if err := settings.Choice("bias", m.Bias, "all", "output", "none"); err != nil {
		return err
	}
	return settings.Numbers(settings.Number{OK: m.CodeSize >= 1, Name: "code", Value: m.CodeSize, Hint: "at least 1"})
}
