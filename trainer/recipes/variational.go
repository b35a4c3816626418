package recipes

import (
	"fmt"

	"gaetrain/graph"
	"gaetrain/graph/latent"
	"gaetrain/graph/layer"
	"gaetrain/trainer"
	"gaetrain/trainer/settings"
)

// GaussianCode is an autoencoder whose encoder computes a Gaussian posterior of the
// code of each image.
type GaussianCode struct {
	Autoencoder
	Latent
	KLWarmup float64 `toml:"kl-warmup" group:"model" help:"Epochs over which the weight of the KL divergence rises from 0 to its final value, 0 or more"`
}

func defaultGaussianCode() GaussianCode {
	g := GaussianCode{Autoencoder: defaultAutoencoder(), Latent: Latent{20}}
	g.Hidden = []int{400}
	return g
}

// Validate implements settings.Validator.
func (g *GaussianCode) Validate() error {
	return settings.Numbers(settings.Number{OK: g.KLWarmup >= 0 && settings.Finite(g.KLWarmup), Name: "kl-warmup", Value: g.KLWarmup, Hint: "0 or more epochs"})
}

// SampledCode is a Gaussian code that is sampled from its posterior.
type SampledCode struct {
	GaussianCode
	Samples int `toml:"samples" group:"model" help:"Number of codes that are sampled for each image from its posterior, from 1 to 1024"`
}

func defaultSampledCode() SampledCode {
	return SampledCode{GaussianCode: defaultGaussianCode(), Samples: 1}
}

// Variational is a model with a sampled Gaussian code whose loss weights the KL
// divergence from the prior.
type Variational struct {
	SampledCode
	Beta float64 `toml:"beta" group:"model" help:"Weight in the loss of the KL divergence of the posterior from the prior N(0, I), 0 or more"`
}

func defaultVariational() Variational {
	return Variational{SampledCode: defaultSampledCode(), Beta: 1}
}

// Validate implements settings.Validator.
func (v *Variational) Validate() error { return validBeta(v.Beta, v.KLWarmup) }

// validBeta checks the weight of a KL divergence and the epochs over which it rises.
func validBeta(beta, warmup float64) error {
	if beta == 0 && warmup > 0 {
		return fmt.Errorf("%w: kl-warmup has no effect with beta 0; hint: leave out kl-warmup, or --beta 1", settings.ErrConfiguration)
	}
	return settings.Numbers(settings.Number{OK: beta >= 0 && settings.Finite(beta), Name: "beta", Value: beta, Hint: "0 or more"})
}

// Limits of memory: codes per image, and codes per step.
const (
	maxSamples = 1 << 10
	maxCodes   = 1 << 16
)

// Validate implements settings.Validator.
func (v *SampledCode) Validate() error {
	if err := settings.Numbers(
		settings.Number{OK: v.Samples >= 1 && v.Samples <= maxSamples, Name: "samples", Value: v.Samples, Hint: fmt.Sprintf("from 1 to %d", maxSamples)},
	); err != nil {
		return err
	}
	switch {
	case v.Samples > 1 && v.perceives():
		return fmt.Errorf("%w: ssim and perceptual cannot be combined with %d samples; hint: --samples 1", settings.ErrConfiguration, v.Samples)
	case v.Samples > 1 && v.weighted():
		return fmt.Errorf("%w: corrupted-weight and intact-weight cannot be combined with %d samples; hint: --samples 1", settings.ErrConfiguration, v.Samples)
	}
	return nil
}

// Place implements trainer.Model: the encoder ends with two values, mean and
// log-variance, for each latent dimension.
func (g *GaussianCode) Place(source trainer.Source) error { return g.placeFor(source, 0) }

// placeFor places the layers of a model that takes labels of the given number of
// classes; 0: it takes no labels.
func (g *GaussianCode) placeFor(source trainer.Source, classes int) error {
	encoder, decoder, code, err := g.parts(source.Shape, g.CodeSize, g.code(layer.LinearUnits), g.last(), false)
	if err != nil {
		return err
	}
	if encoder, err = encoder.Doubled(); err != nil {
		return err
	}
	if classes > 0 {
		if encoder, err = layer.Condition(encoder, classes); err != nil {
			return err
		}
		if decoder, err = layer.ConditionFirst(decoder, classes); err != nil {
			return err
		}
	}
	if err := g.join(source.Shape, encoder, decoder, graph.Row(code.Size())); err != nil {
		return err
	}
	if g.decoder.Unpools() {
		return fmt.Errorf("%w: the decoder has max unpooling, but a gaussian code is decoded without an image; hint: up:2, bilinear:2 or a transposed convolution", graph.ErrArchitecture)
	}
	return nil
}

// Posterior declares q(z|x) (x: B×D).
func (g *GaussianCode) Posterior(s *graph.Scope, x graph.Value) latent.Gaussian {
	return latent.GaussianOf(s, g.encoder.On(s, x))
}

// Encode implements trainer.Encoder: the code of an image is the mean of its
// posterior.
func (g *GaussianCode) Encode(s *graph.Scope, x graph.Value) graph.Value {
	return g.mean(s, g.Posterior(s, x))
}

// From implements trainer.Layered.
func (g *GaussianCode) From(s *graph.Scope, depth int, h graph.Value) graph.Value {
	return g.mean(s, latent.GaussianOf(s, g.encoder.From(depth).On(s, h)))
}

func (g *GaussianCode) mean(s *graph.Scope, q latent.Gaussian) graph.Value {
	z := q.Mean(s)
	s.Output(trainer.Code, z)
	return z
}

// HasPrior implements trainer.Generator.
func (g *GaussianCode) HasPrior() {}

// train returns the one training stage of a model with a Gaussian code.
func (v *SampledCode) train(c trainer.Config, m trainer.Network) ([]trainer.Stage, error) {
	if v.Samples*c.BatchSize > maxCodes {
		return nil, fmt.Errorf("%w: samples is %d and batch-size is %d; hint: at most %d codes (samples × batch size) per step", settings.ErrConfiguration, v.Samples, c.BatchSize, maxCodes)
	}
	s, err := v.posteriorStage(c, m)
	return []trainer.Stage{s}, err
}

// posteriorStage trains a model with a Gaussian code for all epochs.
func (g *GaussianCode) posteriorStage(c trainer.Config, m trainer.Network) (trainer.Stage, error) {
	s, err := g.Autoencoder.stage("train", c, m)
	s.Rising = g.KLWarmup
	s.Measures = func() []trainer.Measure { return []trainer.Measure{trainer.PosteriorMeasure()} }
	return s, err
}
