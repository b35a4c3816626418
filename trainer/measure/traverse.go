package measure

import (
	"cmp"
	"context"
	"slices"

	"gaetrain/loaders"
	"gaetrain/trainer/evaluate"
)

// TraverseOptions are the settings of Traverse.
type TraverseOptions struct {
	Image      int     // index of the test image to start from; −1: the mean of the prior
	Dimensions []int   // values of the code to change; none: the 16 with the highest ranks
	Range      float64 // largest change to either side, in standard deviations of the prior
	Steps      int     // images of a line
	Seed       uint64  // of the sample to start from, for a model without an encoder
}

// Validate returns an error for the first invalid option, for codes of a size.
func (o TraverseOptions) Validate(size int) error {
	for _, d := range o.Dimensions {
		if d < 0 || d >= size {
			return refused("dimension %d of the code; hint: from 0 to %d", d, size-1)
		}
	}
	switch {
	case len(o.Dimensions) > 64:
		return refused("%d values to change; hint: at most 64", len(o.Dimensions))
	case !(o.Range > 0 && o.Range <= 100):
		return refused("range is %g; hint: above 0, such as 3", o.Range)
	case o.Steps < 2 || o.Steps > 100:
		return refused("steps is %d; hint: from 2 to 100", o.Steps)
	case o.Image < -1:
		return refused("image is %d; hint: the index of a test image, or -1 for the mean of the prior", o.Image)
	}
	return nil
}

// Traversal is the result of Traverse.
type Traversal struct {
	Lines  []TraversalLine // by rank, highest first; by dimension without ranks
	Unit   string          // of the ranks; "": there are none
	Values []float64       // of the steps, see TraversalLine.Start
	Image  []float32       // D: the test image to start from; nil for a model without an encoder, and for the mean of the prior

	prior *Prior
	label loaders.Label // of the image; 0 without one
}

// TraversalLine are the images of codes in which one value changes.
type TraversalLine struct {
	Dimension int
	Rank      float64   // of the value: its KL divergence from the prior, or its variance over the test images
	Factor    Informed  // the known factor that the value has most information about; zero without known factors
	Start     float64   // the unchanged value: its difference from the mean of the prior, in standard deviations of the prior
	Images    []float32 // steps×D
}

// Informed says how much information a value of the code has about a factor: their mutual information
// divided by the entropy of the factor.
type Informed struct {
	Name  string
	Share float64
}

// Traverse changes one value of a code at a time and decodes the results. The
// test images are not used for a model without an encoder.
func Traverse(ctx context.Context, p *Prior, test loaders.Split, o TraverseOptions) (Traversal, error) {
	t := Traversal{prior: p}
	if _, words := p.Model.Words(); words && p.fitted == nil {
		return t, refused("the values of a code of model %s are those of words of a codebook, which have no direction to move in; hint: gaetrain interpolate", p.Model.Config.Model)
	}
	if err := o.Validate(p.Model.CodeSize()); err != nil {
		return t, err
	}
	start, err := t.start(ctx, test, o)
	if err != nil {
		return t, err
	}
	var ranks []float64
	var informed []Informed
	if p.Model.HasEncoder() {
		var codes evaluate.Matrix
		if ranks, codes, err = t.rank(ctx, test); err != nil {
			return t, err
		}
		informed = informedBy(codes, test.Factors)
	}
	dimensions := o.order(len(start), ranks)
	images, err := t.decode(ctx, o.codes(p, start, dimensions))
	if err != nil {
		return t, err
	}
	size := o.Steps * p.Model.Shape().Size()
	mean, deviation := p.moments()
	for step := range o.Steps {
		t.Values = append(t.Values, o.value(step))
	}
	for i, d := range dimensions {
		line := TraversalLine{Dimension: d, Images: images[i*size : (i+1)*size]}
		if deviation[d] > 0 {
			line.Start = (float64(start[d]) - mean[d]) / deviation[d]
		}
		if ranks != nil {
			line.Rank = ranks[d]
		}
		if informed != nil {
			line.Factor = informed[d]
		}
		t.Lines = append(t.Lines, line)
	}
	return t, nil
}

// start returns the code to start from.
func (t *Traversal) start(ctx context.Context, test loaders.Split, o TraverseOptions) ([]float32, error) {
	if o.Image < 0 {
		mean, _ := t.prior.moments()
		code := make([]float32, len(mean))
		for d, v := range mean {
			code[d] = float32(v)
		}
		return code, nil
	}
	at, err := t.prior.place(ctx, test, o.Seed, []int{o.Image})
	if at.labels != nil {
		t.label = at.labels[0]
	}
	t.Image = at.images
	return at.codes, err
}

// informedBy returns the known factor that each value of the codes has most information about; nil if
// no factors are known, or too few images to tell.
func informedBy(codes evaluate.Matrix, factors []loaders.Factor) (list []Informed) {
	information, names, err := evaluate.FactorInformation(codes, factors)
	if err != nil {
		return nil
	}
	for _, row := range information {
		share := slices.Max(row)
		list = append(list, Informed{names[slices.Index(row, share)], share})
	}
	return list
}

// rank measures each value of the code over the test images. It also returns the codes.
func (t *Traversal) rank(ctx context.Context, test loaders.Split) (ranks []float64, codes evaluate.Matrix, err error) {
	if t.prior.Model.HasPosterior() {
		posterior, err := posteriorOf(ctx, t.prior.Model, test)
		if err != nil {
			return nil, codes, err
		}
		t.Unit = "nats"
		return posterior.Divergences(), posterior.Means, nil
	}
	codes, err = Codes(ctx, t.prior.Model, test)
	if err != nil {
		return nil, codes, err
	}
	t.Unit = "variance"
	if err := evaluate.FitsCovariance(codes.Columns); err != nil {
		return nil, codes, err
	}
	_, covariance, err := evaluate.Moments(ctx, codes)
	if err != nil {
		return nil, codes, err
	}
	for d := range codes.Columns {
		ranks = append(ranks, covariance.At(d, d))
	}
	return ranks, codes, nil
}

// order returns the dimensions to change, those with the highest ranks first.
func (o TraverseOptions) order(size int, ranks []float64) []int {
	const most = 16
	dimensions := slices.Clone(o.Dimensions)
	if len(dimensions) == 0 {
		for d := range size {
			dimensions = append(dimensions, d)
		}
	}
	if ranks != nil {
		slices.SortStableFunc(dimensions, func(a, b int) int { return cmp.Compare(ranks[b], ranks[a]) })
	}
	if len(o.Dimensions) == 0 {
		dimensions = dimensions[:min(most, len(dimensions))]
	}
	return dimensions
}

// value is the value of a step, in standard deviations from the mean of the prior.
func (o TraverseOptions) value(step int) float64 {
	return o.Range * (2*float64(step)/float64(o.Steps-1) - 1)
}

// codes returns the codes of all lines.
func (o TraverseOptions) codes(p *Prior, start []float32, dimensions []int) (codes []float32) {
	mean, deviation := p.moments()
	for _, d := range dimensions {
		for step := range o.Steps {
			code := slices.Clone(start)
			code[d] = float32(mean[d] + deviation[d]*o.value(step))
			codes = append(codes, code...)
		}
	}
	return codes
}

// DecodeNormal decodes codes that are given as samples of N(0, I) (N×L), such as a grid of
// its quantiles.
func (t Traversal) DecodeNormal(ctx context.Context, normal []float32) ([]float32, error) {
	return t.decode(ctx, t.prior.codes(normal))
}

// Class is the name of the class that a conditional model decodes codes for; "" for any
// other model.
func (t Traversal) Class() string {
	if !t.prior.Model.Conditional() {
		return ""
	}
	return t.prior.Model.Info.Data.Classes[t.label]
}

// decode decodes codes. A conditional model also takes the label of the image, or class 0
// without an image.
func (t Traversal) decode(ctx context.Context, codes []float32) ([]float32, error) {
	var labels []loaders.Label
	if t.prior.Model.Conditional() {
		labels = slices.Repeat([]loaders.Label{t.label}, len(codes)/t.prior.Model.CodeSize())
	}
	return t.prior.Model.Decode(ctx, codes, labels)
}
