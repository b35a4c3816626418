package measure

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/evaluate"
)

// Prior is the distribution from which codes are sampled. It is the prior of the model: N(0, I),
// or the autoregressive prior of its words. For other models it is the Gaussian with the
// mean and the covariance of the codes of the training images.
type Prior struct {
	Model  *trainer.Trained
	fitted *evaluate.PCA // nil: the prior of the model
	images int           // number of images that it is fitted to
}

// NewPrior returns the prior of a model that makes images. The training images
// are used only for a model without a prior; see NeedsImages.
func NewPrior(ctx context.Context, model *trainer.Trained, train loaders.Split) (*Prior, error) {
	p := &Prior{Model: model}
	if model.IsClassifier() {
		return nil, refused("a classifier does not generate images; hint: --run with the model whose encoder it uses")
	}
	if model.Samples() {
		return p, nil
	}
	codes, err := Codes(ctx, model, train)
	if err != nil {
		return nil, err
	}
	p.images = codes.Rows
	p.fitted, err = evaluate.NewPCA(ctx, codes, codes.Columns)
	return p, err
}

// NeedsImages reports whether the prior of a model is fitted to training images.
func NeedsImages(model *trainer.Trained) bool { return !model.IsClassifier() && !model.Samples() }

// String names the distribution.
func (p *Prior) String() string {
	switch {
	case p.fitted == nil && p.Model.SamplesWords():
		return "the autoregressive prior of their words"
	case p.fitted == nil:
		return "N(0, I)"
	}
	return fmt.Sprintf("the Gaussian of the codes of %d training %s (model %s has no prior)", p.images, p.Model.Shape().Words("images"), p.Model.Config.Model)
}

// Draw samples n codes (N×L). The temperature is a factor of the standard deviation, see
// trainer.Trained.Draw. Code i depends only on the seed and i.
func (p *Prior) Draw(ctx context.Context, n int, seed uint64, temperature float64) ([]float32, error) {
	if p.fitted == nil {
		return p.Model.Draw(ctx, n, seed, temperature)
	}
	return p.codes(trainer.Draw(n, p.Model.CodeSize(), seed, temperature)), nil
}

// codes transforms samples of N(0, I) (N×L) to samples of the prior.
func (p *Prior) codes(normal []float32) []float32 {
	if p.fitted == nil {
		return normal
	}
	return p.fitted.Draw(evaluate.NewMatrix(normal, p.Model.CodeSize())).Values
}

// moments returns the means and the standard deviations of the values of a code.
func (p *Prior) moments() (mean, deviation []float64) {
	size := p.Model.CodeSize()
	mean, deviation = make([]float64, size), slices.Repeat([]float64{1}, size)
	if p.fitted != nil {
		for d := range size {
			mean[d], deviation[d] = p.fitted.Mean[d], p.fitted.Deviation(d)
		}
	}
	return mean, deviation
}

// fits returns an error if n codes do not fit into memory.
func (p *Prior) fits(n int) error {
	return trainer.Fits("codes", n, p.Model.CodeSize(), "fewer samples")
}

// labels returns the labels with which n samples are decoded: every class in turn, or
// nil for a model that is not conditional.
func (p *Prior) labels(n int) []loaders.Label {
	classes := p.Model.Classes()
	if classes == 0 {
		return nil
	}
	labels := make([]loaders.Label, n)
	for i := range labels {
		labels[i] = loaders.Label(i % classes)
	}
	return labels
}

// placed are the codes of images.
type placed struct {
	codes  []float32       // N×L
	labels []loaders.Label // N; nil for a model that is not conditional
	images []float32       // N×D; nil for a model without an encoder
}

// place returns the codes of the test images with the given indices. For a model without
// an encoder, it returns the samples of the prior with these numbers, with the same
// classes as in Sample.
func (p *Prior) place(ctx context.Context, test loaders.Split, seed uint64, indices []int) (at placed, err error) {
	if !p.Model.HasEncoder() {
		if classes := p.Model.Classes(); classes > 0 {
			for _, i := range indices {
				at.labels = append(at.labels, loaders.Label(max(i, 0)%classes))
			}
		}
		at.codes, err = p.numbered(ctx, seed, indices)
		return at, err
	}
	for _, i := range indices {
		if i < 0 || i >= test.Len() {
			return at, refused("image %d; hint: the index of a test image, from 0 to %d", i, test.Len()-1)
		}
	}
	split := test.Select(indices)
	pixels, err := pixelsOf(split)
	if err != nil {
		return at, err
	}
	at.images = pixels.Values
	if p.Model.Conditional() {
		at.labels = split.Labels
	}
	at.codes, err = p.Model.Encode(ctx, split)
	return at, err
}

// numbered returns the samples of the prior with the given numbers.
func (p *Prior) numbered(ctx context.Context, seed uint64, numbers []int) (codes []float32, err error) {
	least, most := slices.Min(numbers), slices.Max(numbers)
	if least < 0 || most >= mostCodes {
		return nil, refused("sample %d; hint: from 0 to %d", cmp.Or(min(least, 0), most), mostCodes-1)
	}
	size := p.Model.CodeSize()
	if err := p.fits(most + 1); err != nil {
		return nil, err
	}
	all, err := p.Draw(ctx, most+1, seed, 1)
	if err != nil {
		return nil, err
	}
	for _, i := range numbers {
		codes = append(codes, all[i*size:(i+1)*size]...)
	}
	return codes, nil
}

// mostCodes limits the number of codes that are sampled at once.
const mostCodes = 1 << 17
