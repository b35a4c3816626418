package trainer

import (
	"fmt"

	"gaetrain/loaders"
	"gaetrain/trainer/settings"
)

// Data holds the settings of which images a run uses, and how it reads them. Binarised
// pixels are sampled in every epoch of training; evaluation always uses the samples of
// epoch 0. Augmentation changes only the images that a model is trained on.
type Data struct {
	Dataset     string `toml:"dataset" group:"data" help:"Data set: a name of 'gaetrain datasets list', or idx:, npz:, array:, folder:, tar: or pairs:PATH"`
	DataDir     string `toml:"data-dir" group:"data" help:"Folder that is searched first for data sets"`
	TrainImages int    `toml:"train-images" group:"data" help:"Number of training images that are used, in which each class keeps its share; 0 for all"`
	TestImages  int    `toml:"test-images" group:"data" help:"Number of test images that are used, in which each class keeps its share; 0 for all"`
	Validation  int    `toml:"validation" group:"data" help:"Size of the validation set, 0 for none; -1: that of the data set or a tenth (finetune: a fifth)"`
	ClassOptions
	loaders.ImageOptions
	loaders.ArrayOptions
	loaders.SplitOptions
	loaders.StorageOptions

	Motion   loaders.Motion       `toml:"motion" group:"data" help:"Motion in pairs of frames: none or shift:3,rotate:20,patch:14; the default depends on the model"`
	Augment  loaders.Augmentation `toml:"augment" group:"data" help:"Random changes of training images: none, or some of flip,shift:2,rotate:10,crop:0.9,brightness:0.1"`
	Binarise bool                 `toml:"binarise" group:"data" help:"Sample each pixel as 0 or 1 in every epoch, with its grey value as the probability of 1"`
}

// DataDefaults returns the settings of the data that a run has by default.
func DataDefaults() Data {
	return Data{Dataset: "sample", Validation: AutomaticValidation, ImageOptions: loaders.ImageDefaults(), ArrayOptions: loaders.ArrayDefaults()}
}

// Validate reports the first value that makes no sense, wrapping
// ErrConfiguration. OpenData checks the values against the data set.
func (d Data) Validate() error {
	for _, check := range []func() error{d.ImageOptions.Validate, d.SplitOptions.Validate} {
		if err := check(); err != nil {
			return fmt.Errorf("%w: %w", ErrConfiguration, err)
		}
	}
	if err := d.ClassOptions.validate(); err != nil {
		return err
	}
	if d.DataMemory < 0 {
		return fmt.Errorf("%w: data-memory is %v; hint: auto, or a number with a unit such as 300MB", ErrConfiguration, d.DataMemory)
	}
	return settings.Numbers(
		settings.Number{OK: d.TrainImages >= 0, Name: "train-images", Value: d.TrainImages, Hint: "0 for all, or more"},
		settings.Number{OK: d.TestImages >= 0, Name: "test-images", Value: d.TestImages, Hint: "0 for all, or more"},
		settings.Number{OK: d.Validation >= AutomaticValidation, Name: "validation", Value: d.Validation, Hint: "-1 for a tenth, 0 for none, or more"},
	)
}

// Ineffective lists the settings that the data do not read.
func (d Data) Ineffective() (list []settings.Without) {
	without := func(why string, options any) {
		for _, f := range settings.Fields(options) {
			list = append(list, settings.Without{Name: f.Name, Why: "with data set " + d.Dataset + "; hint: " + why})
		}
	}
	if !loaders.ReadsImages(d.Dataset) {
		without("only "+loaders.Decoded+" are image files", &d.ImageOptions)
	} else if d.Size == (loaders.Size{}) {
		list = append(list, settings.Without{Name: "fit", Why: "without --size; hint: --size 64"})
	}
	if !loaders.IsArray(d.Dataset) {
		without("only array:FILE has it", &d.ArrayOptions)
	}
	if !loaders.CanSplit(d.Dataset) {
		without("the data have a test set", &d.SplitOptions)
	}
	with := "with data set " + d.Dataset + "; hint: only "
	if !loaders.CanStay(d.Dataset) {
		list = append(list, settings.Without{Name: "data-memory", Why: with + loaders.Stored + " can be read from their files in each epoch"})
	}
	if !loaders.ReadsImages(d.Dataset) {
		list = append(list, settings.Without{Name: "cache", Why: with + loaders.Decoded + " are image files"})
	}
	return append(list, d.ClassOptions.without()...)
}
