package cmd

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/urfave/cli/v2"

	"gaetrain/trainer"
	"gaetrain/trainer/pictures"
)

// finetuneOptions are what finetune can be told.
type finetuneOptions struct {
	Classifier
	Output
}

// Classifier is what a classifier's run keeps of the options.
type Classifier struct {
	trainer.Labelled
	trainer.Config
}

// classifierModel is the model of a classifier's run: it is no recipe.
const classifierModel = "classifier"

func finetuneDefaults() finetuneOptions {
	c := trainer.Defaults()
	c.Model, c.Schedule = classifierModel, "constant"
	c.Epochs, c.BatchSize, c.Patience, c.LearningRate = 100, 32, 20, 1e-2
	return finetuneOptions{Classifier{trainer.LabelledDefaults(), c}, Output{LogFormat: "text"}}
}

func finetuneVerb() *cli.Command {
	return &cli.Command{
		Name:  "finetune",
		Usage: "train a classifier on the encoder of a trained model, with few labels",
		Description: `Takes the encoder of a run with its weights, puts a linear layer (or more) from the code to the
classes, and trains both on labelled images by the softmax cross-entropy. A fifth of those images,
at most 5,000, is held out and decides when to stop and which epoch is the best; --validation says
otherwise. The test images are classified with the weights of the best epoch. The result is a run
like any other; classification.json, confusion.png and mistakes.png are its own.

EXAMPLES:
   gaetrain finetune --from runs/dense-sample-1 --labels 1000
   gaetrain finetune --from runs/dense-sample-1 --labels 1000 --encoder-lr-scale 0   # a frozen encoder
   gaetrain finetune --from runs/dense-sample-1 --labels 1000 --from-scratch        # without pretraining
   gaetrain finetune --from runs/dense-sample-1 --thaw --run runs/thawed`,
		Flags: append(finetuneFlags(), configFileFlag()),
		Action: func(c *cli.Context) error {
			o, origins, err := resolveFinetune(c)
			if err != nil {
				return err
			}
			run, err := o.train(c.Context, newLog(c.App.ErrWriter, o.Output), origins)
			if err != nil {
				return err
			}
			return printClassifier(c.App.Writer, run)
		},
	}
}

// train trains the classifier that the options describe.
func (o finetuneOptions) train(ctx context.Context, log *console, origins map[string]trainer.Origin) (*trainer.Run, error) {
	ctx, cancel := timeLimited(ctx, o.Config)
	defer cancel()
	data, err := openData(ctx, o.Config, log)
	if err != nil {
		return nil, err
	}
	if data.Train, err = o.Select(data.Train, o.Seed); err != nil {
		return nil, err
	}
	if origins["validation"] == "" {
		o.Validation = trainer.HeldOut(data.Train.Len())
	}
	experiment, err := trainer.NewClassifier(o.Config, o.Labelled, data)
	if err != nil {
		return nil, err
	}
	about := pictures.About{
		Summary: "a classifier on the encoder of " + o.From,
		Idea: `What an autoencoder has learned from images alone, its encoder, is the beginning of a classifier that needs few labels: a
linear layer is put on the code, and both are trained on the labelled images.`,
		Citation: "G. E. Hinton, R. R. Salakhutdinov: Reducing the Dimensionality of Data with Neural Networks. Science 313 (2006), 504–507",
		Command:  command("finetune", &o.Classifier, origins),
	}
	return perform(ctx, experiment, trainer.Settings(&o.Classifier, origins), log, pictures.Classifier(about))
}

// finetuneFlags are those of options that a classifier has use for.
func finetuneFlags() []cli.Flag {
	return withoutGroup("model", flags(clone(finetuneDefaults())))
}

func withoutGroup(group string, flags []cli.Flag) []cli.Flag {
	return slices.DeleteFunc(flags, func(f cli.Flag) bool {
		c, ok := f.(cli.CategorizableFlag)
		return ok && c.GetCategory() == group
	})
}

// resolveFinetune finds the options of a run. Those that say which images the
// model was trained on are its own unless they are told.
func resolveFinetune(c *cli.Context) (finetuneOptions, map[string]trainer.Origin, error) {
	o := finetuneDefaults()
	origins, err := layers(c, &o, c.String(configFlag))
	if err != nil {
		return o, nil, err
	}
	if err := o.Output.validate(); err != nil {
		return o, nil, err
	}
	if info, err := resumed(o.Config); info != nil || err != nil {
		if err != nil {
			return o, nil, err
		}
		run := o.Run
		o = finetuneDefaults()
		origins, err := resolveResumed(c, run, *info, &o)
		return o, origins, err
	}
	if o.From == "" {
		return o, nil, fmt.Errorf("%w: no trained model; hint: gaetrain finetune --from runs/dense-sample-1", errUsage)
	}
	model, err := trainer.OpenModel(o.From, o.FromCheckpoint)
	if err != nil {
		return o, nil, err
	}
	if err := o.adoptData(model, origins); err != nil {
		return o, nil, err
	}
	if err := o.Labelled.Validate(); err != nil {
		return o, nil, err
	}
	return o, origins, o.Config.Validate()
}

// adoptData takes over which images a model was trained on, where nothing else
// is told.
func (o *finetuneOptions) adoptData(model *trainer.Model, origins map[string]trainer.Origin) error {
	theirs := trainer.Fields(&model.Config)
	for i, f := range trainer.Fields(&o.Config) {
		if _, told := origins[f.Name]; f.Group != "data" || told || f.Name == "validation" {
			continue
		}
		if err := f.Set(theirs[i].String()); err != nil {
			return fmt.Errorf("%w: %s: %w", errUsage, f.Name, err)
		}
		origins[f.Name] = trainer.FromRun
	}
	return nil
}

// printClassifier tells what a classifier makes of the test images, class by
// class.
func printClassifier(w io.Writer, run *trainer.Run) error {
	result, err := pictures.ReadClassification(run.Dir)
	if err != nil {
		return err
	}
	if err := printRun(w, run); err != nil {
		return err
	}
	rows := [][]string{{"class", "precision", "recall", "images"}}
	total := 0
	for i, name := range result.Classes {
		images := 0
		for _, n := range result.Confusion[i] {
			images += n
		}
		total += images
		rows = append(rows, []string{name, percent(result.Confusion.Precision(i)), percent(result.Confusion.Recall(i)), fmt.Sprint(images)})
	}
	fmt.Fprintf(w, "\naccuracy %s on %d test images, with the weights of the best epoch\n\n", percent(result.Accuracy), total)
	return table(w, rows...)
}

func percent(share float64) string { return fmt.Sprintf("%.2f %%", 100*share) }
