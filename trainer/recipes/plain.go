package recipes

import (
	"gaetrain/graph"
	"gaetrain/graph/latent"
	"gaetrain/graph/layer"
	"gaetrain/trainer"
	"gaetrain/trainer/settings"
)

// Plain is an autoencoder whose code is the output of its encoder.
type Plain struct {
	Autoencoder
	Latent
	Penalties
	CodeActivation layer.Activation `toml:"code-activation" group:"model" help:"Activation of the layer that makes the code, such as linear, sigmoid or relu"`
	TopK           int              `toml:"top-k" group:"model" help:"Number of largest values of each code that are kept, while the others are 0; 0 keeps all values"`
	Tied           bool             `toml:"tied" group:"model" help:"The decoder uses the transposed weights of the encoder"`
}

func defaultPlain() Plain {
	return Plain{Autoencoder: defaultAutoencoder(), Latent: Latent{32}, Penalties: defaultPenalties(), CodeActivation: layer.LinearUnits}
}

// Validate implements settings.Validator.
func (m *Plain) Validate() error {
	return settings.Numbers(settings.Number{OK: m.TopK >= 0 && (m.TopK <= max(0, m.CodeSize) || m.EncoderText != ""), Name: "top-k", Value: m.TopK, Hint: "0 for all, or at most the number of values in a code"})
}

// Ineffective implements settings.Ineffective.
func (m *Plain) Ineffective() []settings.Without {
	if m.EncoderText == "" || changes(m.EncoderText, layer.Options{}, layer.Options{Activation: layer.Tanh}) {
		return nil
	}
	return []settings.Without{{Name: "code-activation", Why: "because the last layer in --encoder has an activation; hint: leave it out of --encoder"}}
}

// Place implements trainer.Model.
func (m *Plain) Place(source trainer.Source) error {
	encoder, decoder, code, err := m.parts(source.Shape, m.CodeSize, m.code(m.CodeActivation), m.last(), m.Tied)
	if err != nil {
		return err
	}
	if err := m.join(source.Shape, encoder, decoder, code); err != nil {
		return err
	}
	return m.Penalties.check(m.encoder, m.TopK)
}

// Encode implements trainer.Encoder.
func (m *Plain) Encode(s *graph.Scope, x graph.Value) graph.Value {
	return m.keep(s, m.encoder.On(s, x))
}

// From implements trainer.Layered.
func (m *Plain) From(s *graph.Scope, depth int, h graph.Value) graph.Value {
	return m.keep(s, m.encoder.From(depth).On(s, h))
}

// keep sets all but the TopK largest values of a code to 0, unless TopK is 0.
func (m *Plain) keep(s *graph.Scope, z graph.Value) graph.Value {
	if m.TopK > 0 {
		z = latent.Largest(s, m.encoder.Last().Name(), m.TopK, z)
	}
	s.Output(trainer.Code, z)
	return z
}

// Loss is the reconstruction term and the penalties.
func (m *Plain) Loss(s *graph.Scope, x, target graph.Value) graph.Loss {
	z := m.Encode(s, x)
	return m.Compare(s, m.Decode(s, z), target).Plus(m.Terms(s, m.encoder, z)...)
}

// Declare implements trainer.Network.
func (m *Plain) Declare(s *graph.Scope) { declare(s, m) }

// Stages implements trainer.Model: one stage that trains all layers.
func (m *Plain) Stages(c trainer.Config) ([]trainer.Stage, error) {
	s, err := m.stage("train", c, m)
	return []trainer.Stage{s}, err
}

// stage trains a part of the model, or all of it.
func (m *Plain) stage(name string, c trainer.Config, of trainer.Network) (trainer.Stage, error) {
	s, err := m.Autoencoder.stage(name, c, of)
	s.Measures = codeMeasures
	return s, err
}

// codeMeasures are the measures of a code that is the output of an encoder.
func codeMeasures() []trainer.Measure { return []trainer.Measure{trainer.CodeMeasure()} }
