package trainer

import (
	"fmt"
	"strings"

	"gaetrain/loaders"
	"gaetrain/trainer/settings"
)

// Data holds the settings that say which images a run uses.
type Data struct {
	Dataset     string `toml:"dataset" group:"data" help:"Name of the data set; 'gaetrain datasets list' shows all. Own data are idx:DIR, npz:FILE, folder:DIR or pairs:DIR"`
	DataDir     string `toml:"data-dir" group:"data" help:"Folder that is searched first for data sets"`
	TrainImages int    `toml:"train-images" group:"data" help:"Use only this many training images, of which each class has its share; 0 for all"`
	TestImages  int    `toml:"test-images" group:"data" help:"Use only this many test images, of which each class has its share; 0 for all"`
	Validation  int    `toml:"validation" group:"data" help:"Training images held out as the validation set, which selects the best epoch; -1 for a tenth, 0 for none"`
	Background  string `toml:"background" group:"data" help:"Background of transparent pixels: auto (white if the opaque ones are dark, else black), white, black or #rrggbb"`

	Motion   loaders.Motion `toml:"motion" group:"data" help:"Motion of the second frame where pairs of frames are made of images: none, or some of shift:3,rotate:20,patch:14"`
	Binarise bool           `toml:"binarise" group:"data" help:"Sample each pixel as 0 or 1 in every epoch, with its grey value as the probability of 1; evaluation always uses the same samples"`
}

// DataDefaults returns the settings of the data that a run has by default.
func DataDefaults() Data {
	return Data{Dataset: "sample", Validation: AutomaticValidation, Background: "auto"}
}

// Validate reports the first value that makes no sense, wrapping
// ErrConfiguration. OpenData checks the values against the data set.
func (d Data) Validate() error {
	if err := loaders.CheckBackground(d.Background); err != nil {
		return fmt.Errorf("%w: %w", ErrConfiguration, err)
	}
	return settings.Numbers(
		settings.Number{OK: d.TrainImages >= 0, Name: "train-images", Value: d.TrainImages, Hint: "0 for all, or more"},
		settings.Number{OK: d.TestImages >= 0, Name: "test-images", Value: d.TestImages, Hint: "0 for all, or more"},
		settings.Number{OK: d.Validation >= AutomaticValidation, Name: "validation", Value: d.Validation, Hint: "-1 for a tenth, 0 for none, or more"},
	)
}

// Ineffective lists the settings that the data do not read.
func (d Data) Ineffective() []settings.Without {
	if strings.HasPrefix(d.Dataset, "folder:") || strings.HasPrefix(d.Dataset, "pairs:") {
		return nil
	}
	return []settings.Without{{Name: "background", Why: "with data set " + d.Dataset + "; hint: only folder:DIR and pairs:DIR can have transparent pixels"}}
}
