package trainer

import (
	"fmt"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
)

// variational lists what is said of a Gaussian code and is not the default.
func (c Config) variational() (names []string) {
	for _, option := range []struct {
		name string
		set  bool
	}{
		{"kl-warmup", c.KLWarmup > 0}, {"free-bits", c.FreeBits > 0}, {"capacity", c.Capacity > 0}, {"samples", c.Samples > 1},
		{"gradient", c.Gradient != "plain"},
	} {
		if option.set {
			names = append(names, option.name)
		}
	}
	return names
}

// validateDivergence reports what does not go together about Gaussian codes
// and likelihoods.
func (c Config) validateDivergence() error {
	refused := func(format string, values ...any) error {
		return fmt.Errorf("%w: %s", ErrConfiguration, fmt.Sprintf(format, values...))
	}
	switch {
	case c.Capacity > 0 && c.FreeBits > 0:
		return refused("capacity and free-bits; hint: one of them says how many nats a code has")
	case c.Capacity > 0 && c.KLWarmup > 0:
		return refused("capacity and kl-warmup; hint: --capacity-epochs makes the capacity rise")
	case c.Capacity > 0 && c.Beta != 1:
		return refused("capacity and beta %g; hint: capacity-weight takes the place of beta", c.Beta)
	case c.Capacity == 0 && c.CapacityEpochs > 0:
		return refused("capacity-epochs without a capacity; hint: --capacity 25")
	case c.Beta == 0 && (c.KLWarmup > 0 || c.FreeBits > 0):
		return refused("%s with beta 0; hint: a divergence without weight needs neither", c.variational()[0])
	case c.Variance > 0 && c.Loss != graph.GaussianLikelihood:
		return refused("variance with the loss %s; hint: --loss gaussian", c.Loss)
	case c.Loss == graph.GaussianLikelihood && c.Emphasis() != (kernel.PixelWeights{}):
		return refused("corrupted-weight or intact-weight with the loss gaussian; hint: --loss squared-error")
	case c.Samples > 1 && c.Emphasis() != (kernel.PixelWeights{}):
		return refused("corrupted-weight or intact-weight with %d samples; hint: one sample", c.Samples)
	}
	return nil
}

// requireGaussian refuses what is said of a Gaussian code where no stage has one.
func (c Config) requireGaussian(stages []Stage) error {
	for _, s := range stages {
		if s.Architecture.Code == graph.Gaussian {
			return nil
		}
	}
	if names := c.variational(); len(names) > 0 {
		return fmt.Errorf("%w: %s with model %s, whose code is not drawn; hint: --model vae", ErrConfiguration, names[0], c.Model)
	}
	return nil
}
