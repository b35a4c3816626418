package recipes

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/graph/kernel/noise"
	"gaetrain/graph/layer"
	"gaetrain/graph/op"
	"gaetrain/trainer"
	"gaetrain/trainer/settings"
)

// Discriminator is a network that learns to distinguish real samples from those of a
// model, which learns from an adversarial loss.
type Discriminator struct {
	AdversarialLoss adversarialLoss `toml:"adversarial-loss" group:"model" help:"Adversarial loss: non-saturating, least-squares, hinge or wasserstein"`
	LabelSmoothing  float64         `toml:"label-smoothing" group:"model" help:"Label smoothing: the target for real images is 1 minus this value, from 0 to below 0.5"`
	DiscriminatorNet
}

// DiscriminatorNet has the settings of a network that gives each sample one logit, and
// the network once it is placed.
type DiscriminatorNet struct {
	Units        layer.Activation `toml:"discriminator-activation" group:"model" help:"Activation of the discriminator's hidden layers, such as leaky-relu or relu"`
	Norm         string           `toml:"discriminator-norm" group:"model" help:"Normalisation of the discriminator's weights: spectral (by their largest singular value) or none"`
	LearningRate float64          `toml:"discriminator-learning-rate" group:"model" help:"Learning rate of the discriminator before warm-up and schedule; 0 for that of --learning-rate"`

	layers *layer.Stack
	input  graph.Shape
	labels int // number of classes if it takes labels, else 0
}

func defaultDiscriminator() Discriminator {
	return Discriminator{nonSaturating, 0, DiscriminatorNet{Units: layer.LeakyReLU, Norm: "spectral"}}
}

// adversarialLoss names the losses of a discriminator and of the model against it.
type adversarialLoss string

// The adversarial losses, see kernel.AdversarialLoss.
const (
	nonSaturating adversarialLoss = "non-saturating"
	leastSquares  adversarialLoss = "least-squares"
	hinge         adversarialLoss = "hinge"
	wasserstein   adversarialLoss = "wasserstein"
)

// UnmarshalText implements encoding.TextUnmarshaler.
func (a *adversarialLoss) UnmarshalText(text []byte) error {
	names := []string{string(nonSaturating), string(leastSquares), string(hinge), string(wasserstein)}
	if !slices.Contains(names, string(text)) {
		return fmt.Errorf("unknown adversarial loss %q; hint: one of %s", text, strings.Join(names, ", "))
	}
	*a = adversarialLoss(text)
	return nil
}

// loss returns the losses of the logit.
func (d *Discriminator) loss() kernel.AdversarialLoss {
	switch real := 1 - d.LabelSmoothing; d.AdversarialLoss {
	case leastSquares:
		return kernel.LeastSquares(real)
	case hinge:
		return kernel.Hinge()
	case wasserstein:
		return kernel.Wasserstein()
	default:
		return kernel.NonSaturating(real)
	}
}

// Validate implements settings.Validator.
func (d *Discriminator) Validate() error {
	if d.LabelSmoothing > 0 && d.AdversarialLoss != nonSaturating && d.AdversarialLoss != leastSquares {
		return fmt.Errorf("%w: label-smoothing is %g, but the adversarial loss %s has no target values; hint: --adversarial-loss non-saturating or least-squares", settings.ErrConfiguration, d.LabelSmoothing, d.AdversarialLoss)
	}
	return settings.Numbers(settings.Number{OK: d.LabelSmoothing >= 0 && d.LabelSmoothing < 0.5, Name: "label-smoothing", Value: d.LabelSmoothing, Hint: "0 for none, or below 0.5"})
}

// Validate implements settings.Validator.
func (d *DiscriminatorNet) Validate() error {
	if err := settings.Choice("discriminator-norm", d.Norm, "spectral", "none"); err != nil {
		return err
	}
	return settings.Numbers(settings.Number{OK: d.LearningRate >= 0 && settings.Finite(d.LearningRate), Name: "discriminator-learning-rate", Value: d.LearningRate, Hint: "0 for the learning rate of the model, or more"})
}

// units are the options of the hidden layers of a discriminator.
func (d *DiscriminatorNet) units(i graph.Initialiser) layer.Options {
	return layer.Options{Activation: d.Units, Initialiser: i}
}

// placeOn places hidden layers and a logit after the input. The discriminator takes
// labels of the given number of classes; 0: it takes no labels.
func (d *Discriminator) placeOn(input graph.Shape, hidden layer.Sequence, classes int) error {
	// The wasserstein loss depends only on differences between logits.
	return d.place(input, hidden, classes, d.AdversarialLoss == wasserstein)
}

func (d *DiscriminatorNet) place(input graph.Shape, hidden layer.Sequence, classes int, noBias bool) (err error) {
	for _, l := range hidden {
		if layer.DependsOnBatch(l) {
			return fmt.Errorf("%w: the discriminator has %s, but real and generated images are in one batch; hint: leave out batch normalisation and dropout", graph.ErrArchitecture, l)
		}
	}
	if classes > 0 {
		if hidden, err = layer.Condition(hidden, classes); err != nil {
			return fmt.Errorf("the discriminator of a conditional model needs a fully connected hidden layer, such as --hidden 256: %w", err)
		}
	}
	logit := layer.Dense{Units: 1, Options: layer.Options{Activation: layer.LinearUnits, Initialiser: graph.GlorotUniform, NoBias: noBias}}
	d.input, d.labels = input, classes
	d.layers, err = layer.NewStack("discriminator", input, append(slices.Clone(hidden), logit))
	return err
}

// Against declares the term "adversarial_loss" of the samples that a model made. Its
// gradient passes through the discriminator, whose parameters stay unchanged.
func (d *Discriminator) Against(s *graph.Scope, made graph.Value) graph.Term {
	return d.term(s, trainer.AdversarialLoss, d.loss(), made)
}

// term declares the generator's loss of the samples that a model made.
func (d *DiscriminatorNet) term(s *graph.Scope, name string, of kernel.AdversarialLoss, made graph.Value) graph.Term {
	logits := d.layers.On(d.normalised(s.Frozen()), made)
	return s.Term(name, func(rows *op.Rows, z op.Node, _ ...op.Node) (op.Loss, error) {
		return op.GeneratorLoss(name, rows, of, z)
	}, logits)
}

// Declare implements trainer.Network: the discriminator's loss for a batch whose
// first half is real.
func (d *Discriminator) Declare(s *graph.Scope) { d.declare(s, d.loss()) }

func (d *DiscriminatorNet) declare(s *graph.Scope, of kernel.AdversarialLoss) {
	logits := d.layers.On(d.normalised(s), s.Input(trainer.Samples, graph.Data, d.input))
	s.Minimise(graph.Sum(s.Term(trainer.DiscriminatorLoss, func(rows *op.Rows, z op.Node, _ ...op.Node) (op.Loss, error) {
		return op.DiscriminatorLoss(trainer.DiscriminatorLoss, rows, of, z)
	}, logits)))
}

// normalised is the scope on which weights are divided by an estimate of their
// largest singular value (Miyato et al. 2018). Once the estimate has converged, the
// Lipschitz constant of each layer is at most 1. Early in training it is up to
// about 1.2, see op.SpectralNorm.
func (d *DiscriminatorNet) normalised(s *graph.Scope) *graph.Scope {
	if d.Norm != "spectral" {
		return s
	}
	return s.WithWeights(spectralNorm)
}

// spectralNorm declares W/σ(W), see op.SpectralNorm. The left singular vector of W
// is a statistic with a random initial value.
func spectralNorm(s *graph.Scope, spec graph.Spec, w graph.Value) graph.Value {
	name := strings.TrimSuffix(spec.Name, "/weights")
	vector := s.Statistic(graph.Spec{Name: name + "/singular", Part: spec.Part, Shape: spec.Shape[:1], Fill: func(v []float32, seed uint64) {
		noise.Normal(v, graph.InitialKey(seed, name+"/singular"))
		kernel.Scale(float32(1/math.Sqrt(kernel.SumSquares(v))), v)
	}})
	return s.ApplyTo(func(w op.Node) (op.Node, error) {
		normal, update, err := op.SpectralNorm(name, w, vector)
		if s.Moves() {
			s.After(update)
		}
		return normal, err
	}, w)
}

// against returns the stage with the discriminator as its opponent. title names the
// real samples in drawings of the graph.
func (d *Discriminator) against(s trainer.Stage, c trainer.Config, real, made, title string) trainer.Stage {
	return d.opposing(d, s, c, real, made, title)
}

// opposing is against for a network that declares the loss of d.
func (d *DiscriminatorNet) opposing(n trainer.Network, s trainer.Stage, c trainer.Config, real, made, title string) trainer.Stage {
	s.Opponent = &trainer.Opponent{Network: n, Real: real, Made: made, Title: title}
	if d.LearningRate > 0 {
		s.Rates = map[string]float64{"discriminator": d.LearningRate / c.LearningRate}
	}
	return s
}

// DiscriminatorLayers has the settings of the hidden layers of a discriminator of codes.
type DiscriminatorLayers struct {
	Widths []int `toml:"discriminator-hidden" group:"model" help:"Widths of the discriminator's hidden layers, such as 256,256; none for no hidden layers"`
}

// sequence returns the layers with options of their units.
func (d *DiscriminatorLayers) sequence(o layer.Options) (hidden layer.Sequence) {
	for _, units := range d.Widths {
		hidden = append(hidden, layer.Dense{Units: units, Options: o})
	}
	return hidden
}

// Validate implements settings.Validator.
func (d *DiscriminatorLayers) Validate() error {
	return settings.Widths("discriminator-hidden", "units", d.Widths)
}

// Ineffective implements settings.Ineffective.
func (d *DiscriminatorLayers) Ineffective() []settings.Without {
	if len(d.Widths) > 0 {
		return nil
	}
	return []settings.Without{{Name: "discriminator-activation", Why: "without hidden layers; hint: --discriminator-hidden 256"}}
}
