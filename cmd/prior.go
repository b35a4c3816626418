package cmd

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/urfave/cli/v2"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/evaluate"
)

// prior is what the codes of a model are drawn from: N(0, I) where it was
// trained towards that, else the Gaussian of the codes of its training images.
type prior struct {
	model  *trainer.Model
	fitted *evaluate.PCA // nil: N(0, I)
	images int           // that it is fitted to
}

func newPrior(c *cli.Context, model *trainer.Model, o *ModelOptions, log *console) (*prior, error) {
	p := &prior{model: model}
	if model.Stage.Architecture.Classifier != nil {
		return nil, fmt.Errorf("%w: a classifier makes no images; hint: the run it was made from does", trainer.ErrConfiguration)
	}
	if model.Stage.Architecture.HasPrior() {
		return p, nil
	}
	data, err := o.open(c, model, log)
	if err != nil {
		return nil, err
	}
	codes, err := encoded(c, model, data.Train)
	if err != nil {
		return nil, err
	}
	p.images = codes.Rows
	p.fitted, err = evaluate.NewPCA(codes, codes.Columns)
	return p, err
}

// String says what codes are drawn from.
func (p *prior) String() string {
	if p.fitted == nil {
		return "N(0, I)"
	}
	return fmt.Sprintf("the Gaussian of the codes of %d training images (model %s has no prior)", p.images, p.model.Config.Model)
}

// codes are those that draws of N(0, I), N×L, stand for.
func (p *prior) codes(normal []float32) []float32 {
	if p.fitted == nil {
		return normal
	}
	return p.fitted.Draw(evaluate.NewMatrix(normal, p.size())).Values
}

// draw draws n codes N×L.
func (p *prior) draw(n int, seed uint64, temperature float64) []float32 {
	return p.codes(trainer.Draw(n, p.size(), seed, temperature))
}

// labels are those that n draws are decoded with: every class in turn, or nil
// where the model is not conditional on them.
func (p *prior) labels(n int) []uint8 {
	classes := p.model.Stage.Architecture.Classes
	if classes == 0 {
		return nil
	}
	labels := make([]uint8, n)
	for i := range labels {
		labels[i] = uint8(i % classes)
	}
	return labels
}

func (p *prior) size() int { return p.model.Stage.Architecture.CodeSize() }

// shape is that of the images that codes are decoded to.
func shape(model *trainer.Model) loaders.Shape { return loaders.Shape(model.Stage.Architecture.Input) }

// placed are the codes of some images: those of test images with these indices
// or, of a generator, which has no encoder, draws of the prior with these
// numbers. The images are nil then.
type placed struct {
	indices []int
	codes   []float32 // N×L
	labels  []uint8   // N; nil unless the model is conditional on them
	images  []float32 // N×D
}

// place finds the codes of images by their indices.
func (p *prior) place(c *cli.Context, o *ModelOptions, log *console, seed uint64, indices []int) (placed, error) {
	found := placed{indices: indices}
	if len(p.model.Stage.Architecture.Encoder) == 0 {
		most := slices.Max(indices)
		if least := slices.Min(indices); least < 0 || most >= mostCodes {
			return found, fmt.Errorf("%w: sample %d; hint: from 0 to %d", errUsage, cmp.Or(min(least, 0), most), mostCodes-1)
		}
		all := p.draw(most+1, seed, 1)
		for _, i := range indices {
			found.codes = append(found.codes, all[i*p.size():(i+1)*p.size()]...)
		}
		return found, nil
	}
	data, err := o.open(c, p.model, log)
	if err != nil {
		return found, err
	}
	for _, i := range indices {
		if i < 0 || i >= data.Test.Len() {
			return found, fmt.Errorf("%w: image %d; hint: from 0 to %d, the test images", errUsage, i, data.Test.Len()-1)
		}
	}
	split := data.Test.Select(indices)
	found.images = evaluate.Pixels(split).Values
	if p.model.Stage.Conditional {
		found.labels = split.Labels
	}
	found.codes, err = p.model.Encode(c.Context, split)
	return found, err
}

// mostCodes bounds what is drawn at once.
const mostCodes = 1 << 17
