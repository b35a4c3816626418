package recipes

import (
	"fmt"

	"gaetrain/graph"
	"gaetrain/graph/latent"
	"gaetrain/graph/layer"
	"gaetrain/trainer"
	"gaetrain/trainer/settings"
)

var synchronyRecipe = trainer.Recipe{
	Name:    "synchrony",
	Summary: "gated units on pairs of frames: the code represents the motion between two frames",
	Idea: `Two frames of a scene, x and y, differ by a motion. Each unit has one filter for each frame, u and
v. Its gate opens if both filters respond in the same way: s = σ((u·x)(v·y)), which detects
synchrony. The decoder is tied to the encoder and takes the responses that pass the open gates.
The responses represent the content, so the code only has to represent the motion. With the gates
"product", a frame is reconstructed from its own responses: x̂ = U(s ⊙ Uᵀx) + b. With "exchange",
it is reconstructed from the responses to the other frame, x̂ = U(s ⊙ Vᵀy) + b, so the filters of
a unit may differ only by the motion. With "energy", s = σ((u·x + v·y)²), and a pair is
reconstructed as one vector. --contraction adds ‖∂s/∂(x, y)‖² to the loss, as in the paper.
--motion makes new pairs from single images in each epoch, and pairs:DIR reads pairs.`,
	Citation: "K. Konda, R. Memisevic, V. Michalski: Learning to encode motion using spatio-temporal synchrony. ICLR 2014, arXiv:1306.3162",
	BibTeX: `@inproceedings{konda2014learning,
  author = {Konda, Kishore and Memisevic, Roland and Michalski, Vincent},
  title = {Learning to Encode Motion Using Spatio-Temporal Synchrony},
  booktitle = {International Conference on Learning Representations},
  year = {2014},
  eprint = {1306.3162},
  archivePrefix = {arXiv},
}`,
	Defaults: func(c *trainer.Config) { c.Motion.Shift, c.Motion.Patch = 2, 12 },
	New: func() trainer.Model {
		return &synchrony{
			Reconstruction: Reconstruction{Loss: squaredError}, Denoising: defaultDenoising(), Latent: Latent{64},
			Gates: "exchange", CodeActivation: layer.Sigmoid, OutputActivation: layer.LinearUnits, Initialiser: graph.Normal,
		}
	},
}

// synchrony is an autoencoder of pairs of frames. Its code gates the responses to the
// frames (Konda 2014).
type synchrony struct {
	EncoderDecoder
	Reconstruction
	Denoising
	Latent
	Gates            string            `toml:"gates" group:"model" help:"Gates: product, exchange (a frame is decoded from the other's responses) or energy (squared sum)"`
	CodeActivation   layer.Activation  `toml:"code-activation" group:"model" help:"Activation of the gates, whose outputs are the code, such as sigmoid or relu"`
	OutputActivation layer.Activation  `toml:"output-activation" group:"model" help:"Activation of the decoder's last layer; always sigmoid with --loss cross-entropy"`
	Initialiser      graph.Initialiser `toml:"initialiser" group:"model" help:"Initial weights: (glorot|he|lecun)-(uniform|normal), normal, uniform or zeros"`
	Contraction      float64           `toml:"contraction" group:"model" help:"Weight of the contraction term ‖∂s/∂(x, y)‖² of the gates s; 0 for none"`

	standardised Standardised
}

// Ineffective implements settings.Ineffective.
func (m *synchrony) Ineffective() []settings.Without {
	without := m.Reconstruction.Ineffective()
	if m.Reconstruction.Loss == crossEntropy {
		without = append(without, settings.Without{Name: "output-activation", Why: "with loss cross-entropy, whose output is always sigmoid; hint: --loss squared-error"})
	}
	return without
}

// Place implements trainer.Model: one layer of filters without biases, for each
// frame or for both frames, and a decoder with the same filters.
func (m *synchrony) Place(source trainer.Source) error {
	if source.Shape.Channels%2 != 0 {
		return fmt.Errorf("%w: images of %s are not pairs of frames; hint: --motion shift:3 makes pairs, or --dataset pairs:DIR", graph.ErrArchitecture, source.Shape)
	}
	filters := layer.Options{Initialiser: m.Initialiser, NoBias: true}
	encoder := layer.Sequence{layer.Frames{Count: 2, Dense: layer.Dense{Units: m.CodeSize, Options: filters}}}
	if m.Gates == "energy" {
		encoder = layer.Sequence{layer.Dense{Units: m.CodeSize, Options: filters}}
	}
	responses, err := layer.NewStack("encoder", source.Shape, encoder)
	if err != nil {
		return err
	}
	output := layer.Options{Activation: m.OutputActivation, Initialiser: m.Initialiser}
	if m.Reconstruction.Loss == crossEntropy { // which takes logits
		output.Activation = layer.LinearUnits
	}
	decoder, err := layer.Mirror(responses, output, output, true, layer.ByTransposed)
	if err != nil {
		return err
	}
	m.standardised.image = source.Shape
	err = m.place(source.Shape, encoder, decoder, responses.Out())
	m.shape = graph.Row(m.CodeSize)
	return err
}

// gates declares the gates of the responses of both frames.
func (m *synchrony) gates(s *graph.Scope, responses graph.Value) latent.Gates {
	declare := latent.ProductGates
	if m.Gates == "energy" {
		declare = latent.EnergyGates
	}
	act, _ := m.CodeActivation.Kernel()
	g := declare(s, act, responses)
	s.Output(trainer.Code, g.Code)
	return g
}

// respond declares the responses to the frames. Each frame has its own filters.
func (m *synchrony) respond(s *graph.Scope, x graph.Value) graph.Value {
	return m.encoder.On(s, m.standardised.Standardise(s, x))
}

// Encode implements trainer.Encoder.
func (m *synchrony) Encode(s *graph.Scope, x graph.Value) graph.Value {
	return m.gates(s, m.respond(s, x)).Code
}

// Loss is the reconstruction from the gated responses, and the contraction.
func (m *synchrony) Loss(s *graph.Scope, x, target graph.Value) graph.Loss {
	g := m.gates(s, m.respond(s, x))
	y := m.decoder.On(s, g.Gated(s, m.Gates == "exchange"))
	loss := graph.Sum(m.compare(s, m.likelihood(), y, target))
	if m.Contraction == 0 {
		return loss
	}
	act, _ := m.CodeActivation.Kernel()
	return loss.Plus(g.Contraction(s, act, s.Kept("encoder/1/weights")).Times(m.Contraction))
}

// Declare implements trainer.Network.
func (m *synchrony) Declare(s *graph.Scope) { declare(s, m) }

// First implements trainer.Layered.
func (m *synchrony) First(s *graph.Scope, depth int, x graph.Value) graph.Value {
	return m.EncoderDecoder.First(s, depth, m.standardised.Standardise(s, x))
}

// From implements trainer.Layered.
func (m *synchrony) From(s *graph.Scope, depth int, h graph.Value) graph.Value {
	return m.gates(s, m.encoder.From(depth).On(s, h)).Code
}

// Decodable implements trainer.Decoder.
func (m *synchrony) Decodable() error {
	return fmt.Errorf("%w: the code of %s gates cannot be decoded without both frames, because it represents their motion and not their content; hint: gaetrain reconstruct uses both frames", graph.ErrArchitecture, m.Gates)
}

// InitialiseFrom implements trainer.DataDependent.
func (m *synchrony) InitialiseFrom(images graph.Sample, p *graph.Parameters, _ uint64) error {
	_, err := m.standardised.measure(images, p)
	return err
}

// Stages implements trainer.Model.
func (m *synchrony) Stages(c trainer.Config) ([]trainer.Stage, error) {
	return []trainer.Stage{{
		Name: "train", Epochs: c.Epochs, Network: m, Model: m, Corruption: m.Corruption, Binarise: c.Binarise, Measures: codeMeasures,
	}}, binary(c, m.Reconstruction.Loss)
}

// Validate implements settings.Validator.
func (m *synchrony) Validate() error {
	if err := settings.Choice("gates", m.Gates, "product", "exchange", "energy"); err != nil {
		return err
	}
	if _, ok := m.CodeActivation.Kernel(); !ok {
		return fmt.Errorf("%w: code-activation is %s; hint: sigmoid, or another activation whose derivative can be computed from its output", settings.ErrConfiguration, m.CodeActivation)
	}
	if m.Initialiser == graph.Images {
		return fmt.Errorf("%w: initialiser is images, but the filters are for pairs of frames; hint: --initialiser normal", settings.ErrConfiguration)
	}
	return settings.Numbers(settings.Number{OK: m.Contraction >= 0 && settings.Finite(m.Contraction), Name: "contraction", Value: m.Contraction, Hint: "0 for none, or more"})
}
