package trainer

import (
	"errors"
	"fmt"

	"gaetrain/trainer/settings"
)

// Config holds the settings of a training run that do not depend on the model.
// The settings of a model are fields of the model's own struct.
type Config struct {
	Model string `toml:"model" group:"model" help:"Name of the model to train; 'gaetrain models' shows all"`
	Training
	Optimiser
	RateSchedule
	Data
	Output
}

// Defaults returns the configuration of a run for which neither the recipe nor the
// user changes a setting.
func Defaults() Config {
	return Config{
		Model: "dense", Training: TrainingDefaults(), Optimiser: OptimiserDefaults(), RateSchedule: ScheduleDefaults(),
		Data: DataDefaults(), Output: OutputDefaults(),
	}
}

// Validate reports the first value that makes no sense, wrapping
// ErrConfiguration.
func (c Config) Validate() error {
	return settings.Validate(&c.Training, &c.Optimiser, &c.RateSchedule, &c.Data, &c.Output)
}

// ConfigOf returns the configuration that run.json holds. The settings of the
// model, which run.json holds too, are left out.
func ConfigOf(info RunInfo) (Config, error) {
	c := Defaults()
	err := info.Fill(&c)
	if unknown := (*settings.UnknownError)(nil); errors.As(err, &unknown) {
		return c, nil
	}
	return c, err
}

// Fill sets the fields of structs, given by pointers, to the values in run.json.
// Other fields are unchanged. Errors wrap ErrRun. The error about a value that
// belongs to no struct wraps a *settings.UnknownError.
func (info RunInfo) Fill(structs ...any) error {
	if err := settings.Fill(info.Configuration, structs...); err != nil {
		return fmt.Errorf("%w: %s: %w; hint: another version may have written the file", ErrRun, runFile, err)
	}
	return nil
}

func finite(v float64) bool { return settings.Finite(v) }
