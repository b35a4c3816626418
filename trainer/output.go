package trainer

import (
	"time"

	"gaetrain/trainer/settings"
)

// Output holds the settings of what a run writes, and where.
type Output struct {
	Run             string        `toml:"run" group:"output" help:"Folder of the run (default: runs/<model>-<dataset>-<n>)"`
	Resume          bool          `toml:"resume" group:"output" help:"Resume the run in the run folder. If the folder has no run yet, a new one starts"`
	CheckpointEvery time.Duration `toml:"checkpoint-every" group:"output" help:"Time between checkpoints within an epoch, such as 5m; 0 for checkpoints only after epochs"`
	Pictures        int           `toml:"pictures" group:"output" help:"Number of epochs from one picture to the next, which grows after 32 pictures; 0 for no pictures"`
	TensorBoard     bool          `toml:"tensorboard" group:"output" optional:"true" help:"Write event files for TensorBoard to the folder tensorboard of the run folder while training"`
}

// OutputDefaults returns the settings of the output that a run has by default.
func OutputDefaults() Output {
	return Output{CheckpointEvery: 5 * time.Minute, Pictures: 1}
}

// Validate reports the first value that makes no sense, wrapping
// ErrConfiguration.
func (o Output) Validate() error {
	return settings.Numbers(
		settings.Number{OK: o.CheckpointEvery >= 0, Name: "checkpoint-every", Value: o.CheckpointEvery, Hint: "0 for only after epochs, or more"},
		settings.Number{OK: o.Pictures >= 0, Name: "pictures", Value: o.Pictures, Hint: "0 for never, or more"},
	)
}
