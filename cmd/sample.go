package cmd

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"gaetrain/trainer/pictures"
)

type sampleOptions struct {
	ModelOptions
	Count       int     `toml:"count" group:"sample" help:"images to draw"`
	Seed        uint64  `toml:"seed" group:"sample" help:"the same seed gives the same images"`
	Class       string  `toml:"class" group:"sample" help:"of a conditional model: the class to draw, by name or number (default: all in turn)"`
	Temperature float64 `toml:"temperature" group:"sample" help:"standard deviation of the codes: below 1 more typical images, above 1 odder ones"`
	Out         string  `toml:"out" group:"output" help:"write codes and images too, as OUT-codes.npy and OUT-images.npy"`
	Output
}

func sampleVerb() *cli.Command {
	defaults := sampleOptions{ModelOptions: modelDefaults(), Count: 100, Seed: 1, Temperature: 1, Output: Output{LogFormat: "text"}}
	return &cli.Command{
		Name:  "sample",
		Usage: "draw new images from a model",
		Description: `Draws codes from the prior N(0, I) of a model such as vae, decodes them, and draws the images into
pictures/samples.png of the run. Image i depends on the seed and i alone. An autoencoder without a
prior was never asked to decode codes that no image has: for it codes are drawn from the Gaussian
that has the mean and covariance of the codes of its training images, and stdout says so. A model
that is conditional on labels, such as cvae, gets those of all classes in turn, and the picture has a
line for each; --class draws one class alone.
Good samples alone prove little: 'judge' measures them, and looks for copies of training images.

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
			p, err := newPrior(c, model, &o.ModelOptions, log)
			if err != nil {
				return err
			}
			return o.sample(c, p)
		},
	}
}

func (o sampleOptions) check() error {
	switch {
	case o.Count < 1 || o.Count > mostCodes:
		return fmt.Errorf("%w: count is %d; hint: from 1 to %d", errUsage, o.Count, mostCodes)
	case o.Out == "":
		return checkTemperature(o.Temperature)
	}
	for _, ending := range []string{"-codes.npy", "-images.npy"} {
		if err := checkOut(o.Out, ending); err != nil {
			return err
		}
	}
	return checkTemperature(o.Temperature)
}

func checkTemperature(t float64) error {
	if !(t >= 0 && t <= 100) {
		return fmt.Errorf("%w: temperature is %g; hint: 1 is the prior, from 0 to 100", errUsage, t)
	}
	return nil
}

// sample draws images, and tells where they are.
func (o sampleOptions) sample(c *cli.Context, p *prior) error {
	const mostValues = 1 << 28 // of all images, which memory has to hold
	if most := mostValues / shape(p.model).Size(); o.Count > most {
		return fmt.Errorf("%w: count is %d; hint: %d images of %s at a time", errUsage, o.Count, most, shape(p.model))
	}
	labels, err := o.labels(p)
	if err != nil {
		return err
	}
	codes := p.draw(o.Count, o.Seed, o.Temperature)
	images, err := p.model.Decode(c.Context, codes, labels)
	if err != nil {
		return err
	}
	if o.Out != "" {
		if err := writeNPY(o.Out+"-codes.npy", codes, p.size()); err != nil {
			return err
		}
		if err := writeNPY(o.Out+"-images.npy", images, shape(p.model).Size()); err != nil {
			return err
		}
	}
	title := fmt.Sprintf("%s on %s after epoch %d: samples, seed %d", p.model.Config.Model, p.model.Info.Data.Name, p.model.Epoch, o.Seed)
	if o.Temperature != 1 {
		title += fmt.Sprintf(", temperature %g", o.Temperature)
	}
	path, shown, err := pictures.Samples{Title: title, Shape: shape(p.model), Pixels: images, Labels: labels, Classes: p.model.Info.Data.Classes}.Draw(o.Run)
	if err != nil {
		return err
	}
	fmt.Fprintf(c.App.Writer, "codes of %s\n%d of %d samples in %s\n", p, shown, o.Count, path)
	if o.Out != "" {
		fmt.Fprintf(c.App.Writer, "codes and images in %s-codes.npy and %s-images.npy\n", o.Out, o.Out)
	}
	return nil
}

// labels are those that the samples are drawn of, nil unless the model is
// conditional on them.
func (o sampleOptions) labels(p *prior) ([]uint8, error) {
	labels := p.labels(o.Count)
	switch {
	case o.Class == "":
		return labels, nil
	case labels == nil:
		return nil, fmt.Errorf("%w: model %s is not conditional on a class; hint: --model cvae is", errUsage, p.model.Config.Model)
	}
	names := p.model.Info.Data.Classes
	class := slices.Index(names, o.Class)
	if class < 0 {
		number, err := strconv.Atoi(o.Class)
		if err != nil || number < 0 || number >= p.model.Stage.Architecture.Classes {
			return nil, fmt.Errorf("%w: unknown class %q; hint: one of %s, or its number from 0 on", errUsage, o.Class, strings.Join(names, ", "))
		}
		class = number
	}
	return slices.Repeat([]uint8{uint8(class)}, o.Count), nil
}
