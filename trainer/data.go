package trainer

import (
	"fmt"

	"gaetrain/loaders"
	"gaetrain/trainer/settings"
)

// Data holds the settings of which images a run uses, and how it reads them. Binarised
// pixels are sampled in every epoch of training; evaluation always uses the samples of
// epoch 0.
type Data struct {
	Dataset     string `toml:"dataset" group:"data" help:"Data set: a name that 'gaetrain datasets list' shows, idx:DIR, npz:FILE, folder:DIR or pairs:DIR"`
	DataDir     string `toml:"data-dir" group:"data" help:"Folder that is searched first for data sets"`
	TrainImages int    `toml:"train-images" group:"data" help:"Number of training images that are used, in which each class keeps its share; 0 for all"`
	TestImages  int    `toml:"test-images" group:"data" help:"Number of test images that are used, in which each class keeps its share; 0 for all"`
	Validation  int    `toml:"validation" group:"data" help:"Size of the validation set, 0 for none; -1: that of the data set or a tenth (finetune: a fifth)"`
	loaders.ImageOptions

	loaders.StorageOptions

	Motion   loaders.Motion `toml:"motion" group:"data" help:"Motion in pairs of frames: none or shift:3,rotate:20,patch:14; the default depends on the model"`
	Binarise bool           `toml:"binarise" group:"data" help:"Sample each pixel as 0 or 1 in every epoch, with its grey value as the probability of 1"`
}

// DataDefaults returns the settings of the data that a run has by default.
func DataDefaults() Data {
	return Data{Dataset: "sample", Validation: AutomaticValidation, ImageOptions: loaders.ImageDefaults()}
}

// Validate reports the first value that makes no sense, wrapping
// ErrConfiguration. OpenData checks the values against the data set.
func (d Data) Validate() error {
	if err := d.ImageOptions.Validate(); err != nil {
		return fmt.Errorf("%w: %w", ErrConfiguration, err)
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
func (d Data) Ineffective() []settings.Without {
	return append(d.imageSettings(), d.storageSettings()...)
}

// storageSettings lists the settings of the storage that have no effect.
func (d Data) storageSettings() (list []settings.Without) {
	if !loaders.CanStay(d.Dataset) {
		list = append(list, settings.Without{Name: "data-memory", Why: "with data set " + d.Dataset + "; hint: only " + loaders.Stored + " can be read from their files in each epoch"})
	}
	if !loaders.CanCache(d.Dataset) {
		list = append(list, settings.Without{Name: "cache", Why: "with data set " + d.Dataset + "; hint: only " + loaders.Decoded + " consist of image files"})
	}
	return list
}

// imageSettings lists the settings of image files that have no effect.
func (d Data) imageSettings() (list []settings.Without) {
	if !loaders.ReadsImages(d.Dataset) {
		for _, f := range settings.Fields(&d.ImageOptions) {
			list = append(list, settings.Without{Name: f.Name, Why: "with data set " + d.Dataset + "; hint: only folder:DIR and pairs:DIR are image files"})
		}
	} else if d.Size == (loaders.Size{}) {
		list = append(list, settings.Without{Name: "fit", Why: "without --size; hint: --size 64"})
	}
	return list
}
