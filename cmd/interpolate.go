package cmd

import (
	"fmt"
	"math"
	"slices"

	"github.com/urfave/cli/v2"

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
			if err := o.check(); err != nil {
				return err
			}
			p := &prior{model: model} // whose moments do not matter here
			ends, err := p.place(c, &o.ModelOptions, log, o.Seed, slices.Concat(o.From, o.To))
			if err != nil {
				return err
			}
			return o.walk(c, p, ends)
		},
	}
}

func (o interpolateOptions) check() error {
	switch {
	case len(o.From) == 0 || len(o.From) != len(o.To):
		return fmt.Errorf("%w: %d images to begin at and %d to end at; hint: as many, such as --from 3,17 --to 8,4", errUsage, len(o.From), len(o.To))
	case len(o.From) > 64:
		return fmt.Errorf("%w: %d pairs; hint: 64 at most", errUsage, len(o.From))
	case o.Steps < 2 || o.Steps > 100:
		return fmt.Errorf("%w: steps is %d; hint: from 2 to 100", errUsage, o.Steps)
	}
	return nil
}

// walk decodes the ways and draws them.
func (o interpolateOptions) walk(c *cli.Context, p *prior, ends placed) error {
	size, values := p.size(), shape(p.model).Size()
	var codes []float32
	var labels []uint8
	for pair := range o.From {
		from, to := ends.codes[pair*size:(pair+1)*size], ends.codes[(len(o.From)+pair)*size:][:size]
		for step := range o.Steps {
			codes = append(codes, between(from, to, float64(step)/float64(o.Steps-1), o.Spherical)...)
			if end := pair + len(o.From)*(2*step/o.Steps); ends.labels != nil { // the nearer image's
				labels = append(labels, ends.labels[end])
			}
		}
	}
	images, err := p.model.Decode(c.Context, codes, labels)
	if err != nil {
		return err
	}
	way := "straight"
	if o.Spherical {
		way = "spherical"
	}
	walk := pictures.Walk{Name: "interpolation", Shape: shape(p.model), Title: fmt.Sprintf("%s on %s: %s interpolation of codes", p.model.Config.Model, p.model.Info.Data.Name, way)}
	for pair := range o.From {
		line := pictures.Line{Label: fmt.Sprintf("%d to %d", o.From[pair], o.To[pair]), Pixels: images[pair*o.Steps*values:][:o.Steps*values]}
		if ends.images != nil {
			line.Pixels = slices.Concat(ends.images[pair*values:][:values], line.Pixels, ends.images[(len(o.From)+pair)*values:][:values])
		}
		walk.Lines = append(walk.Lines, line)
	}
	return drawWalk(c, o.Run, walk)
}

// drawWalk draws a walk into a run folder and says where.
func drawWalk(c *cli.Context, run string, walk pictures.Walk) error {
	picture, animation, err := walk.Draw(run)
	if err != nil {
		return err
	}
	fmt.Fprintf(c.App.Writer, "%d lines in %s and %s\n", len(walk.Lines), picture, animation)
	return nil
}

// between is the code at a share t of the way: (1−t)·a + t·b or, on the sphere,
// sin((1−t)·Ω)/sin Ω·a + sin(t·Ω)/sin Ω·b, where Ω is the angle between them
// (Shoemake 1985).
func between(a, b []float32, t float64, spherical bool) []float32 {
	left, right := 1-t, t
	if spherical {
		var ab, aa, bb float64
		for i := range a {
			ab, aa, bb = ab+float64(a[i])*float64(b[i]), aa+float64(a[i])*float64(a[i]), bb+float64(b[i])*float64(b[i])
		}
		angle := math.Acos(max(-1, min(1, ab/math.Sqrt(aa*bb))))
		if sine := math.Sin(angle); sine > 1e-6 { // else they point the same way or opposite ways, or one of them nowhere
			left, right = math.Sin((1-t)*angle)/sine, math.Sin(t*angle)/sine
		}
	}
	code := make([]float32, len(a))
	for i := range code {
		code[i] = float32(left*float64(a[i]) + right*float64(b[i]))
	}
	return code
}
