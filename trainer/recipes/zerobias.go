package recipes

import (
	"fmt"
	"math"

	"gaetrain/graph"
	"gaetrain/graph/latent"
	"gaetrain/graph/layer"
	"gaetrain/graph/op"
	"gaetrain/graph/trace"
	"gaetrain/trainer"
	"gaetrain/trainer/settings"
)

var zerobiasRecipe = trainer.Recipe{
	Name:    "zerobias",
	Summary: "thresholded units without hidden biases: overcomplete features with no other regulariser",
	Idea: `Noise or a sparsity penalty keeps an overcomplete autoencoder from copying its input. Both make
the hidden biases negative, where the biases only switch units off. This model has no hidden
biases. The output of a unit is its activation a = w·x if it exceeds a threshold, and 0 otherwise:
h = a·(a > θ) (TRec, relu units) or h = a·(a² > θ) (TLin, linear units). The threshold selects the
units, and the activations are their values. The decoder is tied to the encoder and learns from
the selected units. The initial weights are training images, scaled by 0.01. The code is h in
every verb. The paper omits the threshold once the model is trained and classifies a. The decoder
is not trained for a, and the squared error of its reconstructions from a is larger.`,
	Citation: "K. Konda, R. Memisevic, D. Krueger: Zero-bias autoencoders and the benefits of co-adapting features. ICLR 2015, arXiv:1402.3337",
	BibTeX: `@inproceedings{konda2015zero,
  author = {Konda, Kishore and Memisevic, Roland and Krueger, David},
  title = {Zero-Bias Autoencoders and the Benefits of Co-Adapting Features},
  booktitle = {International Conference on Learning Representations},
  year = {2015},
  eprint = {1402.3337},
  archivePrefix = {arXiv},
}`,
	Defaults: func(c *trainer.Config) {
		c.BatchSize, c.Solver, c.LearningRate, c.Momentum, c.Schedule, c.ClipNorm = 100, "momentum", 1e-3, 0.9, "constant", 10
	},
	New: func() trainer.Model {
		m := zerobias{Plain: defaultPlain(), Threshold: 1}
		m.Hidden, m.CodeSize, m.Tied, m.Bias, m.Initialiser = nil, 500, true, "output", graph.Images
		m.CodeActivation, m.OutputActivation, m.Reconstruction.Loss = layer.ReLU, layer.LinearUnits, squaredError
		return &m
	},
}

// zerobias is an autoencoder of standardised images whose units have a threshold
// and no biases (Konda 2014).
type zerobias struct {
	Plain
	standardised Standardised
	Threshold    float64 `toml:"threshold" group:"model" help:"Threshold θ: code activations (relu) or their squares (linear) up to θ are set to 0; 0 for none"`
}

// Encode implements trainer.Encoder.
func (m *zerobias) Encode(s *graph.Scope, x graph.Value) graph.Value {
	return m.above(s, m.Plain.Encode(s, m.standardised.Standardise(s, x)))
}

// First implements trainer.Layered. The output after all layers is the activations a,
// without the threshold.
func (m *zerobias) First(s *graph.Scope, depth int, x graph.Value) graph.Value {
	return m.Plain.First(s, depth, m.standardised.Standardise(s, x))
}

// From implements trainer.Layered.
func (m *zerobias) From(s *graph.Scope, depth int, h graph.Value) graph.Value {
	return m.above(s, m.Plain.From(s, depth, h))
}

// Loss is the reconstruction term and the penalties.
func (m *zerobias) Loss(s *graph.Scope, x, target graph.Value) graph.Loss {
	h := m.Encode(s, x)
	return m.Compare(s, m.Decode(s, h), target).Plus(m.Terms(s, m.encoder, h)...)
}

// above declares the code h = a·(a > θ) of ReLU units, or a·(a² > θ) of linear ones
// (a, h: B×L). Without the threshold after training, as the paper does for
// features, the decoder would get codes that it was not trained for.
func (m *zerobias) above(s *graph.Scope, a graph.Value) graph.Value {
	if m.Threshold == 0 {
		return a
	}
	bound := m.Threshold
	if m.CodeActivation == layer.LinearUnits {
		bound = math.Sqrt(bound)
	}
	a = s.Rows("code", a)
	h := s.Apply(func(rows *op.Rows, a op.Node, _ ...op.Node) (op.Node, error) {
		return op.Threshold(m.encoder.Last().Name(), rows, float32(bound), a)
	}, a)
	h = s.Traced(h, func(n *trace.Network, in []*trace.Value) *trace.Value {
		return latent.Above(n, float32(bound), true, in[0])
	}, a)
	s.Output(trainer.Code, h)
	return h
}

// Declare implements trainer.Network.
func (m *zerobias) Declare(s *graph.Scope) { declare(s, m) }

// Place implements trainer.Model.
func (m *zerobias) Place(source trainer.Source) error {
	m.standardised.image = source.Shape
	if err := m.Plain.Place(source); err != nil || m.Threshold == 0 {
		return err
	}
	switch last := m.encoder.Numbered(m.Depth()); {
	case m.Contraction > 0:
		return fmt.Errorf("%w: the contraction term uses the activations of %s without the threshold; hint: --contraction 0 or --threshold 0", graph.ErrArchitecture, last.Name())
	case layer.IsConvolution(last):
		return fmt.Errorf("%w: %s is a convolution, which cannot have a threshold; hint: a fully connected last layer, or --threshold 0", graph.ErrArchitecture, last.Name())
	case m.CodeActivation != layer.ReLU && m.CodeActivation != layer.LinearUnits:
		return fmt.Errorf("%w: %s has a threshold, which is not supported for %s units; hint: --code-activation relu or linear, or --threshold 0", graph.ErrArchitecture, last.Name(), m.CodeActivation)
	}
	return nil
}

// InitialiseFrom implements trainer.DataDependent.
func (m *zerobias) InitialiseFrom(images graph.Sample, p *graph.Parameters, seed uint64) error {
	images, err := m.standardised.measure(images, p)
	if err != nil {
		return err
	}
	return m.Plain.InitialiseFrom(images, p, seed)
}

// Stages implements trainer.Model.
func (m *zerobias) Stages(c trainer.Config) ([]trainer.Stage, error) {
	s, err := m.stage("train", c, m)
	return []trainer.Stage{s}, err
}

// Validate implements settings.Validator.
func (m *zerobias) Validate() error {
	return settings.Numbers(settings.Number{OK: m.Threshold >= 0 && settings.Finite(m.Threshold), Name: "threshold", Value: m.Threshold, Hint: "0 for none, or more"})
}
