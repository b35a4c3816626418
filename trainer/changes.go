package trainer

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
)

// Change is a setting that a resumed run has changed.
type Change struct {
	Setting string `json:"setting"`
	From    string `json:"from"`
	To      string `json:"to"`
	Stage   string `json:"stage"`
	Epoch   int    `json:"epoch"` // finished epochs of the stage
	Step    int    `json:"step"`  // finished steps of the epoch after those
}

// Harmless lists the settings that do not change the weights.
var Harmless = []string{"run", "resume", "data-dir", "data-memory", "cache", "strict", "time-limit", "checkpoint-every", "pictures", "tensorboard"}

// noteChanges records the settings that differ from those of the run so far, and
// warns if the learning rate rises.
func (r *Run) noteChanges(e *Experiment, old RunInfo, at Position) error {
	stage := e.Stages[at.Stage]
	for _, name := range slices.Sorted(maps.Keys(r.Info.Configuration)) {
		from, to := old.Configuration[name].String(), r.Info.Configuration[name].String()
		if from == to || slices.Contains(Harmless, name) {
			continue
		}
		if name == "epochs" && stage.Prior {
			return fmt.Errorf("%w: epochs is %s, but the run has trained its %s epochs and now trains the prior of its words for prior-epochs; hint: start another run", ErrConfiguration, to, from)
		}
		r.Info.Changes = append(r.Info.Changes, Change{name, from, to, stage.Name, at.Epoch, at.Step})
		if name == "epochs" {
			done := at.Epoch
			if stage.Epochs == old.Stages[at.Stage].Epochs {
				done = 0 // the setting applies to a later stage
			}
			r.note("the run now has %s epochs in total instead of %s, and %d of them are finished", to, from, done)
			continue
		}
		r.note("from epoch %d on, %s is %s instead of %s", at.Epoch+1, name, cmp.Or(to, "none"), cmp.Or(from, "none"))
	}
	before, err := ConfigOf(old)
	if err != nil {
		return err
	}
	steps := e.steps()
	next := at.Epoch*steps + at.Step
	if next == 0 || at.Epoch == stage.Epochs || before.Schedule != e.Config.Schedule || before.LearningRate != e.Config.LearningRate {
		return nil
	}
	last := rate(before, next-1, steps, old.Stages[at.Stage].Epochs)
	now := rate(e.Config, next, steps, stage.Epochs)
	if epochs := stage.Epochs; epochs != old.Stages[at.Stage].Epochs && now > 1.01*last {
		r.warn("the learning rate rises from %.2g to %.2g, because the schedule %s now ends after epoch %d; hint: --schedule constant --learning-rate %.2g keeps the last rate",
			last, now, e.Config.Schedule, epochs, last)
	}
	return nil
}
