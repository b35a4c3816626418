package trainer

import (
	"fmt"
	"time"

	"gaetrain/trainer/settings"
)

// maxBatch bounds the memory of a step.
const maxBatch = 1 << 16

// Training holds the settings of how long a run trains and when it stops.
type Training struct {
	Epochs    int           `toml:"epochs" group:"training" help:"Total epochs, 1 or more, including those before --resume (model stacked: 0 skips joint training)"`
	BatchSize int           `toml:"batch-size" group:"training" help:"Number of images per training step, from 1 to 65536; the default depends on the model"`
	Seed      uint64        `toml:"seed" group:"training" help:"Seed of all random numbers, 0 or more. The same seed gives the same run, bit for bit"`
	Precision string        `toml:"precision" group:"training" optional:"true" help:"Operands of the products of dense layers in training: float32, or bf16, which rounds them"`
	Patience  int           `toml:"patience" group:"training" help:"Stop after this many epochs without an improvement on the validation set; 0 for never"`
	MinDelta  float64       `toml:"min-delta" group:"training" help:"Smallest decrease of the loss on the validation set that is an improvement, 0 or more"`
	TimeLimit time.Duration `toml:"time-limit" group:"training" help:"Stop after this time with a checkpoint and exit code 75, such as 55m; 0 for never"`
}

// TrainingDefaults returns the settings of training that a run has by default.
func TrainingDefaults() Training {
	return Training{Epochs: 20, BatchSize: 128, Seed: 1, Precision: float32Precision}
}

// Validate reports the first value that makes no sense, wrapping
// ErrConfiguration. NewExperiment requires at least one epoch in each stage.
func (t Training) Validate() error {
	if err := settings.Choice("precision", t.Precision, float32Precision, bf16Precision); err != nil {
		return err
	}
	return settings.Numbers(
		settings.Number{OK: t.Epochs >= 0, Name: "epochs", Value: t.Epochs, Hint: "at least 1"},
		settings.Number{OK: t.BatchSize >= 1 && t.BatchSize <= maxBatch, Name: "batch-size", Value: t.BatchSize, Hint: fmt.Sprintf("from 1 to %d", maxBatch)},
		settings.Number{OK: t.Patience >= 0, Name: "patience", Value: t.Patience, Hint: "0 for never, or more"},
		settings.Number{OK: t.MinDelta >= 0 && settings.Finite(t.MinDelta), Name: "min-delta", Value: t.MinDelta, Hint: "0 or more"},
		settings.Number{OK: t.TimeLimit >= 0, Name: "time-limit", Value: t.TimeLimit, Hint: "0 for never, or more"},
	)
}
