package cmd

import (
	"fmt"
	"io"

	"github.com/urfave/cli/v2"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/measure"
	"gaetrain/trainer/pictures"
)

type judgeOptions struct {
	ModelOptions
	By          string  `toml:"by" group:"judge" help:"run of a classifier of the same images, as 'finetune' trains it"`
	Images      int     `toml:"images" group:"judge" help:"samples to judge, beside as many test and training images"`
	Neighbours  int     `toml:"neighbours" group:"judge" help:"neighbour that the balls of precision, recall, density and coverage reach to"`
	Seed        uint64  `toml:"seed" group:"judge" help:"of the samples, as in 'sample'"`
	Temperature float64 `toml:"temperature" group:"judge" help:"of the samples, as in 'sample'"`
	JSON        bool    `toml:"json" group:"output" help:"print JSON instead of tables"`
	Output
}

// judgeFile is what judge writes into the run folder.
const judgeFile = "judge.json"

func judgeVerb() *cli.Command {
	defaults := judgeOptions{ModelOptions: modelDefaults(), Images: 10000, Neighbours: 5, Seed: 1, Temperature: 1, Output: Output{LogFormat: "text"}}
	return &cli.Command{
		Name:  "judge",
		Usage: "measure how good and how new the samples of a model are",
		Description: `Draws images as 'sample' does, of all classes in turn if the model is conditional, and holds them against the test images by what a classifier of the
same images sees in them: the features that its last layer takes, and its classes. Two lines frame
the figures of the samples: training images, the best that a model can hope for, and draws of the
Gaussian of the pixels with as many components as a code has values, which a model should beat.
No one number tells that samples are good; each has a caveat:

   frechet      distance of means and covariances of the features, called the Fréchet distance in
                the features of the judge: it is no FID, has the scale of this judge, falls with
                more images, and sees nothing but two moments
   precision    share of samples within the k-nearest-neighbour balls of test images: rises for
                samples that are all typical, whatever they leave out; outliers make balls large
   recall       share of test images within such balls of samples: odd samples have large balls, so
                noise can raise it
   density      as precision, counting balls over k; 1 is what another sample of the same has
   coverage     share of test images with a sample in their ball: falls for what is left out
   class_kl     divergence of the classes of samples from those of test images, in nats; within a
                class all may be the same, and the judge must choose a class for nonsense too
   confidence   mean probability of the class chosen: of blurred images a judge may well be sure
   nearest      mean distance of 1,000 of the images from the training image nearest to each, in
                pixels and in features. Copies are nearer than test images are; so are blurred
                images in pixels. Look at the picture, which shows both

They go into judge.json of the run, nearest.png and classes.png among its pictures.

EXAMPLES:
   gaetrain train --model conv --code-activation relu --run runs/conv --epochs 1
   gaetrain finetune --from runs/conv --from-scratch --encoder-lr-scale 1 --learning-rate 0.001 --run runs/judge
   gaetrain judge --run runs/vae-sample-1 --by runs/judge`,
		Flags: flags(clone(defaults)),
		Action: func(c *cli.Context) error {
			o := defaults
			model, log, err := openModel(c, &o, func(o *judgeOptions) (*ModelOptions, Output) { return &o.ModelOptions, o.Output })
			if err != nil {
				return err
			}
			if o.By == "" {
				return fmt.Errorf("%w: no judge; hint: --by names the run of a classifier, see gaetrain judge --help", errUsage)
			}
			settings := measure.JudgeOptions{Images: o.Images, Neighbours: o.Neighbours, Seed: o.Seed, Temperature: o.Temperature}
			if err := settings.Validate(); err != nil {
				return err
			}
			by, err := trainer.OpenModel(o.By, trainer.BestCheckpoint)
			if err != nil {
				return err
			}
			if !by.IsClassifier() {
				return fmt.Errorf("%w: %s is no classifier; hint: gaetrain finetune trains one", trainer.ErrConfiguration, o.By)
			}
			data, err := o.open(c.Context, model, log)
			if err != nil {
				return err
			}
			found, err := measure.Judge(c.Context, model, by, data, settings)
			if err != nil {
				return err
			}
			return o.report(c.App.Writer, model, data, found)
		},
	}
}

// report draws, writes and prints what was measured.
func (o judgeOptions) report(w io.Writer, model *trainer.Model, data *loaders.Dataset, found *measure.Assessment) error {
	drawn, err := o.draw(fmt.Sprintf("%s on %s", model.Config.Model, data.Name), data, found)
	if err != nil {
		return err
	}
	r := judged{
		Run: o.Run, Checkpoint: o.Checkpoint, Epoch: model.Epoch, Dataset: data.Name, Codes: found.Codes, Seed: o.Seed, Temperature: o.Temperature,
		Judge: o.By, Features: found.Features, Accuracy: found.Accuracy, Images: found.Images, Neighbours: o.Neighbours, Classes: found.Classes, Sets: found.Sets,
	}
	where, err := keep(o.Run, judgeFile, r)
	if err != nil {
		return err
	}
	if o.JSON {
		return printJSON(w, r)
	}
	if err := r.print(w); err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "\n%s, pictures in %s\n", where, drawn)
	return err
}

// draw draws samples beside training images, and samples by class. It returns the
// paths of the pictures.
func (o judgeOptions) draw(name string, data *loaders.Dataset, found *measure.Assessment) (string, error) {
	var pictured []pictures.Resembling
	for _, n := range found.Nearest {
		pictured = append(pictured, pictures.Resembling{Name: n.Set, Images: n.Images, Nearest: n.Nearest})
	}
	nearest, err := pictures.DrawNearest(o.Run, name+": test images and samples, and the training images nearest to each", data.Train, measure.Nearnesses, pictured...)
	if err != nil {
		return "", err
	}
	sorted, err := pictures.DrawClasses(o.Run, name+": the first samples of each class, by the judge", found.Samples, found.Classes, found.Logits, found.Sets[0].Shares)
	return nearest + " and " + sorted, err
}
