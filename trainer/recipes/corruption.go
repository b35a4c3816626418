package recipes

import (
	"fmt"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/graph/op"
	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/settings"
)

// Denoising are the settings of a model whose inputs may be corrupted, while the
// target stays clean.
type Denoising struct {
	Corruption      loaders.Corruption `toml:"corruption" group:"model" help:"Corruption of inputs: none, gaussian:0.3, masking:0.25, salt-and-pepper:0.1, patches:0.75:4"`
	CorruptedWeight float64            `toml:"corrupted-weight" group:"model" help:"Weight in the loss of pixels that masking, salt-and-pepper or patches replace, 0 or more"`
	IntactWeight    float64            `toml:"intact-weight" group:"model" help:"Weight in the loss of pixels that masking, salt-and-pepper or patches do not replace, 0 or more"`
}

func defaultDenoising() Denoising { return Denoising{CorruptedWeight: 1, IntactWeight: 1} }

// Masking is the corruption that sets a share of the pixels to 0.
func Masking(share float32) loaders.Corruption {
	return loaders.Corruption{Kind: loaders.Masking, Level: share}
}

// weighted reports whether a pixel can have another weight than 1.
func (d *Denoising) weighted() bool { return d.CorruptedWeight != 1 || d.IntactWeight != 1 }

// pixels returns the weights of pixels in the loss.
func (d *Denoising) pixels() kernel.PixelWeights {
	return kernel.PixelWeights{Corrupted: float32(d.CorruptedWeight), Intact: float32(d.IntactWeight)}
}

// Validate implements settings.Validator.
func (d *Denoising) Validate() error {
	if err := settings.Numbers(
		settings.Number{OK: d.CorruptedWeight >= 0 && settings.Finite(d.CorruptedWeight), Name: "corrupted-weight", Value: d.CorruptedWeight, Hint: "0 or more"},
		settings.Number{OK: d.IntactWeight >= 0 && settings.Finite(d.IntactWeight), Name: "intact-weight", Value: d.IntactWeight, Hint: "0 or more"},
	); err != nil || !d.weighted() {
		return err
	}
	refused := func(why string) error {
		return fmt.Errorf("%w: corrupted-weight is %g and intact-weight is %g, but %s", settings.ErrConfiguration, d.CorruptedWeight, d.IntactWeight, why)
	}
	switch {
	case d.pixels() == (kernel.PixelWeights{}):
		return refused("the reconstruction then has no weight; hint: set one of them above 0")
	case d.Corruption.Kind == loaders.NoCorruption:
		return refused("no pixel is corrupted; hint: --corruption masking:0.25")
	case d.Corruption.Kind == loaders.Gaussian:
		return refused("gaussian noise changes every pixel; hint: --corruption masking:0.25, salt-and-pepper:0.1 or patches:0.75:4")
	}
	return nil
}

// compare declares the reconstruction term of a likelihood (y, target: B×D).
// Pixels are weighted only in programs that have the corruption mask as an input.
func (d *Denoising) compare(s *graph.Scope, l likelihood, y, target graph.Value) graph.Term {
	if !d.weighted() || !s.Given(trainer.Mask) {
		return l.Term(s, y, target)
	}
	mask := s.Input(trainer.Mask, graph.Data, target.Shape())
	weighted := op.WeightedSquaredError
	if l.activation == kernel.Sigmoid { // of logits
		weighted = op.WeightedCrossEntropy
	}
	return l.term(s, y, target, func(op.Likelihood) graph.Term {
		return s.Term(reconstruction, func(rows *op.Rows, y op.Node, more ...op.Node) (op.Loss, error) {
			return weighted("loss", rows, d.pixels(), y, more[0], more[1])
		}, y, target, mask)
	})
}
