package trainer

import (
	"fmt"

	"gaetrain/trainer/settings"
)

// RateSchedule holds the settings of how the learning rate changes during training.
type RateSchedule struct {
	Schedule    string  `toml:"schedule" group:"schedule" help:"Schedule of the learning rate: constant, step, cosine or linear; the default depends on the model"`
	Warmup      float64 `toml:"warmup" group:"schedule" help:"Epochs, 0 or more, in which the learning rate rises from 0; the default depends on the model"`
	StepEpochs  int     `toml:"step-epochs" group:"schedule" help:"Epochs between two drops of the learning rate with --schedule step, 1 or more"`
	StepAt      []int   `toml:"step-at" group:"schedule" help:"Epochs after which --schedule step drops the rate, such as 1,4,13; it replaces --step-epochs"`
	StepFactor  float64 `toml:"step-factor" group:"schedule" help:"Factor of the learning rate at each drop with --schedule step, above 0 and at most 1"`
	DecayEpochs float64 `toml:"decay-epochs" group:"schedule" help:"Last epochs, in which --schedule linear lowers the learning rate to 0, 0 or more; 0 for all epochs"`
}

// ScheduleDefaults returns the settings of the schedule that a run has by
// default.
func ScheduleDefaults() RateSchedule {
	return RateSchedule{Schedule: "cosine", StepEpochs: 10, StepFactor: 0.1}
}

// Validate reports the first value that makes no sense, wrapping
// ErrConfiguration.
func (s RateSchedule) Validate() error {
	if err := settings.Choice("schedule", s.Schedule, scheduleNames()...); err != nil {
		return err
	}
	for i, epoch := range s.StepAt {
		if epoch < 1 || i > 0 && epoch <= s.StepAt[i-1] {
			return fmt.Errorf("%w: step-at has a drop after epoch %d; hint: list epochs from 1 on, in ascending order", ErrConfiguration, epoch)
		}
	}
	return settings.Numbers(
		settings.Number{OK: s.Warmup >= 0 && settings.Finite(s.Warmup), Name: "warmup", Value: s.Warmup, Hint: "0 or more epochs"},
		settings.Number{OK: s.StepEpochs >= 1, Name: "step-epochs", Value: s.StepEpochs, Hint: "at least 1"},
		settings.Number{OK: s.DecayEpochs >= 0 && settings.Finite(s.DecayEpochs), Name: "decay-epochs", Value: s.DecayEpochs, Hint: "0 for all epochs, or more"},
		settings.Number{OK: s.StepFactor > 0 && s.StepFactor <= 1, Name: "step-factor", Value: s.StepFactor, Hint: "above 0, at most 1"},
	)
}

// Ineffective lists the settings that the chosen schedule does not read.
func (s RateSchedule) Ineffective() (list []settings.Without) {
	without := func(schedule string, names ...string) {
		for _, name := range names {
			if s.Schedule != schedule {
				list = append(list, settings.Without{Name: name, Why: "with schedule " + s.Schedule + "; hint: --schedule " + schedule + " uses it"})
			}
		}
	}
	without("step", "step-epochs", "step-at", "step-factor")
	without("linear", "decay-epochs")
	if s.Schedule == "step" && len(s.StepAt) > 0 {
		list = append(list, settings.Without{Name: "step-epochs", Why: "with step-at, which lists all drops; hint: leave out step-epochs or step-at"})
	}
	return list
}
