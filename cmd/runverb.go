package cmd

import (
	"context"
	"fmt"
	"slices"

	"github.com/urfave/cli/v2"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/measure"
	"gaetrain/trainer/recipes"
)

// ModelOptions are the settings of every verb that works on a trained model.
// Embedded structs are exported so that they can be filled.
type ModelOptions struct {
	Run        string `toml:"run" group:"input" help:"Folder of the run"`
	Checkpoint string `toml:"checkpoint" group:"input" help:"Checkpoint whose weights are used: last or best"`
	Dataset    string `toml:"dataset" group:"input" help:"Name of the data set to use (default: the data set of the run)"`
	DataDir    string `toml:"data-dir" group:"input" help:"Folder that is searched first for data sets"`

	whole bool // all images are one split
}

// RunOptions are the settings of verbs that work on a run and some images.
type RunOptions struct {
	ModelOptions
	Split string `toml:"split" group:"input" help:"Split to use: train (the images that the run was trained on), validation, test or all"`
	Limit int    `toml:"limit" group:"input" help:"Number of images to use, stratified by class; 0 for all"`

	wholeOthers bool // without --split, all images of other data than those of the run are used
}

func modelDefaults() ModelOptions { return ModelOptions{Checkpoint: trainer.LastCheckpoint} }

func runDefaults() RunOptions { return RunOptions{ModelOptions: modelDefaults(), Split: "test"} }

// anyDefaults are the defaults of verbs for which the rows of another array:FILE are not
// split, because they use no training images.
func anyDefaults() RunOptions { return RunOptions{ModelOptions: modelDefaults()} }

// anySplit is the default of --split with anyDefaults.
const anySplit = "test, or all rows of another array:FILE"

// readOptions reads the options of a verb that works on a model, and returns the
// console for its progress. It opens nothing.
func readOptions[T any](c *cli.Context, options *T, common func(*T) (*ModelOptions, Output)) (*ModelOptions, *console, error) {
	if _, err := layers(c, options, ""); err != nil {
		return nil, nil, err
	}
	o, output := common(options)
	if err := output.validate(); err != nil {
		return nil, nil, err
	}
	return o, newLog(c.App.ErrWriter, output), o.validate(c.Command.Name)
}

// openModel reads the options of a verb and the model of its run.
func openModel[T any](c *cli.Context, options *T, common func(*T) (*ModelOptions, Output)) (*trainer.Trained, *console, error) {
	o, log, err := readOptions(c, options, common)
	if err != nil {
		return nil, nil, err
	}
	model, err := trainer.OpenModel(recipes.Find, o.Run, o.Checkpoint)
	return model, log, err
}

// openRun reads the options of a verb, the model of its run, and the images of its split.
func openRun[T any](c *cli.Context, options *T, common func(*T) (*RunOptions, Output)) (*trainer.Trained, loaders.Split, *runData, error) {
	model, log, err := openTrained(c, options, common)
	if err != nil {
		return nil, loaders.Split{}, nil, err
	}
	o, _ := common(options)
	split, data, err := o.images(c.Context, model, log)
	return model, split, data, err
}

// openTrained reads the options of a verb and the model of its run, without images.
func openTrained[T any](c *cli.Context, options *T, common func(*T) (*RunOptions, Output)) (*trainer.Trained, *console, error) {
	_, log, err := readOptions(c, options, func(options *T) (*ModelOptions, Output) {
		o, output := common(options)
		return &o.ModelOptions, output
	})
	if err != nil {
		return nil, nil, err
	}
	o, _ := common(options)
	if err := o.validate(); err != nil {
		return nil, nil, err
	}
	model, err := trainer.OpenModel(recipes.Find, o.Run, o.Checkpoint)
	return model, log, err
}

// images reads the images of the split that the options name.
func (o *RunOptions) images(ctx context.Context, model *trainer.Trained, log *console) (loaders.Split, *runData, error) {
	if o.Split == "" {
		o.Split = "test"
		other := o.Dataset != "" && o.Dataset != model.Config.Dataset
		if other && (o.wholeOthers || loaders.IsArray(o.Dataset)) {
			o.Split = "all"
		}
	}
	o.whole = o.Split == "all"
	data, err := o.open(ctx, model, log)
	if err != nil {
		return loaders.Split{}, nil, err
	}
	split, err := data.split(o.Split)
	return split.Stratified(o.Limit), data, err
}

func (o *ModelOptions) validate(verb string) error {
	if o.Run == "" {
		return fmt.Errorf("%w: no run; hint: gaetrain %s --run runs/dense-sample-1", errUsage, verb)
	}
	return nil
}

func (o *RunOptions) validate() error {
	switch {
	case o.Split != "" && !slices.Contains(splitNames, o.Split):
		return fmt.Errorf("%w: unknown split %q; hint: train, validation, test or all", errUsage, o.Split)
	case o.Limit < 0:
		return fmt.Errorf("%w: limit is %d; hint: 0 for all, or more", errUsage, o.Limit)
	}
	return nil
}

// prior returns the distribution of the codes of a model. It reads training
// images only for a model without a prior.
func (o *ModelOptions) prior(ctx context.Context, model *trainer.Trained, log *console) (*measure.Prior, error) {
	var train loaders.Split
	if measure.NeedsImages(model) {
		data, err := o.open(ctx, model, log)
		if err != nil {
			return nil, err
		}
		train = data.Train
	}
	return measure.NewPrior(ctx, model, train)
}

// testImages reads the test images for a model that can encode them.
func (o *ModelOptions) testImages(ctx context.Context, model *trainer.Trained, log *console) (loaders.Split, error) {
	if !model.HasEncoder() {
		return loaders.Split{}, nil
	}
	data, err := o.open(ctx, model, log)
	if err != nil {
		return loaders.Split{}, err
	}
	return data.Test, nil
}
