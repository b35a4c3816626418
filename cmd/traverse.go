package cmd

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/urfave/cli/v2"

	"gaetrain/graph"
	"gaetrain/trainer/evaluate"
	"gaetrain/trainer/pictures"
)

type traverseOptions struct {
	ModelOptions
	Image      int     `toml:"image" group:"walk" help:"test image to start from, by index; -1 for the middle of the prior"`
	Dimensions []int   `toml:"dimensions" group:"walk" help:"values of the code to move, by index (default: the 16 that matter most)"`
	Range      float64 `toml:"range" group:"walk" help:"how far to either side, in standard deviations of the prior"`
	Steps      int     `toml:"steps" group:"walk" help:"images on the way"`
	Seed       uint64  `toml:"seed" group:"walk" help:"of the sample to start from with a model without an encoder"`
	Output
}

func traverseVerb() *cli.Command {
	defaults := traverseOptions{ModelOptions: modelDefaults(), Range: 3, Steps: 11, Seed: 1, Output: Output{LogFormat: "text"}}
	return &cli.Command{
		Name:  "traverse",
		Usage: "move one value of a code at a time, and decode",
		Description: `Starts from the code of a test image, lets one value at a time go from -range to range, all others
fixed, and decodes. The lines are sorted by what the value tells of an image: its divergence from
the prior in nats where codes have a posterior, else its variance over the test images. They are
pictures/traversal.png in the run folder, and traversal.gif moves all of them. Values of a model
without a prior go from the mean over the training images, in standard deviations over those.
Of a code of two values, pictures/manifold.png is drawn too: what is decoded from a grid of evenly
spread quantiles of the prior. A model without an encoder, such as gan, starts from the sample that
has the number --image in what 'sample --seed' draws, and its lines are in the order of the values.

EXAMPLES:
   gaetrain traverse --run runs/vae-sample-1 --image 7
   gaetrain traverse --run runs/vae-sample-1 --image -1 --dimensions 0,3 --range 2`,
		Flags: flags(clone(defaults)),
		Action: func(c *cli.Context) error {
			o := defaults
			model, log, err := openModel(c, &o, func(o *traverseOptions) (*ModelOptions, Output) { return &o.ModelOptions, o.Output })
			if err != nil {
				return err
			}
			p, err := newPrior(c, model, &o.ModelOptions, log)
			if err != nil {
				return err
			}
			if err := o.check(p.size()); err != nil {
				return err
			}
			t := traversal{traverseOptions: o, prior: p}
			if err := t.start(c, log); err != nil {
				return err
			}
			return t.walk(c)
		},
	}
}

func (o traverseOptions) check(size int) error {
	for _, d := range o.Dimensions {
		if d < 0 || d >= size {
			return fmt.Errorf("%w: value %d of the code; hint: from 0 to %d", errUsage, d, size-1)
		}
	}
	switch {
	case len(o.Dimensions) > 64:
		return fmt.Errorf("%w: %d values to move; hint: 64 at most", errUsage, len(o.Dimensions))
	case !(o.Range > 0 && o.Range <= 100):
		return fmt.Errorf("%w: range is %g; hint: above 0, such as 3", errUsage, o.Range)
	case o.Steps < 2 || o.Steps > 100:
		return fmt.Errorf("%w: steps is %d; hint: from 2 to 100", errUsage, o.Steps)
	case o.Image < -1:
		return fmt.Errorf("%w: image is %d; hint: the index of a test image, or -1 for the middle of the prior", errUsage, o.Image)
	}
	return nil
}

// traversal is one run of the verb.
type traversal struct {
	traverseOptions
	prior  *prior
	code   []float32 // L: where to start
	label  uint8     // of a conditional model: that of the image
	middle []float64 // L: of the prior
	scale  []float64 // L: its standard deviations
	ranks  []float64 // L: what each value tells; nil: nobody knows
	unit   string    // of the ranks
}

// start finds the code to start from, and what each of its values tells.
func (t *traversal) start(c *cli.Context, log *console) error {
	size := t.prior.size()
	t.middle, t.scale, t.code = make([]float64, size), make([]float64, size), make([]float32, size)
	for d := range size {
		t.scale[d] = 1
		if t.prior.fitted != nil {
			t.middle[d], t.scale[d] = t.prior.fitted.Mean[d], t.prior.fitted.Deviation(d)
		}
		t.code[d] = float32(t.middle[d])
	}
	if t.Image >= 0 {
		at, err := t.prior.place(c, &t.ModelOptions, log, t.Seed, []int{t.Image})
		if err != nil {
			return err
		}
		t.code = at.codes
		if at.labels != nil {
			t.label = at.labels[0]
		}
	}
	if len(t.prior.model.Stage.Architecture.Encoder) == 0 {
		return nil
	}
	return t.rank(c, log)
}

// rank measures what each value tells over the test images.
func (t *traversal) rank(c *cli.Context, log *console) error {
	data, err := t.open(c, t.prior.model, log)
	if err != nil {
		return err
	}
	if t.prior.model.Stage.Architecture.Code == graph.Gaussian {
		posterior, err := posteriorOf(c.Context, t.prior.model, data.Test)
		if err != nil {
			return err
		}
		t.ranks, t.unit = posterior.Divergences(), "nats"
		return nil
	}
	codes, err := encoded(c, t.prior.model, data.Test)
	if err != nil {
		return err
	}
	_, covariance := evaluate.Moments(codes)
	t.unit = "variance"
	for d := range codes.Columns {
		t.ranks = append(t.ranks, covariance.At(d, d))
	}
	return nil
}

// walk decodes the lines and draws them.
func (t *traversal) walk(c *cli.Context) error {
	model, dimensions := t.prior.model, t.order()
	var codes []float32
	for _, d := range dimensions {
		for step := range t.Steps {
			code := slices.Clone(t.code)
			code[d] = float32(t.middle[d] + t.scale[d]*t.Range*(2*float64(step)/float64(t.Steps-1)-1))
			codes = append(codes, code...)
		}
	}
	images, err := model.Decode(c.Context, codes, t.labels(codes))
	if err != nil {
		return err
	}
	from := fmt.Sprintf("image %d", t.Image)
	if t.Image < 0 {
		from = "the middle of the prior"
	}
	walk := pictures.Walk{Name: "traversal", Shape: shape(model), Title: fmt.Sprintf("%s on %s: one value of the code of %s at a time, from %g to %g", model.Config.Model, model.Info.Data.Name, from, -t.Range, t.Range)}
	line := t.Steps * shape(model).Size()
	for i, d := range dimensions {
		label := fmt.Sprint(d)
		if t.ranks != nil {
			label += fmt.Sprintf(": %.3g %s", t.ranks[d], t.unit)
		}
		walk.Lines = append(walk.Lines, pictures.Line{Label: label, Pixels: images[i*line : (i+1)*line]})
	}
	if err := drawWalk(c, t.Run, walk); err != nil || t.prior.size() != 2 {
		return err
	}
	title := fmt.Sprintf("%s on %s: the code's plane", model.Config.Model, model.Info.Data.Name)
	path, err := pictures.DrawManifold(t.Run, title, shape(model), func(normal []float32) ([]float32, error) {
		return model.Decode(c.Context, t.prior.codes(normal), t.labels(normal))
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(c.App.Writer, "manifold in %s\n", path)
	return nil
}

// labels are those that codes are decoded with: the image's, of no image class
// 0; nil unless the model is conditional on them.
func (t *traversal) labels(codes []float32) []uint8 {
	if !t.prior.model.Stage.Conditional {
		return nil
	}
	return slices.Repeat([]uint8{t.label}, len(codes)/t.prior.size())
}

// order lists the values to move: those that tell most first.
func (t *traversal) order() []int {
	const most = 16
	dimensions := slices.Clone(t.Dimensions)
	if len(dimensions) == 0 {
		for d := range t.code {
			dimensions = append(dimensions, d)
		}
	}
	if t.ranks != nil {
		slices.SortStableFunc(dimensions, func(a, b int) int { return cmp.Compare(t.ranks[b], t.ranks[a]) })
	}
	if len(t.Dimensions) == 0 {
		dimensions = dimensions[:min(most, len(dimensions))]
	}
	return dimensions
}
