package cmd

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/urfave/cli/v2"

	"gaetrain/loaders"
	"gaetrain/loaders/files"
	"gaetrain/trainer"
	"gaetrain/trainer/measure"
	"gaetrain/trainer/pictures"
)

type sampleOptions struct {
	ModelOptions
	Count       int     `toml:"count" group:"sample" help:"Number of images to sample, from 1 to 131072"`
	Seed        uint64  `toml:"seed" group:"sample" help:"Seed of the samples. The same seed gives the same images"`
	Class       string  `toml:"class" group:"sample" help:"Class to sample from a conditional model, by name or number (default: all classes in turn)"`
	Temperature float64 `toml:"temperature" group:"sample" help:"Standard deviation of the codes relative to the prior, from 0 to 100; below 1 is more typical"`
	Out         string  `toml:"out" group:"output" help:"Also write the codes (N×L) to OUT-codes.npy and the images (N×H×W or N×H×W×C) to OUT-images.npy"`
	Format      string  `toml:"format" group:"output" help:"Formats of the files of --out, separated by commas: npy, csv, parquet"`
	Output

	codes, items []string // endings of the files of codes, and of images or rows
}

func sampleVerb() *cli.Command {
	defaults := sampleOptions{ModelOptions: modelDefaults(), Count: 100, Seed: 1, Temperature: 1, Output: Output{LogFormat: "text"}}
	return &cli.Command{
		Name:  "sample",
		Usage: "sample new images from a model",
		Description: `This verb samples codes from the prior N(0, I) of a model such as vae, decodes them, and draws
the images in pictures/samples.png in the run folder. Earlier files are never replaced. The
picture gets the next free number, such as samples-2.png. If --out names a file that exists, it
is refused. Image i depends only on the seed and the number i.

An autoencoder without a prior was only trained to decode codes of images. For such a model,
codes are sampled from the Gaussian with the mean and the covariance of the codes of the training
images. Codes of vqvae, and of fsq with --prior-epochs, are sampled word by word from their
autoregressive prior, whose logits are divided by --temperature. With --temperature 0, each word
is the most probable one, so all samples are equal. The output names the distribution. A model
that is conditional on labels, such as cvae, gets the labels of all classes in turn, and the
picture has a row for each class. --class samples only one class. For a run on rows of numbers
(array:FILE), --out writes the rows to OUT-rows.csv, with the names of the features and in the
units of the data.

--format chooses the formats of both files of --out. In .csv and .parquet files, a row is a code
or an image. The columns of codes are code_0, code_1, …, and those of images are pixel_0,
pixel_1, … in the order H×W×C. Codes of a conditional model also have the label and the class.

The verb judge measures the quality of samples and searches for copies of training images. The
verb decode decodes codes of your own.

EXAMPLES:
   gaetrain sample --run runs/vae-sample-1
   gaetrain sample --run runs/vae-sample-1 --count 10000 --seed 7 --out samples
   gaetrain sample --run runs/vae-sample-1 --temperature 0.7
   gaetrain sample --run runs/vae-sample-1 --out tables --format npy,parquet
   gaetrain sample --run runs/cvae-sample-1 --class Bag`,
		Flags: withDefault(flags(clone(defaults)), "format", "npy, but csv for rows of numbers"),
		Action: func(c *cli.Context) error {
			o := defaults
			model, log, err := openModel(c, &o, func(o *sampleOptions) (*ModelOptions, Output) { return &o.ModelOptions, o.Output })
			if err != nil {
				return err
			}
			if err := o.check(c, model.Shape()); err != nil {
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

// check reports invalid options.
func (o *sampleOptions) check(c *cli.Context, shape loaders.Shape) (err error) {
	if err := o.settings().Validate(); err != nil {
		return err
	}
	switch {
	case o.Out == "" && o.Format != "":
		return fmt.Errorf("%w: format has no effect without --out; hint: --out samples", errUsage)
	case o.Out == "":
		return nil
	}
	if err := o.chooseEndings(shape); err != nil {
		return err
	}
	o.Out, err = freeOut(c, o.Out, slices.Concat(o.codes, o.items)...)
	return err
}

// chooseEndings chooses the endings of the files of --out. By default, rows of numbers are
// written as .csv, and everything else as .npy.
func (o *sampleOptions) chooseEndings(shape loaders.Shape) error {
	items := "-images"
	if shape.IsTable() {
		items = "-rows"
	}
	formats, err := []string{".npy"}, error(nil)
	if o.Format != "" {
		if formats, err = formatEndings(o.Format); err != nil {
			return err
		}
	}
	for _, format := range formats {
		o.codes, o.items = append(o.codes, "-codes"+format), append(o.items, items+format)
	}
	if o.Format == "" && shape.IsTable() {
		o.items = []string{items + ".csv"}
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
		if err := o.write(ctx, model, drawn); err != nil {
			return err
		}
	}
	shape := model.Shape()
	title := fmt.Sprintf("%s after epoch %d: samples, seed %d", pictures.Heading(o.Run, model.Config.Model, model.Info.Data.Name), model.Epoch, o.Seed)
	if o.Temperature != 1 {
		title += fmt.Sprintf(", temperature %g", o.Temperature)
	}
	path, shown, err := pictures.Samples{Title: title, View: pictures.ViewOf(model), Pixels: drawn.Images, Labels: drawn.Labels, Classes: model.Info.Data.Classes}.Draw(o.Run)
	if err != nil {
		return err
	}
	printf(w, "codes are sampled from %s\n%d of %s in %s\n", p, shown, many(o.Count, "sample"), path)
	if o.Out != "" {
		printf(w, "codes %d×%d in %s, %s %s in %s\n", o.Count, model.CodeSize(), fileNames(o.Out, o.codes), shape.Words("images"), imagesShape(o.Count, shape), fileNames(o.Out, o.items))
	}
	return nil
}

// write writes the codes, and the images or rows in the units of the data.
func (o sampleOptions) write(ctx context.Context, model *trainer.Trained, drawn measure.Samples) error {
	data, shape, size := model.Info.Data, model.Shape(), model.CodeSize()
	values := data.Unscale(slices.Clone(drawn.Images), shape)
	columns := codeColumns(drawn.Codes, size)
	if drawn.Labels != nil {
		columns = append(labelColumns(drawn.Labels, data.Classes), columns...)
	}
	list := formatFiles(ctx, o.Out, o.codes, loaders.Table{Rows: o.Count, Columns: columns}, func(path string) files.File {
		return npyFile(ctx, path, drawn.Codes, size)
	})
	return writeNew(append(list, formatFiles(ctx, o.Out, o.items, valuesTable(data, shape, values), func(path string) files.File {
		return imagesFile(ctx, path, values, shape)
	})...)...)
}
