package trainer

import (
	"fmt"
	"math"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/graph/latent"
	"gaetrain/graph/layer"
	"gaetrain/graph/op"
	"gaetrain/loaders"
	"gaetrain/trainer/settings"
)

// net is a small autoencoder of fully connected layers.
type net struct {
	Hidden           []int             `toml:"hidden"`
	Code             int               `toml:"code"`
	Loss             likelihood        `toml:"loss"`
	Activation       layer.Activation  `toml:"activation"`
	CodeActivation   layer.Activation  `toml:"code-activation"`
	OutputActivation layer.Activation  `toml:"output-activation"`
	Initialiser      graph.Initialiser `toml:"initialiser"`

	image            graph.Shape
	encoder, decoder *layer.Stack
}

const (
	crossEntropy likelihood = "cross-entropy"
	squaredError likelihood = "squared-error"

	linear = layer.Activation(kernel.Linear)
)

func newNet() *net {
	return &net{Hidden: []int{12}, Code: 3, Loss: crossEntropy, Activation: layer.ReLU, OutputActivation: layer.Sigmoid, Initialiser: graph.GlorotUniform}
}

func (n *net) Validate() error {
	return settings.Numbers(settings.Number{OK: n.Code >= 1, Name: "code", Value: n.Code, Hint: "at least 1"})
}

func (n *net) Place(source Source) error { return n.place(source, n.Code) }

// place builds the network with the given number of outputs of the encoder.
func (n *net) place(source Source, outputs int) (err error) {
	n.image = source.Shape
	output := layer.Options{Activation: n.OutputActivation, Initialiser: n.Initialiser}
	if n.Loss == crossEntropy {
		output.Activation = linear
	}
	hidden, code := output, output
	hidden.Activation, code.Activation = n.Activation, n.CodeActivation
	var encoder, decoder layer.Sequence
	for i, units := range n.Hidden {
		encoder = append(encoder, layer.Dense{Units: units, Options: hidden})
		decoder = append(decoder, layer.Dense{Units: n.Hidden[len(n.Hidden)-1-i], Options: hidden})
	}
	if n.encoder, err = layer.NewStack("encoder", n.image, append(encoder, layer.Dense{Units: outputs, Options: code})); err != nil {
		return err
	}
	n.decoder, err = layer.NewStack("decoder", graph.Row(n.Code), append(decoder, layer.Dense{Units: n.image.Size(), Options: output}))
	return err
}

func (n *net) Stages(c Config) ([]Stage, error) { return n.stages(c, n, CodeMeasure), nil }

func (n *net) stages(c Config, of Network, measure func() Measure) []Stage {
	return []Stage{{Name: "train", Epochs: c.Epochs, Network: of, Model: of, Measures: func() []Measure { return []Measure{measure()} }}}
}

func (n *net) Declare(s *graph.Scope) {
	z := n.Encode(s, s.Input(Input, graph.Data, n.image))
	s.Output(Code, z)
	s.Minimise(graph.Sum(n.Loss.Term(s, n.Decode(s, z), s.Input(Target, graph.Target, n.image))))
}

func (n *net) Encode(s *graph.Scope, x graph.Value) graph.Value { return n.encoder.On(s, x) }
func (n *net) Decode(s *graph.Scope, z graph.Value) graph.Value { return n.decoder.On(s, z) }
func (n *net) CodeShape() graph.Shape                           { return graph.Row(n.Code) }
func (n *net) Likelihood() Likelihood                           { return n.Loss }
func (n *net) Decodable() error                                 { return nil }

// drawn is a net whose code is drawn from a Gaussian, and whose inputs are
// corrupted.
type drawn struct{ net }

func (d *drawn) Place(source Source) error { return d.place(source, 2*d.Code) }

func (d *drawn) Stages(c Config) ([]Stage, error) {
	stages := d.stages(c, d, PosteriorMeasure)
	stages[0].Corruption = loaders.Corruption{Kind: loaders.Masking, Level: 0.5}
	return stages, nil
}

func (d *drawn) Declare(s *graph.Scope) {
	q := d.Posterior(s, s.Input(Input, graph.Data, d.image))
	y := d.Decode(s, q.Draw(s, 1))
	s.Minimise(graph.Sum(d.Loss.Term(s, y, s.Input(Target, graph.Target, d.image)), q.Divergence(s).Times(0.5)))
}

func (d *drawn) Posterior(s *graph.Scope, x graph.Value) latent.Gaussian {
	return latent.GaussianOf(s, d.encoder.On(s, x))
}

func (d *drawn) Encode(s *graph.Scope, x graph.Value) graph.Value { return d.Posterior(s, x).Mean(s) }
func (d *drawn) HasPrior()                                        {}

// likelihood is the likelihood of a decoder whose output is the logits or the image.
type likelihood string

func (l *likelihood) UnmarshalText(text []byte) error {
	*l = likelihood(text)
	return nil
}

func (l likelihood) of() op.Likelihood {
	if l == crossEntropy {
		return op.Bernoulli()
	}
	return op.Squared()
}

func (l likelihood) Mean(s *graph.Scope, y graph.Value) graph.Value {
	if l == crossEntropy {
		return s.Activate(Reconstruction, kernel.Sigmoid, y)
	}
	return y
}

func (l likelihood) Term(s *graph.Scope, y, target graph.Value) graph.Term {
	if s.Wants(Reconstruction) {
		s.Output(Reconstruction, l.Mean(s, y))
	}
	return s.Term(Reconstruction, func(rows *op.Rows, y op.Node, more ...op.Node) (op.Loss, error) {
		return l.of().Loss("loss", rows, y, more[0])
	}, y, target)
}

func (l likelihood) Unit() string { return "nats per image" }

func (l likelihood) LogNormaliser(values int) float64 {
	if l == crossEntropy {
		return 0
	}
	return float64(values) / 2 * math.Log(math.Pi)
}

// find returns the recipes of this file.
func find(model string) (Recipe, error) {
	switch model {
	case "small":
		return Recipe{Name: model, New: func() Model { return newNet() }}, nil
	case "drawn":
		return Recipe{Name: model, New: func() Model { return &drawn{*newNet()} }}, nil
	}
	return Recipe{}, fmt.Errorf("%w: unknown model %q", ErrConfiguration, model)
}
