package cmd

import (
	"context"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"

	"github.com/urfave/cli/v2"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/pictures"
	"gaetrain/trainer/recipes"
	"gaetrain/trainer/settings"
)

// finetuneOptions are the settings of finetune.
type finetuneOptions struct {
	trainer.Labelled
	trainOptions // of the model classifier
}

func finetuneDefaults() finetuneOptions {
	return finetuneOptions{trainer.LabelledDefaults(), recipeDefaults(recipes.Classifier)}
}

// recorded are the structs that run.json holds.
func (o *finetuneOptions) recorded() []any {
	return append([]any{&o.Labelled}, o.trainOptions.recorded()...)
}

// fields are the settings of finetune. The model is not among them, because
// finetune trains only classifiers.
func (o *finetuneOptions) fields() []settings.Field {
	return withoutNames(settings.Fields(append(o.recorded(), &o.Continuation, &o.Output)...), "model")
}

func finetuneVerb() *cli.Command {
	return &cli.Command{
		Name:  "finetune",
		Usage: "train a classifier on the encoder of a trained model, with few labels",
		Description: `This verb takes the encoder of a run with its weights and adds a linear layer (or more layers)
from the code to the classes. It trains both on labelled images with the softmax cross-entropy. A
fifth of these images, at most 5,000, is the validation set, which selects the best epoch and
stops training early. --validation sets another number. The test images are classified with the
weights of the best epoch, or with those of the last epoch if there is no validation set. The
result is a run like any other, with classification.json, confusion.png and mistakes.png.

EXAMPLES:
   gaetrain finetune --from runs/dense-sample-1 --labels 1000
   gaetrain finetune --from runs/dense-sample-1 --labels 1000 --encoder-lr-scale 0   # frozen
   gaetrain finetune --from runs/dense-sample-1 --labels 1000 --from-scratch   # no pretraining
   gaetrain finetune --from runs/dense-sample-1 --thaw --run runs/thawed
   gaetrain finetune --resume --run runs/thawed --more-epochs 10   # for each stage`,
		Flags: append(finetuneFlags(), configFileFlag()),
		Action: func(c *cli.Context) error {
			o, origins, err := resolveFinetune(c)
			if err != nil {
				return err
			}
			done, err := o.train(c.Context, newLog(c.App.ErrWriter, o.Output), origins)
			if err != nil {
				return err
			}
			return printClassifier(c.App.Writer, done)
		},
	}
}

// train trains the classifier that the options describe.
func (o finetuneOptions) train(ctx context.Context, log *console, origins map[string]settings.Origin) (finished, error) {
	ctx, cancel := timeLimited(ctx, o.Config)
	defer cancel()
	restore, err := resumeKernel(o.Config, log)
	if err != nil {
		return finished{}, err
	}
	defer restore()
	from, err := trainer.ReadRunInfo(o.From)
	if err != nil {
		return finished{}, err
	}
	data, err := openData(ctx, o.Config, from.Data.Reading(loaderOptions(log), o.Dataset))
	if err != nil {
		return finished{}, err
	}
	o.warnOfChanges(data, log)
	if err := o.holdOut(ctx, data); err != nil {
		return finished{}, err
	}
	if err := o.settle(ctx, log, data, origins); err != nil {
		return finished{}, err
	}
	model, ok := o.model.(trainer.Transfer)
	if !ok {
		return finished{}, fmt.Errorf("model %s cannot use the encoder of another model", o.recipe.Name)
	}
	experiment, err := trainer.NewClassifier(recipes.Find, o.Config, o.Labelled, o.recipe.Name, model, data)
	if err != nil {
		return finished{}, err
	}
	return perform(ctx, experiment, settings.Record(origins, o.recorded()...), log, pictures.Classifier(recipes.Find, o.about(origins)))
}

// holdOut keeps only the labelled training images. The last of them are the validation
// set, unless the data set has a validation set of its own.
func (o *finetuneOptions) holdOut(ctx context.Context, data *loaders.Dataset) error {
	train, named := data.Train.Holdout(data.Validation)
	train, err := o.Select(train, o.Seed)
	if err != nil {
		return err
	}
	if o.Validation == trainer.AutomaticValidation && named.Len() == 0 {
		o.Validation = trainer.ValidationOfLabels(train.Len())
	}
	data.Train = train.Join(named)
	if named.Len() == 0 {
		return nil // Holdout can cut the labelled images in this order
	}
	return o.Config.HoldOut(ctx, data)
}

// finetuneFlags are the flags of the settings of finetune.
func finetuneFlags() []cli.Flag {
	o := finetuneDefaults()
	return withoutFlags(flags(append(o.recorded(), &o.Continuation, &o.Output)...), "model")
}

// withoutFlags leaves flags out by their names.
func withoutFlags(flags []cli.Flag, names ...string) []cli.Flag {
	return slices.DeleteFunc(flags, func(f cli.Flag) bool { return slices.Contains(names, flagName(f)) })
}

// resolveFinetune finds the settings of a run. By default, the data are those that the
// model was trained on.
func resolveFinetune(c *cli.Context) (finetuneOptions, map[string]settings.Origin, error) {
	o := finetuneDefaults()
	list, err := sources(c, c.String(configFlag))
	if err != nil {
		return o, nil, err
	}
	origins, rest, err := fill(o.fields(), list)
	if err != nil {
		return o, nil, err
	}
	if err := refuse(rest, o.fields(), ""); err != nil {
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
		if err := info.Fill(o.recorded()...); err != nil {
			return o, nil, err
		}
		before := o.Epochs
		given, _, err := refill(o.fields(), list, run, *info, changeable)
		if err != nil {
			return o, nil, err
		}
		if err := o.extend(before, given); err != nil {
			return o, nil, err
		}
		return o, resumedOrigins(*info, given), o.check(given)
	}
	if err := o.refuseMore(origins); err != nil {
		return o, nil, err
	}
	if o.From == "" {
		return o, nil, fmt.Errorf("%w: no trained model; hint: gaetrain finetune --from runs/dense-sample-1", errUsage)
	}
	// The data set of the run decides which settings of the data have an effect.
	given, others := maps.Clone(origins), maps.Clone(origins)
	for _, f := range settings.Fields(&o.Data) {
		delete(others, f.Name)
	}
	if err := o.check(others); err != nil {
		return o, nil, err
	}
	model, err := trainer.OpenModel(recipes.Find, o.From, o.FromCheckpoint)
	if err != nil {
		return o, nil, err
	}
	if err := o.adoptData(model, origins); err != nil {
		return o, nil, err
	}
	return o, origins, o.check(given)
}

// check reports invalid values, and given values that have no effect.
func (o *finetuneOptions) check(given map[string]settings.Origin) error {
	if err := recordable(&o.Labelled); err != nil {
		return err
	}
	if err := o.Labelled.Validate(); err != nil {
		return err
	}
	return o.trainOptions.check(given)
}

// adoptData copies the settings of the data that a model was trained on, except
// those that were given.
func (o *finetuneOptions) adoptData(model *trainer.Trained, origins map[string]settings.Origin) error {
	fields := slices.DeleteFunc(settings.Fields(&o.Data), func(f settings.Field) bool {
		_, given := origins[f.Name]
		if _, other := origins["dataset"]; other && slices.ContainsFunc(settings.Fields(&o.SplitOptions), func(s settings.Field) bool { return s.Name == f.Name }) {
			return true // the other data may have a test set
		}
		if f.Name == "classes" || f.Name == "contaminate" {
			return true // by default, a classifier predicts all classes
		}
		return given || f.Name == "validation" || f.Name == "binarise" || f.Name == "augment" // by default, a classifier takes images as they are
	})
	for _, f := range fields {
		origins[f.Name] = settings.FromRun
	}
	return adopt(fields, settings.Fields(&model.Config.Data))
}

// printClassifier prints how well a classifier recognises each class in the test
// images.
func printClassifier(w io.Writer, done finished) error {
	result, err := pictures.ReadClassification(done.Dir)
	if err != nil {
		return err
	}
	if err := done.print(w); err != nil {
		return err
	}
	words := done.model.Shape().Words
	rows := [][]string{{"class", "precision", "recall", words("images")}}
	total := 0
	for i, name := range result.Classes {
		images := 0
		for _, n := range result.Confusion[i] {
			images += n
		}
		total += images
		rows = append(rows, []string{name, percent(result.Confusion.Precision(i)), percent(result.Confusion.Recall(i)), fmt.Sprint(images)})
	}
	weights := "of the best epoch"
	if final, err := done.Final(); err == nil && final.BestEpoch == 0 {
		weights = "after the last epoch"
	}
	printf(w, "\naccuracy %.2f ± %.2f %% on %d test %s, with the weights %s\n\n", 100*result.Accuracy, 100*binomialError(result.Accuracy, total), total, words("images"), weights)
	return table(w, rows...)
}

// binomialError is the standard error of a share of n images.
func binomialError(share float64, n int) float64 { return math.Sqrt(share * (1 - share) / float64(n)) }

func percent(share float64) string { return fmt.Sprintf("%.2f %%", 100*share) }
