package trainer

import (
	"fmt"

	"gaetrain/trainer/settings"
)

// RateSchedule holds the settings that say how the learning rate changes during
// training.
type RateSchedule struct {
	Schedule   string  `toml:"schedule" group:"schedule" help:"Schedule of the learning rate: constant, step or cosine"`
	Warmup     float64 `toml:"warmup" group:"schedule" help:"Epochs during which the learning rate rises linearly from 0, such as 0.5"`
	StepEpochs int     `toml:"step-epochs" group:"schedule" help:"Epochs between two drops of the schedule step, 1 or more"`
	StepAt     []int   `toml:"step-at" group:"schedule" help:"Epochs after which the learning rate of the schedule step drops, such as 1,4,13. This list replaces step-epochs"`
	StepFactor float64 `toml:"step-factor" group:"schedule" help:"Factor of the learning rate at each drop of the schedule step, above 0 and at most 1"`
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
			return fmt.Errorf("%w: step-at has a drop after %d epochs; hint: start at 1 or later, in ascending order", ErrConfiguration, epoch)
		}
	}
	return settings.Numbers(
		settings.Number{OK: s.Warmup >= 0 && settings.Finite(s.Warmup), Name: "warmup", Value: s.Warmup, Hint: "0 or more epochs"},
		settings.Number{OK: s.StepEpochs >= 1, Name: "step-epochs", Value: s.StepEpochs, Hint: "at least 1"},
		settings.Number{OK: s.StepFactor > 0 && s.StepFactor <= 1, Name: "step-factor", Value: s.StepFactor, Hint: "above 0, at most 1"},
	)
}

// Ineffective lists the settings that the chosen schedule does not read.
func (s RateSchedule) Ineffective() []settings.Without {
	switch {
	case s.Schedule != "step":
		why := "with schedule " + s.Schedule + "; hint: --schedule step"
		return []settings.Without{{Name: "step-epochs", Why: why}, {Name: "step-at", Why: why}, {Name: "step-factor", Why: why}}
	case len(s.StepAt) > 0:
		return []settings.Without{{Name: "step-epochs", Why: "with step-at, which lists all drops; hint: leave one of them out"}}
	}
	return nil
}
