package recipes

import (
	"fmt"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/graph/op"
	"gaetrain/trainer/settings"
)

// Perceptual has the settings of terms of the loss that compare the structure of images
// and the features of a classifier, in addition to the reconstruction term, which compares
// pixels.
type Perceptual struct {
	SSIM   float64 `toml:"ssim" group:"model" optional:"true" help:"Weight of D·(1 − SSIM) in the loss (structural similarity; D values per image); 0 for none"`
	Scales int     `toml:"ssim-scales" group:"model" help:"Number of scales on which --ssim compares images: 1 for SSIM, 2 to 5 for MS-SSIM"`
	FeatureLoss
}

func defaultPerceptual() Perceptual {
	return Perceptual{Scales: 1, FeatureLoss: FeatureLoss{Weight: 1}}
}

// Validate implements settings.Validator.
func (p *Perceptual) Validate() error {
	return settings.Numbers(
		settings.Number{OK: p.SSIM >= 0 && settings.Finite(p.SSIM), Name: "ssim", Value: p.SSIM, Hint: "0 for none, or more"},
		settings.Number{OK: p.Scales >= 1 && p.Scales <= kernel.MaxSimilarityScales, Name: "ssim-scales", Value: p.Scales, Hint: fmt.Sprintf("from 1 to %d", kernel.MaxSimilarityScales)},
	)
}

// Ineffective implements settings.Ineffective.
func (p *Perceptual) Ineffective() []settings.Without {
	if p.SSIM > 0 {
		return nil
	}
	return []settings.Without{{Name: "ssim-scales", Why: "without a term of structural similarity; hint: --ssim 1"}}
}

// perceives reports whether there is a term in addition to the reconstruction term.
func (p *Perceptual) perceives() bool { return p.SSIM > 0 || p.Run != "" }

// fits returns an error if images of a shape cannot be compared. It wraps
// graph.ErrArchitecture.
func (p *Perceptual) fits(image graph.Shape) error {
	if err := p.place(image); err != nil || p.SSIM == 0 {
		return err
	}
	switch most := kernel.SimilarityScales(image.Height, image.Width); {
	case most == 0:
		return fmt.Errorf("%w: term ssim: it compares windows of %d×%[2]d pixels, but the data are %s; hint: --ssim 0", graph.ErrArchitecture, kernel.SimilarityWindow, image)
	case p.Scales > most:
		return fmt.Errorf("%w: term ssim: images of %s have at most %d scales; hint: --ssim-scales %[3]d", graph.ErrArchitecture, image, most)
	}
	return nil
}

// perceive declares the terms of reconstructions and targets (B×D each).
func (p *Perceptual) perceive(s *graph.Scope, reconstructed, target graph.Value) (terms []graph.Term) {
	if p.SSIM > 0 {
		terms = append(terms, p.similar(s, reconstructed, target))
	}
	if p.Run != "" {
		terms = append(terms, p.alike(s, reconstructed, target)...)
	}
	return terms
}

// similar declares the dissimilarity D·(1 − SSIM(x̂, x)) of reconstructions and targets (B×D each).
func (p *Perceptual) similar(s *graph.Scope, reconstructed, target graph.Value) graph.Term {
	image := target.Shape()
	return s.Term("dissimilarity", func(rows *op.Rows, y op.Node, more ...op.Node) (op.Loss, error) {
		return op.Dissimilarity("loss", rows, image.Channels, image.Height, image.Width, p.Scales, y, more[0])
	}, reconstructed, target).In("of D·(1 − SSIM)").Times(p.SSIM)
}
