package cmd

import (
	"fmt"
	"io"

	"github.com/urfave/cli/v2"

	"gaetrain/trainer"
	"gaetrain/trainer/measure"
	"gaetrain/trainer/pictures"
)

type interpolateOptions struct {
	ModelOptions
	From      []int  `toml:"from" group:"walk" help:"test images to begin at, by index"`
	To        []int  `toml:"to" group:"walk" help:"test images to end at, as many"`
	Steps     int    `toml:"steps" group:"walk" help:"images on the way, both ends among them"`
	Spherical bool   `toml:"spherical" group:"walk" help:"turn from one code to the other, which keeps to the norms of draws of a prior, in place of a straight line"`
	Seed      uint64 `toml:"seed" group:"walk" help:"of the samples between which a model without an encoder goes"`
	Output
}

func interpolateVerb() *cli.Command {
	defaults := interpolateOptions{ModelOptions: modelDefaults(), From: []int{0, 1, 2, 8}, To: []int{1, 2, 9, 4}, Steps: 10, Seed: 1, Output: Output{LogFormat: "text"}}
	return &cli.Command{
		Name:  "interpolate",
		Usage: "decode what lies between the codes of images",
		Description: `Goes from the code of each test image of --from to that of the one of --to in steps of equal
length, or of equal angle with --spherical (slerp), and decodes what lies between: a smooth change
by way of plausible images tells of a code without holes. The lines, with the images themselves at
their ends, are pictures/interpolation.png in the run folder, and interpolation.gif moves along them.
A model without an encoder, such as gan, goes between samples: --from and --to are then their
numbers in what 'sample --seed' draws.

EXAMPLES:
   gaetrain interpolate --run runs/vae-sample-1
   gaetrain interpolate --run runs/vae-sample-1 --from 3,17 --to 8,4 --steps 12 --spherical`,
		Flags: flags(clone(defaults)),
		Action: func(c *cli.Context) error {
			o := defaults
			model, log, err := openModel(c, &o, func(o *interpolateOptions) (*ModelOptions, Output) { return &o.ModelOptions, o.Output })
			if err != nil {
				return err
			}
			settings := measure.InterpolateOptions{From: o.From, To: o.To, Steps: o.Steps, Spherical: o.Spherical, Seed: o.Seed}
			if err := settings.Validate(); err != nil {
				return err
			}
			test, err := o.testImages(c.Context, model, log)
			if err != nil {
				return err
			}
			lines, err := measure.Interpolate(c.Context, model, test, settings)
			if err != nil {
				return err
			}
			return drawWalk(c.App.Writer, o.Run, o.walk(model, lines))
		},
	}
}

// walk is the picture of the lines.
func (o interpolateOptions) walk(model *trainer.Model, lines [][]float32) pictures.Walk {
	way := "straight"
	if o.Spherical {
		way = "spherical"
	}
	walk := pictures.Walk{Name: "interpolation", Shape: model.Shape(), Title: fmt.Sprintf("%s on %s: %s interpolation of codes", model.Config.Model, model.Info.Data.Name, way)}
	for pair, images := range lines {
		walk.Lines = append(walk.Lines, pictures.Line{Label: fmt.Sprintf("%d to %d", o.From[pair], o.To[pair]), Pixels: images})
	}
	return walk
}

// drawWalk draws a walk into a run folder and says where.
func drawWalk(w io.Writer, run string, walk pictures.Walk) error {
	picture, animation, err := walk.Draw(run)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "%d lines in %s and %s\n", len(walk.Lines), picture, animation)
	return nil
}
