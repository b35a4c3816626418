package cmd

import (
	"context"
	"fmt"
	"slices"

	"github.com/urfave/cli/v2"

	"gaetrain/trainer"
	"gaetrain/trainer/pictures"
	"gaetrain/trainer/settings"
)

// finetuneOptions are the settings of finetune.
type finetuneOptions struct {
	Classifier
	Output
}

// Classifier holds the settings that the run of a classifier records.
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

// finetuneFields are the settings of finetune. The model is not among them,
// because it is that of another run.
func finetuneFields(o *finetuneOptions) []settings.Field {
	return withoutNames(settings.Fields(o), "model")
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
			return printClassifier(c, run)
		},
	}
}

// train trains the classifier that the options describe.
func (o finetuneOptions) train(ctx context.Context, log *console, origins map[string]settings.Origin) (*trainer.Run, error) {
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
		Command:  command("finetune", origins, &o.Classifier),
	}
	return perform(ctx, experiment, settings.Record(origins, &o.Classifier), log, pictures.Classifier(about))
}

// finetuneFlags are the flags of the settings of finetune.
func finetuneFlags() []cli.Flag {
	return withoutFlags(flags(clone(finetuneDefaults())), "model")
}

// withoutFlags leaves flags out by their names.
func withoutFlags(flags []cli.Flag, names ...string) []cli.Flag {
	return slices.DeleteFunc(flags, func(f cli.Flag) bool { return slices.Contains(names, f.Names()[0]) })
}

// resolveFinetune finds the settings of a run. If no data are given, they are
// those that the model was trained on.
func resolveFinetune(c *cli.Context) (finetuneOptions, map[string]settings.Origin, error) {
	o := finetuneDefaults()
	list, err := sources(c, c.String(configFlag))
	if err != nil {
		return o, nil, err
	}
	origins, rest, err := fill(finetuneFields(&o), list)
	if err != nil {
		return o, nil, err
	}
	if err := refuse(rest, finetuneFields(&o), ""); err != nil {
		return o, nil, err
	}
	if err := o.Output.validate(); err != nil {
		return o, nil, err
	}
	info, err := resumed(o.Config)
	if err != nil {
		return o, nil, err
	}
	if info != nil {
		run := o.Run
		o = finetuneDefaults()
		if err := info.Fill(&o.Classifier); err != nil {
			return o, nil, err
		}
		given, _, err := refill(finetuneFields(&o), list, run, *info)
		if err != nil {
			return o, nil, err
		}
		return o, resumedOrigins(*info, given), o.check(given)
	}
	if o.From == "" {
		return o, nil, fmt.Errorf("%w: no trained model; hint: gaetrain finetune --from runs/dense-sample-1", errUsage)
	}
	if err := o.check(origins); err != nil {
		return o, nil, err
	}
	model, err := trainer.OpenModel(o.From, o.FromCheckpoint)
	if err != nil {
		return o, nil, err
	}
	return o, origins, o.adoptData(model, origins)
}

// check reports values that make no sense, and given ones without an effect.
func (o *finetuneOptions) check(given map[string]settings.Origin) error {
	if err := o.Labelled.Validate(); err != nil {
		return err
	}
	if err := o.Config.Validate(); err != nil {
		return err
	}
	return settings.Check(given, &o.Labelled, &o.Config)
}

// adoptData copies the settings of the data that a model was trained on, except
// those that were given.
func (o *finetuneOptions) adoptData(model *trainer.Model, origins map[string]settings.Origin) error {
	theirs := settings.Fields(&model.Config.Data)
	for i, f := range settings.Fields(&o.Data) {
		if _, given := origins[f.Name]; given || f.Name == "validation" {
			continue
		}
		if err := f.Set(theirs[i].String()); err != nil {
			return fmt.Errorf("%w: %s: %w", errUsage, f.Name, err)
		}
		origins[f.Name] = settings.FromRun
	}
	return nil
}

// printClassifier tells what a classifier makes of the test images, class by
// class.
func printClassifier(c *cli.Context, run *trainer.Run) error {
	result, err := pictures.ReadClassification(run.Dir)
	if err != nil {
		return err
	}
	if err := printRun(c.App.Writer, run); err != nil {
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
	fmt.Fprintf(c.App.Writer, "\naccuracy %s on %d test images, with the weights of the best epoch\n\n", percent(result.Accuracy), total)
	return table(c.App.Writer, rows...)
}

func percent(share float64) string { return fmt.Sprintf("%.2f %%", 100*share) }
