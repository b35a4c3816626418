package recipes

import (
	"fmt"
	"math"

	"gaetrain/graph"
	"gaetrain/graph/layer"
	"gaetrain/graph/op"
	"gaetrain/trainer"
	"gaetrain/trainer/settings"
)

var zerobiasRecipe = trainer.Recipe{
	Name:    "zerobias",
	Summary: "thresholded units without hidden biases: overcomplete features with no other regulariser",
	Idea: `Whatever keeps an autoencoder with many hidden units from copying its input (noise, a sparsity penalty) drives the hidden
biases below zero: they only switch units off. Here they are left out. A unit gives its activation a = w·x as it is where that
exceeds a threshold, and nothing elsewhere: h = a·(a > θ) (TRec, relu units) or h = a·(a² > θ) (TLin, linear units). Selecting
units and setting their values are then two things, and the decoder, tied to the encoder, learns from those selected. The weights
start as faint training images. Once trained, codes are computed without the threshold.`,
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

// zerobias is an autoencoder of standardised images whose units learn above a
// threshold (Konda 2014).
type zerobias struct {
	Plain
	standardised Standardised
	Threshold    float64 `toml:"threshold" group:"model" help:"Threshold θ below which units of the code give 0 while they learn; 0 for none"`
}

// Encode implements trainer.Encoder: a = act(x·W), without the threshold.
func (m *zerobias) Encode(s *graph.Scope, x graph.Value) graph.Value {
	return m.Plain.Encode(s, m.standardised.Standardise(s, x))
}

// First implements trainer.Layered.
func (m *zerobias) First(s *graph.Scope, depth int, x graph.Value) graph.Value {
	return m.Plain.First(s, depth, m.standardised.Standardise(s, x))
}

// Loss is the reconstruction term of the units above the threshold.
func (m *zerobias) Loss(s *graph.Scope, x, target graph.Value) graph.Loss {
	h := m.above(s, m.Encode(s, x))
	return graph.Sum(m.Compare(s, m.Decode(s, h), target)).Plus(m.Terms(s, m.encoder, h)...)
}

// above declares h = a·(a > θ) of ReLU units, or a·(a² > θ) of linear ones.
func (m *zerobias) above(s *graph.Scope, a graph.Value) graph.Value {
	if m.Threshold == 0 {
		return a
	}
	bound := m.Threshold
	if m.CodeActivation == layer.LinearUnits {
		bound = math.Sqrt(bound)
	}
	h := s.Apply(func(rows *op.Rows, a op.Node, _ ...op.Node) (op.Node, error) {
		return op.Threshold(m.encoder.Last().Name(), rows, float32(bound), a)
	}, s.Rows("code", a))
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
		return fmt.Errorf("%w: term contraction: the threshold of %s decides already which units are active", graph.ErrArchitecture, last.Name())
	case layer.IsConvolution(last):
		return fmt.Errorf("%w: %s has a threshold and filters; hint: fully connected layers have thresholds", graph.ErrArchitecture, last.Name())
	case m.CodeActivation != layer.ReLU && m.CodeActivation != layer.LinearUnits:
		return fmt.Errorf("%w: %s has a threshold of %s units; hint: relu or linear", graph.ErrArchitecture, last.Name(), m.CodeActivation)
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
