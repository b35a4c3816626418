package cmd

import (
	"context"
	"fmt"
	"io"

	"github.com/urfave/cli/v2"

	"gaetrain/trainer/measure"
	"gaetrain/trainer/pictures"
)

type sampleOptions struct {
	ModelOptions
	Count       int     `toml:"count" group:"sample" help:"Number of images to sample, from 1 to 131072"`
	Seed        uint64  `toml:"seed" group:"sample" help:"Seed of the samples. The same seed gives the same images"`
	Class       string  `toml:"class" group:"sample" help:"Class to sample from a conditional model, by name or number (default: all classes in turn)"`
	Temperature float64 `toml:"temperature" group:"sample" help:"Standard deviation of the codes, relative to that of the prior, from 0 to 100. Images are more typical below 1"`
	Out         string  `toml:"out" group:"output" help:"Write the codes and the images to OUT-codes.npy and OUT-images.npy as well"`
	Output
}

func sampleVerb() *cli.Command {
	defaults := sampleOptions{ModelOptions: modelDefaults(), Count: 100, Seed: 1, Temperature: 1, Output: Output{LogFormat: "text"}}
	return &cli.Command{
		Name:  "sample",
		Usage: "sample new images from a model",
		Description: `This verb samples codes from the prior N(0, I) of a model such as vae, decodes them, and draws the
images in pictures/samples.png in the run folder. Image i depends only on the seed and the number i. An
autoencoder without a prior has only learned to decode codes of images. For such a model, codes are
sampled from the Gaussian with the mean and the covariance of the codes of the training images; the
output names the distribution. A model that is conditional on labels, such as cvae, gets the labels of
all classes in turn, and the picture has a row for each class. --class samples one class only. The verb
judge measures the quality of samples, and looks for copies of training images.

EXAMPLES:
   gaetrain sample --run runs/vae-sample-1
   gaetrain sample --run runs/vae-sample-1 --count 10000 --seed 7 --out samples
   gaetrain sample --run runs/vae-sample-1 --temperature 0.7
   gaetrain sample --run runs/cvae-sample-1 --class Bag`,
		Flags: flags(clone(defaults)),
		Action: func(c *cli.Context) error {
			o := defaults
			model, log, err := openModel(c, &o, func(o *sampleOptions) (*ModelOptions, Output) { return &o.ModelOptions, o.Output })
			if err != nil {
				return err
			}
			if err := o.check(); err != nil {
				return err
			}
			p, err := o.prior(c.Context, model, log)
			if err != nil {
				return err
			}
			return o.sample(c.Context, c.App.Writer, p)
		},
	}
}

func (o sampleOptions) settings() measure.SampleOptions {
	return measure.SampleOptions{Count: o.Count, Seed: o.Seed, Temperature: o.Temperature, Class: o.Class}
}

func (o sampleOptions) check() error {
	if err := o.settings().Validate(); err != nil || o.Out == "" {
		return err
	}
	for _, ending := range []string{"-codes.npy", "-images.npy"} {
		if err := checkOut(o.Out, ending); err != nil {
			return err
		}
	}
	return nil
}

// sample samples images, and prints the paths of the files.
func (o sampleOptions) sample(ctx context.Context, w io.Writer, p *measure.Prior) error {
	drawn, err := measure.Sample(ctx, p, o.settings())
	if err != nil {
		return err
	}
	model := p.Model
	if o.Out != "" {
		if err := writeTogether(
			npyFile(ctx, o.Out+"-codes.npy", drawn.Codes, model.CodeSize()), npyFile(ctx, o.Out+"-images.npy", drawn.Images, model.Shape().Size()),
		); err != nil {
			return err
		}
	}
	title := fmt.Sprintf("%s after epoch %d: samples, seed %d", pictures.Heading(o.Run, model.Config.Model, model.Info.Data.Name), model.Epoch, o.Seed)
	if o.Temperature != 1 {
		title += fmt.Sprintf(", temperature %g", o.Temperature)
	}
	path, shown, err := pictures.Samples{Title: title, Shape: model.Shape(), Pixels: drawn.Images, Labels: drawn.Labels, Classes: model.Info.Data.Classes}.Draw(o.Run)
	if err != nil {
		return err
	}
	printf(w, "codes of %s\n%d of %d samples in %s\n", p, shown, o.Count, path)
	if o.Out != "" {
		printf(w, "codes and images in %s-codes.npy and %s-images.npy\n", o.Out, o.Out)
	}
	return nil
}
