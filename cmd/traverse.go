package cmd

import (
	"context"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/urfave/cli/v2"

	"gaetrain/trainer"
	"gaetrain/trainer/measure"
	"gaetrain/trainer/pictures"
)

type traverseOptions struct {
	ModelOptions
	Image      int     `toml:"image" group:"traversal" help:"Index of the test image to start from; -1 for the mean of the prior"`
	Dimensions []int   `toml:"dimensions" group:"traversal" help:"Indices of the latent dimensions to change (default: the 16 of largest KL divergence or variance)"`
	Range      float64 `toml:"range" group:"traversal" help:"Largest change to either side, in standard deviations of the prior, above 0"`
	Steps      int     `toml:"steps" group:"traversal" help:"Number of images of a line, 2 or more"`
	Seed       uint64  `toml:"seed" group:"traversal" help:"Seed of the sample to start from, for a model without an encoder"`
	Output
}

func traverseVerb() *cli.Command {
	defaults := traverseOptions{ModelOptions: modelDefaults(), Range: 3, Steps: 11, Seed: 1, Output: Output{LogFormat: "text"}}
	return &cli.Command{
		Name:  "traverse",
		Usage: "change one value of a code at a time and decode",
		Description: `This verb starts from the code of a test image, changes one value by up to --range to either side
while all others are fixed, and decodes. If the model has a posterior, the lines are sorted by
the KL divergence of the value from the prior. Otherwise they are sorted by its variance over the
test images. They are drawn in pictures/traversal.png in the run folder, and animated in
traversal.gif. For a model without a prior, --range is in standard deviations over the training
images, from their mean. For a code of two values, the verb also draws pictures/manifold.png,
which decodes a grid of evenly spaced quantiles of the prior to images. A conditional model
decodes the lines and the grid for the class of the image, or for the first class. If the images
have known factors, such as those of the data set factors, each line names the factor that its
value has most information about. Rows of numbers are drawn as curves, without an animation and
this grid. A model without an encoder, such as gan, starts from the sample with the number
--image and the seed --seed, and its lines are in the order of the indices. Earlier pictures are
never replaced. The files get the next free number, such as traversal-2.png.

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
			betweenLevels(log, model)
			return o.draw(c.Context, c.App.Writer, model, t)
		},
	}
}

// draw draws the lines and, for a code of two values, the decoded grid.
func (o traverseOptions) draw(ctx context.Context, w io.Writer, model *trainer.Trained, t measure.Traversal) error {
	name := pictures.Heading(o.Run, model.Config.Model, model.Info.Data.Name)
	walk := o.walk(name, model, t)
	if err := drawWalk(w, o.Run, walk); err != nil {
		return err
	}
	if len(o.Dimensions) == 0 && len(t.Lines) < model.CodeSize() {
		printf(w, "%d of %d latent dimensions are shown; --dimensions selects others\n", len(t.Lines), model.CodeSize())
	}
	if model.CodeSize() != 2 || !model.Shape().IsImage() {
		return nil
	}
	title := name + ": decoded grid of the 2-D latent space"
	if class := t.Class(); class != "" {
		title += ", class " + class
	}
	grid := pictures.Manifold{Title: title, View: pictures.ViewOf(model), Fitted: !model.HasNormalPrior(), Decode: func(normal []float32, _ int) ([]float32, error) {
		return t.DecodeNormal(ctx, normal)
	}}
	path, err := grid.Draw(o.Run)
	if err != nil {
		return err
	}
	printf(w, "manifold in %s\n", path)
	return nil
}

// walk is the picture of the lines. The step that is nearest to the unchanged value is
// marked.
func (o traverseOptions) walk(name string, model *trainer.Trained, t measure.Traversal) pictures.Walk {
	from := model.Shape().Words(fmt.Sprintf("test image %d", o.Image))
	switch {
	case o.Image < 0:
		from = "the mean of the prior"
	case !model.HasEncoder():
		from = fmt.Sprintf("sample %d", o.Image)
	}
	walk := pictures.Walk{
		Name: "traversal", View: pictures.ViewOf(model), Original: t.Image,
		Title: fmt.Sprintf("%s: the code of %s with one value changed from %s to %s", name, from, signed(-o.Range), signed(o.Range)) + walkColours(model),
		Notes: []string{"The value of a column replaces the original one. The frame marks the column that is nearest to the original value."},
	}
	if !model.HasNormalPrior() {
		walk.Notes = append(walk.Notes, "Values are in standard deviations of the codes of the training images, from their mean.")
	}
	for _, value := range t.Values {
		walk.Heads = append(walk.Heads, signed(value))
	}
	outside, named := false, false
	for _, line := range t.Lines {
		drawn := pictures.Line{Name: fmt.Sprintf("value %d", line.Dimension), Detail: "original " + signed(line.Start), Pixels: line.Images}
		factor := ""
		if f := line.Factor; f.Name != "" {
			factor = fmt.Sprintf(", %s %.2f", f.Name, f.Share)
			named = true
		}
		switch {
		case t.Unit == "":
		case model.HasPosterior():
			drawn.Detail = fmt.Sprintf("(KL %.3g %s%s) %s", line.Rank, t.Unit, factor, drawn.Detail)
		default:
			drawn.Detail = fmt.Sprintf("(%s %.3g%s) %s", t.Unit, line.Rank, factor, drawn.Detail)
		}
		drawn.Marked = nearestStep(t.Values, line.Start)
		outside = outside || drawn.Marked == nil
		walk.Lines = append(walk.Lines, drawn)
	}
	if named {
		walk.Notes = append(walk.Notes, "A line names the known factor that its value has most information about, as a share of the factor's entropy.")
	}
	if outside {
		walk.Notes = append(walk.Notes, "The original value of a line without a frame is outside the range.")
	}
	return walk
}

// nearestStep is the index of the value that is nearest to another one, which is nil if
// that one is outside of the evenly spaced values.
func nearestStep(values []float64, to float64) []int {
	at := math.Round((to - values[0]) / (values[1] - values[0]))
	if !(at >= 0 && at < float64(len(values))) {
		return nil
	}
	return []int{int(at)}
}

// signed writes a value with three digits and a minus sign.
func signed(value float64) string {
	return strings.Replace(fmt.Sprintf("%.3g", value), "-", "−", 1)
}
