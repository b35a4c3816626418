package trainer

import "gaetrain/trainer/settings"

// Data holds the settings that say which images a run uses.
type Data struct {
	Dataset     string `toml:"dataset" group:"data" help:"Name of the data set; 'gaetrain datasets list' shows all. Own data are idx:DIR, npz:FILE, folder:DIR or pairs:DIR"`
	DataDir     string `toml:"data-dir" group:"data" help:"Folder that is searched first for data sets"`
	TrainImages int    `toml:"train-images" group:"data" help:"Use only the first N training images, 0 for all"`
	TestImages  int    `toml:"test-images" group:"data" help:"Use only the first N test images, 0 for all"`
	Validation  int    `toml:"validation" group:"data" help:"Use the last N training images as the validation set, which then selects the best epoch. With 0 the test set selects it"`
}

// DataDefaults returns the settings of the data that a run has by default.
func DataDefaults() Data {
	return Data{Dataset: "sample"}
}

// Validate reports the first value that makes no sense, wrapping
// ErrConfiguration. OpenData checks the values against the data set.
func (d Data) Validate() error {
	return settings.Numbers(
		settings.Number{OK: d.TrainImages >= 0, Name: "train-images", Value: d.TrainImages, Hint: "0 for all, or more"},
		settings.Number{OK: d.TestImages >= 0, Name: "test-images", Value: d.TestImages, Hint: "0 for all, or more"},
		settings.Number{OK: d.Validation >= 0, Name: "validation", Value: d.Validation, Hint: "0 for none, or more"},
	)
}
