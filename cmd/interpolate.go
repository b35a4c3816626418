package cmd

import (
	"fmt"
	"io"
	"slices"

	"github.com/urfave/cli/v2"

	"gaetrain/trainer"
	"gaetrain/trainer/measure"
	"gaetrain/trainer/pictures"
)

type interpolateOptions struct {
	ModelOptions
	From      []int  `toml:"from" group:"interpolation" help:"Indices of the test images at which lines start"`
	To        []int  `toml:"to" group:"interpolation" help:"Indices of the test images at which lines end, as many as --from has"`
	Steps     int    `toml:"steps" group:"interpolation" help:"Number of images of a line, including both ends, 2 or more"`
	Spherical bool   `toml:"spherical" group:"interpolation" help:"Interpolate on a sphere (slerp), which keeps the norm of codes, instead of on a straight line"`
	Seed      uint64 `toml:"seed" group:"interpolation" help:"Seed of the samples of a model without an encoder"`
	Output
}

func interpolateVerb() *cli.Command {
	defaults := interpolateOptions{ModelOptions: modelDefaults(), From: []int{0, 1, 2, 8}, To: []int{1, 2, 9, 4}, Steps: 10, Seed: 1, Output: Output{LogFormat: "text"}}
	return &cli.Command{
		Name:  "interpolate",
		Usage: "decode codes between the codes of two images",
		Description: `This verb interpolates between the code of each test image of --from and the code of a test image
of --to, and decodes the codes. The steps have equal lengths, or equal angles with --spherical
(slerp). A smooth change through plausible images suggests that the latent space has no holes.
The lines are drawn in pictures/interpolation.png in the run folder, with the original images at
both ends, and animated in interpolation.gif. Rows of numbers are drawn as curves, without an
animation. A model without an encoder, such as gan,
interpolates between samples: --from and --to are then the numbers of samples, and --seed is
their seed. Earlier pictures are never replaced. The files get the next free number, such as
interpolation-2.png.

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
			if err := o.settings().Validate(); err != nil {
				return err
			}
			test, err := o.testImages(c.Context, model, log)
			if err != nil {
				return err
			}
			o.shrink(c, log, test.Len())
			betweenLevels(log, model)
			lines, err := measure.Interpolate(c.Context, model, test, o.settings())
			if err != nil {
				return err
			}
			return drawWalk(c.App.Writer, o.Run, o.walk(model, lines))
		},
	}
}

func (o interpolateOptions) settings() measure.InterpolateOptions {
	return measure.InterpolateOptions{From: o.From, To: o.To, Steps: o.Steps, Spherical: o.Spherical, Seed: o.Seed}
}

// shrink removes the default lines of images that do not exist. A model without an encoder
// needs no images.
func (o *interpolateOptions) shrink(c *cli.Context, log *console, images int) {
	if images == 0 || wasGiven(c, "from") || wasGiven(c, "to") {
		return
	}
	var from, to []int
	for i := range o.From {
		if max(o.From[i], o.To[i]) < images {
			from, to = append(from, o.From[i]), append(to, o.To[i])
		}
	}
	if len(from) > 0 {
		few := counted(images, "test")
		shrink(c, log, &o.From, "from", from, few)
		shrink(c, log, &o.To, "to", to, few)
	}
}

// walk is the picture of the lines.
func (o interpolateOptions) walk(model *trainer.Trained, lines [][]float32) pictures.Walk {
	way := "straight"
	if o.Spherical {
		way = "spherical"
	}
	walk := pictures.Walk{Name: "interpolation", View: pictures.ViewOf(model), Title: fmt.Sprintf("%s: %s interpolation of codes", pictures.Heading(o.Run, model.Config.Model, model.Info.Data.Name), way)}
	walk.Title += walkColours(model)
	for step := range o.Steps {
		walk.Heads = append(walk.Heads, fmt.Sprintf("%.2g", float64(step)/float64(o.Steps-1)))
	}
	walk.Notes = []string{"The number above a column is the share of the second code."}
	if model.HasEncoder() {
		walk.Heads = slices.Concat([]string{"original"}, walk.Heads, []string{"original"})
	}
	for pair, images := range lines {
		walk.Lines = append(walk.Lines, pictures.Line{Name: fmt.Sprintf("%d to %d", o.From[pair], o.To[pair]), Pixels: images})
	}
	return walk
}

// betweenLevels reports that a walk decodes codes that a quantising encoder never returns.
func betweenLevels(log *console, model *trainer.Trained) {
	if model.Quantises() {
		log.note(fmt.Sprintf("codes of model %s are quantised: the codes between the levels are decoded as they are, but the decoder was only trained on levels", model.Name))
	}
}

// walkColours explains the colours of curves in a walk.
func walkColours(model *trainer.Trained) string {
	if model.Shape().IsImage() {
		return ""
	}
	return " (from blue to orange)"
}

// drawWalk draws a walk into a run folder and prints the paths.
func drawWalk(w io.Writer, run string, walk pictures.Walk) error {
	picture, animation, err := walk.Draw(run)
	if err != nil {
		return err
	}
	if animation != "" {
		picture += " and " + animation
	}
	printf(w, "%s in %s\n", many(len(walk.Lines), "line"), picture)
	return nil
}
