package measure

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"gaetrain/loaders"
	"gaetrain/trainer"
)

// SampleOptions are the settings of Sample.
type SampleOptions struct {
	Count       int
	Seed        uint64
	Temperature float64 // standard deviation of the codes, relative to the prior
	Class       string  // name or number of the class of a conditional model; "": all classes in turn
}

// Validate returns an error for the first invalid option.
func (o SampleOptions) Validate() error {
	if o.Count < 1 || o.Count > mostCodes {
		return refused("count is %d; hint: from 1 to %d", o.Count, mostCodes)
	}
	return checkTemperature(o.Temperature)
}

func checkTemperature(t float64) error {
	if !(t >= 0 && t <= 100) {
		return refused("temperature is %g; hint: from 0 to 100, where 1 is the prior", t)
	}
	return nil
}

// Samples are images that are decoded from samples of a prior.
type Samples struct {
	Codes  []float32       // N×L
	Images []float32       // N×D
	Labels []loaders.Label // N: the classes of the images; nil for a model that is not conditional
}

// Sample samples codes from a prior and decodes them.
func Sample(ctx context.Context, p *Prior, o SampleOptions) (s Samples, err error) {
	if err := o.Validate(); err != nil {
		return s, err
	}
	const mostValues = 1 << 28 // of all images, because they are in memory
	if most := mostValues / p.Model.Shape().Size(); o.Count > most {
		return s, refused("count is %d; hint: at most %d images of %s", o.Count, most, p.Model.Shape())
	}
	if err := p.fits(o.Count); err != nil {
		return s, err
	}
	if s.Labels, err = o.labels(p); err != nil {
		return s, err
	}
	if s.Codes, err = p.Draw(ctx, o.Count, o.Seed, o.Temperature); err != nil {
		return s, err
	}
	s.Images, err = p.Model.Decode(ctx, s.Codes, s.Labels)
	return s, err
}

// labels are the classes of the samples, nil for a model that is not
// conditional.
func (o SampleOptions) labels(p *Prior) ([]loaders.Label, error) {
	if o.Class == "" {
		return p.labels(o.Count), nil
	}
	class, err := ClassNumber(p.Model, o.Class)
	return slices.Repeat([]loaders.Label{class}, o.Count), err
}

// ClassNumber finds a class of a conditional model by its name. It also accepts the
// number of the class, unless a name is a number.
func ClassNumber(model *trainer.Trained, class string) (loaders.Label, error) {
	if !model.Conditional() {
		return 0, refused("model %s is not conditional on a class; hint: --model cvae", model.Config.Model)
	}
	number, err := classNumber(class, model.Info.Data.Classes)
	return loaders.Label(number), err
}

func classNumber(class string, names []string) (int, error) {
	if i := slices.Index(names, class); i >= 0 {
		return i, nil
	}
	list := strings.Join(names, ", ")
	if slices.ContainsFunc(names, isNumber) {
		return 0, refused("unknown class %q; hint: one of %s", class, list)
	}
	number, err := strconv.Atoi(class)
	if err != nil || number < 0 || number >= len(names) {
		return 0, refused("unknown class %q; hint: one of %s, or its number, counted from 0", class, list)
	}
	return number, nil
}

func isNumber(name string) bool {
	_, err := strconv.Atoi(name)
	return err == nil
}
