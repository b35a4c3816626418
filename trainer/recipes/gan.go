package recipes

import (
	"gaetrain/graph"
	"gaetrain/graph/layer"
	"gaetrain/trainer"
)

var ganRecipe = trainer.Recipe{
	Name:    "gan",
	Summary: "adversarial: a generator makes images, and a discriminator learns to distinguish them from real ones",
	Idea: `A generator, which is a decoder without an encoder, makes images from samples of N(0, I). A
discriminator has the hidden layers of the mirrored encoder and gives every image one logit: real
or not. It learns from equal numbers of real and generated images. The generator learns from the
gradient of the discriminator's logit, so no explicit measure of image quality is needed. The
discriminator's weights are divided by an estimate of their largest singular value, which limits
that gradient for every adversarial loss. Each update makes one step of power iteration, so early
in training the estimate is up to about 20 % too small. With the loss wasserstein, this
normalisation replaces a gradient penalty, so no second derivatives are needed. Samples come from
an exponential moving average of the generator's weights. Neither loss measures the quality of the
samples. The best epoch is the one with the smallest distance between samples and images.`,
	Citation: "I. Goodfellow et al.: Generative Adversarial Nets. NIPS 2014, arXiv:1406.2661; spectral norm: T. Miyato et al., ICLR 2018, arXiv:1802.05957",
	BibTeX: `@inproceedings{goodfellow2014generative,
  author = {Goodfellow, Ian and Pouget-Abadie, Jean and Mirza, Mehdi and Xu, Bing and Warde-Farley, David and Ozair, Sherjil and Courville, Aaron and Bengio, Yoshua},
  title = {Generative Adversarial Nets},
  booktitle = {Advances in Neural Information Processing Systems},
  volume = {27},
  year = {2014},
  eprint = {1406.2661},
  archivePrefix = {arXiv},
}`,
	Defaults: func(c *trainer.Config) { c.Schedule, c.Beta1 = "constant", 0.5 },
	New:      func() trainer.Model { m := defaultGAN(); return &m },
}

// gan is a generator that is trained against a discriminator (Goodfellow 2014).
type gan struct {
	Layers
	Latent
	Discriminator
	EMA
	generator     *layer.Stack
	image, latent graph.Shape
}

func defaultGAN() gan {
	m := gan{Layers: defaultLayers(), Latent: Latent{64}, Discriminator: defaultDiscriminator(), EMA: EMA{Decay: 0.999}}
	m.Hidden = []int{512, 512}
	return m
}

// Place implements trainer.Model. The generator is the decoder of an autoencoder. The
// discriminator has the hidden layers of its encoder.
func (m *gan) Place(source trainer.Source) error { return m.placeFor(source, 0) }

func (m *gan) placeFor(source trainer.Source, classes int) error {
	_, generator, code, err := m.parts(source.Shape, m.CodeSize, m.Layers.code(layer.LinearUnits), m.output(), false)
	if err != nil {
		return err
	}
	m.image, m.latent = source.Shape, graph.Row(code.Size())
	if classes > 0 {
		if generator, err = layer.ConditionFirst(generator, classes); err != nil {
			return err
		}
	}
	if m.generator, err = layer.NewStack("decoder", m.latent, generator); err != nil {
		return err
	}
	if err := m.check(m.image, nil, m.generator); err != nil {
		return err
	}
	units := m.units(m.hidden().Initialiser)
	hidden, err := layer.Parse(m.text(m.CodeSize), units, units)
	if err != nil {
		return err
	}
	return m.placeOn(m.image, hidden.WithoutLast(), classes)
}

// Decode implements trainer.Decoder: the generator's image of a code.
func (m *gan) Decode(s *graph.Scope, z graph.Value) graph.Value {
	return m.EMA.On(s, m.generator, z)
}

// Loss is the generator's loss: the adversarial loss of its images.
func (m *gan) Loss(s *graph.Scope, z graph.Value) graph.Loss {
	x := m.Decode(s, z)
	s.Output(trainer.Reconstruction, x)
	return graph.Sum(m.Against(s, x))
}

// Declare implements trainer.Network.
func (m *gan) Declare(s *graph.Scope) {
	s.Minimise(m.Loss(s, s.Input(trainer.Noise, graph.Random, m.latent)))
}

// Stages implements trainer.Model.
func (m *gan) Stages(c trainer.Config) ([]trainer.Stage, error) {
	return []trainer.Stage{m.stage(c, m)}, nil
}

func (m *gan) stage(c trainer.Config, of trainer.Network) trainer.Stage {
	s := trainer.Stage{Name: "train", Epochs: c.Epochs, Network: of, Model: of, Binarise: c.Binarise}
	s.Titles = map[string]string{"decoder": "generator", trainer.Reconstruction: "sample"}
	return m.against(s, c, trainer.Target, trainer.Reconstruction, "real images")
}

// Likelihood implements trainer.Decoder. The output of the generator is the image, not
// logits.
func (m *gan) Likelihood() trainer.Likelihood { return squared }

// CodeShape implements trainer.Decoder.
func (m *gan) CodeShape() graph.Shape { return m.latent }

// Decodable implements trainer.Decoder.
func (m *gan) Decodable() error { return nil }

// HasPrior implements trainer.Generator.
func (m *gan) HasPrior() {}
