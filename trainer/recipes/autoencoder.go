package recipes

import (
	"fmt"

	"gaetrain/graph"
	"gaetrain/graph/layer"
	"gaetrain/trainer"
	"gaetrain/trainer/settings"
)

// Autoencoder is the part that most models share: an encoder, a decoder that mirrors
// it, a reconstruction term, and inputs that may be corrupted.
type Autoencoder struct {
	EncoderDecoder
	Layers
	Reconstruction
	Perceptual
	Denoising
}

func defaultAutoencoder() Autoencoder {
	return Autoencoder{Layers: defaultLayers(), Reconstruction: Reconstruction{Loss: crossEntropy}, Perceptual: defaultPerceptual(), Denoising: defaultDenoising()}
}

// Validate implements settings.Validator.
func (a *Autoencoder) Validate() error {
	refused := func(format string, values ...any) error {
		return fmt.Errorf("%w: %s", settings.ErrConfiguration, fmt.Sprintf(format, values...))
	}
	switch {
	case a.Loss == crossEntropy && a.OutputActivation != layer.Sigmoid:
		return refused("output-activation is %s, but cross-entropy needs probabilities; hint: --output-activation sigmoid or --loss squared-error", a.OutputActivation)
	case a.Loss == gaussian && a.weighted():
		return refused("the loss gaussian cannot be combined with corrupted-weight or intact-weight; hint: --loss squared-error")
	}
	return nil
}

// last are the options of the last layer of the decoder. The cross-entropy takes
// logits, whose sigmoid is the reconstruction.
func (a *Autoencoder) last() layer.Options {
	o := a.output()
	if a.Loss == crossEntropy {
		o.Activation = layer.LinearUnits
	}
	return o
}

// join places the encoder after images and the decoder after codes of a shape.
func (a *Autoencoder) join(image graph.Shape, encoder, decoder layer.Sequence, code graph.Shape) error {
	if err := a.place(image, encoder, decoder, code); err != nil {
		return err
	}
	if err := a.fits(image); err != nil {
		return err
	}
	return a.check(image, a.encoder, a.decoder)
}

// Compare declares the terms that compare the decoder's output y with the target:
// the reconstruction term, and those of structure and features if they have a weight.
func (a *Autoencoder) Compare(s *graph.Scope, y, target graph.Value) graph.Loss {
	of := a.likelihood()
	loss := graph.Sum(a.compare(s, of, y, target))
	if !a.perceives() {
		return loss
	}
	return loss.Plus(a.perceive(s, of.Mean(s, y), target)...)
}

// stage trains a model for all epochs.
func (a *Autoencoder) stage(name string, c trainer.Config, m trainer.Network) (trainer.Stage, error) {
	s := trainer.Stage{Name: name, Epochs: c.Epochs, Network: m, Model: m, Corruption: a.Corruption, Binarise: c.Binarise}
	return s, binary(c, a.Loss)
}

// binary returns an error if pixels are sampled as 0 or 1, but the loss is not the
// likelihood of such pixels. It wraps settings.ErrConfiguration.
func binary(c trainer.Config, loss lossName) error {
	if c.Binarise && loss != crossEntropy {
		return fmt.Errorf("%w: binarise needs the loss cross-entropy, but the loss is %s; hint: --binarise=false", settings.ErrConfiguration, loss)
	}
	return nil
}

// InitialiseFrom implements trainer.DataDependent.
func (a *Autoencoder) InitialiseFrom(images graph.Sample, p *graph.Parameters, seed uint64) error {
	if a.Initialiser != graph.Images {
		return nil
	}
	weights, ok := p.Get(a.encoder.Numbered(1).(layer.Weighted).Weights().Name)
	if !ok {
		return nil // a part of the model without its own parameters
	}
	return graph.InitialiseFromImages(weights, images, seed)
}

// RandomWeights replaces an initialisation from training images by a random one.
func (a *Autoencoder) RandomWeights() {
	if a.Initialiser == graph.Images {
		a.Initialiser = graph.GlorotUniform
	}
}

// LinearDecoder implements trainer.Linear.
func (a *Autoencoder) LinearDecoder() bool {
	return a.Loss == squaredError && a.Decodable() == nil && layer.Linear(a.decoder)
}
