package cmd

import (
	"context"
	"fmt"
	"io"

	"github.com/urfave/cli/v2"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/measure"
	"gaetrain/trainer/pictures"
	"gaetrain/trainer/recipes"
)

type judgeOptions struct {
	ModelOptions
	By          string  `toml:"by" group:"judge" help:"Run folder of a classifier of the same images, which 'gaetrain finetune' trains"`
	Images      int     `toml:"images" group:"judge" help:"Number of samples to measure. As many test images and training images are measured"`
	Neighbours  int     `toml:"neighbours" group:"judge" help:"Number k: the radius of the ball around an image is the distance of its k-th nearest neighbour"`
	Seed        uint64  `toml:"seed" group:"judge" help:"Seed of the samples"`
	Temperature float64 `toml:"temperature" group:"judge" help:"Standard deviation of the sampled codes relative to the prior, from 0 to 100"`
	JSON        bool    `toml:"json" group:"output" help:"Print JSON instead of tables"`
	Output
}

// judgeFile is the file that judge writes into the run folder.
const judgeFile = "judge.json"

const judgeHelp = `This verb draws samples in the same way as the verb sample. If the model is conditional, it draws
them from all classes in turn. It compares the samples with the test images by means of a
classifier of the same images. It uses the inputs of the classifier's last layer (the features)
and the predicted classes. For comparison, the table also has training images, which a model can
hardly surpass, and samples of a Gaussian fitted to the pixels with as many principal components
as a code has values, which a model should surpass. It also compares one half of the test images
with the other half. Their figures show what equal distributions give, with half as many images.
For a conditional model, a second table of classes has the accuracy for each requested class.

± is the standard error, estimated from samples of the images with replacement (bootstrap), and
the binomial one for shares of classes and accuracies. A difference below two standard errors can
be chance. JSON has 95 % intervals (uncertainties). They do not include how a model of another
seed would differ.

The output says how many of the training images the classifier itself was trained on
(images_of_judge_training in JSON). Features of such images differ more from those of the test
images than features of unseen images do. Their Fréchet distance is therefore not a lower bound
for new images. A classifier of other images avoids this. No single number proves that samples
are good. The last column of the table says which values are better. Each number has a
limitation:

   frechet      Fréchet distance between Gaussians that are fitted to the features. It is not the
                FID, because its scale depends on the classifier. It decreases with more images.
                It only compares means and covariances
   kernel_distance
                squared maximum mean discrepancy of the features with a cubic kernel (the form of
                KID). Its expectation is 0 for equal distributions with any number of images, so
                it can be negative
   two_sample_accuracy
                accuracy of a logistic regression that learns from half of the features to tell
                the images of the set from test images. It is about 0.5 if it cannot
   precision    share of samples within the k-nearest-neighbour balls of test images. It does not
                decrease if kinds of images are missing. Outliers among the test images have
                large balls and increase it
   recall       share of test images within the k-nearest-neighbour balls of samples. Unusual
                samples have large balls, so noise can increase it
   density      number of balls of test images that contain a sample, divided by k. It is 1 for
                new images of the same distribution
   coverage     share of test images whose ball contains a sample. It decreases if kinds of
                images are missing
   class_kl     KL divergence of the predicted classes of samples from those of test images, in
                nats. It ignores differences within a class. Meaningless images get a class too
   confidence   mean probability of the predicted class. It can be high for blurred images
   accuracy     share of images whose predicted class is their label. The label of a sample of a
                conditional model is the requested class. Samples that are too typical have a
                higher accuracy than test images
   nearest      mean distance of 1,000 images from their nearest training image, in pixels and in
                features. It is smaller for copies than for test images. In pixels, it is also
                smaller for blurred images. The picture shows which is the case

The run folder gets judge.json, and its pictures folder gets nearest.png and classes.png.

EXAMPLES:
   gaetrain train --model conv --code-activation relu --run runs/conv --epochs 1
   gaetrain finetune --from runs/conv --from-scratch --encoder-lr-scale 1 --learning-rate 0.001 --run runs/judge
   gaetrain judge --run runs/vae-sample-1 --by runs/judge`

func judgeVerb() *cli.Command {
	defaults := judgeOptions{ModelOptions: modelDefaults(), Images: 10000, Neighbours: 5, Seed: 1, Temperature: 1, Output: Output{LogFormat: "text"}}
	return &cli.Command{
		Name:        "judge",
		Usage:       "measure the quality and the novelty of the samples of a model",
		Description: judgeHelp,
		Flags:       flags(clone(defaults)),
		Action: func(c *cli.Context) error {
			o := defaults
			model, log, err := openModel(c, &o, func(o *judgeOptions) (*ModelOptions, Output) { return &o.ModelOptions, o.Output })
			if err != nil {
				return err
			}
			if o.By == "" {
				return fmt.Errorf("%w: no classifier; hint: --by takes the run folder of a classifier, see gaetrain judge --help", errUsage)
			}
			settings := measure.JudgeOptions{Images: o.Images, Neighbours: o.Neighbours, Seed: o.Seed, Temperature: o.Temperature}
			if err := settings.Validate(); err != nil {
				return err
			}
			by, err := openJudge(o.By)
			if err != nil {
				return err
			}
			data, err := o.open(c.Context, model, log)
			if err != nil {
				return err
			}
			if settings.Known, err = o.known(c.Context, by, log); err != nil {
				return err
			}
			found, err := measure.Judge(c.Context, model, by, data.Dataset, settings)
			if err != nil {
				return err
			}
			return o.report(c.App.Writer, model, data.Dataset, found)
		},
	}
}

// known returns the images that the classifier was trained on. If its data set cannot be
// read, it reports this and returns nil.
func (o judgeOptions) known(ctx context.Context, by *trainer.Trained, log *console) (*loaders.Split, error) {
	own := ModelOptions{Run: o.By, DataDir: o.DataDir}
	data, err := own.open(ctx, by, log)
	if err == nil {
		err = data.uncut
	}
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		log.warn(fmt.Sprintf("the images that %s was trained on cannot be read, so they are not counted among the training images: %v", o.By, err))
		return nil, nil
	}
	return &data.Train, nil
}

// report draws, writes and prints the results.
func (o judgeOptions) report(w io.Writer, model *trainer.Trained, data *loaders.Dataset, found *measure.Assessment) error {
	drawn, err := o.draw(fmt.Sprintf("%s on %s", model.Config.Model, data.Name), pictures.ViewOf(model), data, found)
	if err != nil {
		return err
	}
	r := judged{
		Run: o.Run, Checkpoint: o.Checkpoint, Epoch: model.Epoch, Dataset: data.Name, Codes: found.Codes, Seed: o.Seed, Temperature: o.Temperature,
		Judge: o.By, Features: found.Features, Images: found.Images, Neighbours: o.Neighbours, Classes: found.Classes, Sets: found.Sets,
	}
	where, err := keep(o.Run, judgeFile, r)
	if err != nil {
		return err
	}
	if o.JSON {
		return printJSON(w, r)
	}
	if err := r.print(w, model.Shape().Words); err != nil {
		return err
	}
	printf(w, "\n%s, pictures in %s\n", where, drawn)
	return nil
}

// draw draws samples next to training images, and samples sorted by class. It returns the
// paths of the pictures.
func (o judgeOptions) draw(name string, v pictures.View, data *loaders.Dataset, found *measure.Assessment) (string, error) {
	var pictured []pictures.Resembling
	for _, n := range found.Nearest {
		pictured = append(pictured, pictures.Resembling{Name: n.Set, Images: n.Images, Nearest: n.Nearest})
	}
	nearest, err := pictures.DrawNearest(o.Run, name+v.Shape.Words(": test images and samples, each with its nearest training images"), v, data.Train, measure.Nearnesses, pictured...)
	if err != nil {
		return "", err
	}
	sorted, err := pictures.DrawClasses(o.Run, name+": the first samples of each predicted class", v, found.Samples, found.Classes, found.Logits, found.Sets[0].Shares)
	return nearest + " and " + sorted, err
}

// openJudge reads the classifier in a run folder.
func openJudge(run string) (*trainer.Trained, error) {
	by, err := trainer.OpenSelected(recipes.Find, run)
	if err == nil && !by.IsClassifier() {
		err = fmt.Errorf("%w: %s is not a classifier; hint: gaetrain finetune trains one", trainer.ErrConfiguration, run)
	}
	return by, err
}
