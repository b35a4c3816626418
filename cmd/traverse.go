package cmd

import (
	"context"
	"fmt"
	"io"

	"github.com/urfave/cli/v2"

	"gaetrain/trainer"
	"gaetrain/trainer/measure"
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
			p, err := o.prior(c.Context, model, log)
			if err != nil {
				return err
			}
			settings := measure.TraverseOptions{Image: o.Image, Dimensions: o.Dimensions, Range: o.Range, Steps: o.Steps, Seed: o.Seed}
			if err := settings.Validate(model.CodeSize()); err != nil {
				return err
			}
			test, err := o.testImages(c.Context, model, log)
			if err != nil {
				return err
			}
			t, err := measure.Traverse(c.Context, p, test, settings)
			if err != nil {
				return err
			}
			return o.draw(c.Context, c.App.Writer, model, t)
		},
	}
}

// draw draws the lines and, of a code of two values, the grid of its plane.
func (o traverseOptions) draw(ctx context.Context, w io.Writer, model *trainer.Model, t measure.Traversal) error {
	from := fmt.Sprintf("image %d", o.Image)
	if o.Image < 0 {
		from = "the middle of the prior"
	}
	name := fmt.Sprintf("%s on %s", model.Config.Model, model.Info.Data.Name)
	walk := pictures.Walk{Name: "traversal", Shape: model.Shape(), Title: fmt.Sprintf("%s: one value of the code of %s at a time, from %g to %g", name, from, -o.Range, o.Range)}
	for _, line := range t.Lines {
		label := fmt.Sprint(line.Dimension)
		if t.Unit != "" {
			label += fmt.Sprintf(": %.3g %s", line.Rank, t.Unit)
		}
		walk.Lines = append(walk.Lines, pictures.Line{Label: label, Pixels: line.Images})
	}
	if err := drawWalk(w, o.Run, walk); err != nil || model.CodeSize() != 2 {
		return err
	}
	path, err := pictures.DrawManifold(o.Run, name+": the code's plane", model.Shape(), func(normal []float32) ([]float32, error) {
		return t.DecodeNormal(ctx, normal)
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "manifold in %s\n", path)
	return nil
}
