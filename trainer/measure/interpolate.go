package measure

import (
	"context"
	"math"
	"slices"

	"gaetrain/loaders"
	"gaetrain/trainer"
)

// InterpolateOptions are the settings of Interpolate.
type InterpolateOptions struct {
	From, To  []int  // indices of test images; for a model without an encoder, numbers of samples
	Steps     int    // images of a line, both ends included
	Spherical bool   // in steps of equal angle, instead of on a straight line
	Seed      uint64 // of the samples
}

// Validate returns an error for the first invalid option.
func (o InterpolateOptions) Validate() error {
	switch {
	case len(o.From) == 0 || len(o.From) != len(o.To):
		return refused("--from has %d images and --to has %d; hint: the same number, such as --from 3,17 --to 8,4", len(o.From), len(o.To))
	case len(o.From) > 64:
		return refused("%d pairs; hint: at most 64", len(o.From))
	case o.Steps < 2 || o.Steps > 100:
		return refused("steps is %d; hint: from 2 to 100", o.Steps)
	}
	return nil
}

// Interpolate decodes codes between the codes of pairs of images. It returns a line
// of images for each pair, S×D each. A line begins and ends with the two images
// themselves, unless the model has no encoder.
func Interpolate(ctx context.Context, model *trainer.Trained, test loaders.Split, o InterpolateOptions) ([][]float32, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	p := &Prior{Model: model} // samples of a model without an encoder have the prior N(0, I)
	ends, err := p.place(ctx, test, o.Seed, slices.Concat(o.From, o.To))
	if err != nil {
		return nil, err
	}
	codes, labels := o.codes(ends, model.CodeSize())
	images, err := model.Decode(ctx, codes, labels)
	if err != nil {
		return nil, err
	}
	values := model.Shape().Size()
	image := func(i int) []float32 { return ends.images[i*values : (i+1)*values] }
	lines := make([][]float32, len(o.From))
	for pair := range lines {
		lines[pair] = images[pair*o.Steps*values : (pair+1)*o.Steps*values]
		if ends.images != nil {
			lines[pair] = slices.Concat(image(pair), lines[pair], image(len(o.From)+pair))
		}
	}
	return lines, nil
}

// codes returns the codes of all lines, and the labels to decode them with. Each code
// has the label of the nearer end.
func (o InterpolateOptions) codes(ends placed, size int) (codes []float32, labels []loaders.Label) {
	for pair := range o.From {
		from, to := ends.codes[pair*size:(pair+1)*size], ends.codes[(len(o.From)+pair)*size:][:size]
		for step := range o.Steps {
			codes = append(codes, between(from, to, float64(step)/float64(o.Steps-1), o.Spherical)...)
			if ends.labels != nil {
				labels = append(labels, ends.labels[pair+len(o.From)*(2*step/o.Steps)])
			}
		}
	}
	return codes, labels
}

// between is the code at a share t of the line from a to b: (1−t)·a + t·b or, on
// the sphere, sin((1−t)·Ω)/sin Ω·a + sin(t·Ω)/sin Ω·b, where Ω is the angle
// between them (Shoemake 1985).
func between(a, b []float32, t float64, spherical bool) []float32 {
	left, right := 1-t, t
	if spherical {
		var ab, aa, bb float64
		for i := range a {
			ab, aa, bb = ab+float64(a[i])*float64(b[i]), aa+float64(a[i])*float64(a[i]), bb+float64(b[i])*float64(b[i])
		}
		angle := math.Acos(max(-1, min(1, ab/math.Sqrt(aa*bb))))
		if sine := math.Sin(angle); sine > 1e-6 { // otherwise the angle is 0 or 180°, or one of the codes is 0
			left, right = math.Sin((1-t)*angle)/sine, math.Sin(t*angle)/sine
		}
	}
	code := make([]float32, len(a))
	for i := range code {
		code[i] = float32(left*float64(a[i]) + right*float64(b[i]))
	}
	return code
}
