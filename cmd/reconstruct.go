package cmd

import (
	"context"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/pictures"
	"gaetrain/viz"
)

type reconstructOptions struct {
	RunOptions
	TreatmentOptions
	FileOptions
	Out string `toml:"out" group:"output" help:"PNG file to write"`
	Output
}

// TreatmentOptions are the settings of verbs that measure reconstructions.
type TreatmentOptions struct {
	Corrupt bool `toml:"corrupt" group:"input" help:"Corrupt and binarise the images as in training"`
	Sample  bool `toml:"sample" group:"input" help:"Sample the codes from the posterior of a model with a Gaussian code, instead of using its mean"`
}

func reconstructVerb() *cli.Command {
	defaults := reconstructOptions{RunOptions: runDefaults(), Out: "reconstructions.png", Output: Output{LogFormat: "text"}}
	defaults.Limit = 64
	return &cli.Command{
		Name:  "reconstruct",
		Usage: "draw images and their reconstructions",
		Description: `This verb prints the squared error per pixel of each image. Images of the run's own data set are
corrupted as in training, and Gaussian codes are sampled; --corrupt=false and --sample=false switch
this off. Other images are taken as they are, and Gaussian codes are the means of their posteriors;
--corrupt and --sample switch this on. A conditional model takes the class of an image from the name
of its sub-folder, or from --class.

EXAMPLES:
   gaetrain reconstruct --run runs/dense-sample-1
   gaetrain reconstruct --run runs/dense-sample-1 --images photos/ --out pairs.png
   gaetrain reconstruct --run runs/denoising-sample-1 --images photos/ --corrupt
   gaetrain reconstruct --run runs/cvae-sample-1 --images bags/ --class Bag`,
		Flags: flags(clone(defaults)),
		Action: func(c *cli.Context) error {
			o := defaults
			model, split, data, err := openRun(c, &o, func(o *reconstructOptions) (*RunOptions, Output) { return &o.RunOptions, o.Output })
			if err != nil {
				return err
			}
			if err := o.FileOptions.validate(); err != nil {
				return err
			}
			if err := checkOut(o.Out, ".png"); err != nil {
				return err
			}
			if !strings.HasSuffix(o.Out, ".png") {
				return fmt.Errorf("%w: --out %s; hint: the name must end with .png", errUsage, o.Out)
			}
			r := reconstruction{reconstructOptions: o, split: split, of: fmt.Sprintf("%s, %s", data.Name, o.Split)}
			if o.Images != "" {
				if err := r.take(c.Context, newLog(c.App.ErrWriter, o.Output), model); err != nil {
					return err
				}
			}
			asInTraining := o.Images == "" && data.Name == model.Config.Dataset
			if !wasGiven(c, "corrupt") {
				r.Corrupt = asInTraining
			}
			if !wasGiven(c, "sample") {
				r.Sample = asInTraining
			}
			if err := r.TreatmentOptions.check(c, model); err != nil {
				return err
			}
			return r.draw(c, model.Treated(trainer.Treatment(r.TreatmentOptions)))
		},
	}
}

// check refuses an option that was given and has no effect on a model.
func (o TreatmentOptions) check(c *cli.Context, model *trainer.Trained) error {
	how := func(t trainer.Treatment) string { return model.Treated(t).Treatment() }
	switch plain := how(trainer.Treatment{}); {
	case wasGiven(c, "corrupt") && how(trainer.Treatment{Corrupt: true}) == plain:
		return fmt.Errorf("%w: corrupt has no effect on a model that was trained on images as they are; hint: leave it out", errUsage)
	case wasGiven(c, "sample") && how(trainer.Treatment{Sample: true}) == plain:
		return fmt.Errorf("%w: sample has no effect on a model without a posterior; hint: leave it out", errUsage)
	}
	return nil
}

// reconstruction is one run of the verb.
type reconstruction struct {
	reconstructOptions
	split loaders.Split
	of    string   // where the images are from
	names []string // of the files; nil for a data set
}

// take reads the images of files.
func (r *reconstruction) take(ctx context.Context, log *console, model *trainer.Trained) (err error) {
	r.split, r.names, err = r.read(ctx, log, model)
	r.split.Names = r.names
	r.of, r.split = r.Images, r.split.Stratified(r.Limit)
	r.names = r.split.Names
	return err
}

// draw draws the pairs and prints their errors.
func (r *reconstruction) draw(c *cli.Context, model *trainer.Trained) error {
	pairs, err := model.Reconstruct(c.Context, r.split)
	if err != nil {
		return err
	}
	title := fmt.Sprintf("%s after epoch %d, images of %s", model.Config.Model, model.Epoch, r.of)
	if err := viz.WritePNG(c.Context, r.Out, pictures.Reconstructions(title, pairs)); err != nil {
		return fmt.Errorf("%w: %w; hint: --out names a file that can be written", trainer.ErrRun, err)
	}
	for i, e := range pairs.MSE {
		label := fmt.Sprint(i)
		if r.names != nil {
			label = r.names[i]
		}
		printf(c.App.Writer, "%s\t%.6f\n", label, e)
	}
	if r.Quiet {
		return nil
	}
	how := model.Treatment()
	if how != "" {
		how = ": " + how
	}
	printf(c.App.ErrWriter, "%d pairs of %s in %s%s\n", r.split.Len(), r.of, r.Out, how)
	return nil
}
