package trainer

import (
	"fmt"
	"path/filepath"
	"slices"

	"gaetrain/loaders"
)

// History is what a run folder records about the training of a run so far.
type History struct {
	Info     RunInfo
	Stage    string // name of the present one
	Position Position
	Records  []Record // of the finished epochs
}

// ReadHistory reads the history of a run that has a checkpoint. Errors wrap ErrRun or
// ErrCheckpoint.
func ReadHistory(dir string) (h History, err error) {
	if h.Info, err = ReadRunInfo(dir); err != nil {
		return h, err
	}
	last, err := readHeader(filepath.Join(dir, lastCheckpoint))
	if err != nil {
		return h, err
	}
	if last.Run != h.Info.ID || last.Position.Stage >= len(h.Info.Stages) {
		return h, fmt.Errorf("%w: %s is not a checkpoint of this run; hint: restore it from a copy", ErrCheckpoint, filepath.Join(dir, lastCheckpoint))
	}
	h.Stage, h.Position = last.Stage, last.Position
	h.Records, err = last.Metrics.read(dir)
	return h, err
}

// Planned is the number of epochs of the present stage, if nothing stops it early.
func (h History) Planned() int { return h.Info.Stages[h.Position.Stage].Epochs }

// Selects reports whether the validation set of the run selects the best epoch.
func (h History) Selects() bool { return h.Info.selects() }

// Stages are the stages of the run with the units of their figures. Of other properties,
// they have only the names.
func (h History) Stages() (list []Stage) {
	for _, s := range h.Info.Stages {
		list = append(list, Stage{Name: s.Name, units: s.Units})
	}
	return list
}

// Seconds is the time of training and evaluation.
func (h History) Seconds() (total float64) {
	for _, r := range h.Records {
		total += r.Seconds
	}
	return total
}

// Latest is the latest record of a split; ok is false if there is none.
func (h History) Latest(split string) (latest Record, ok bool) {
	for _, r := range slices.Backward(h.Records) {
		if r.Split == split {
			return r, true
		}
	}
	return latest, false
}

// Warnings lists what does not work well after the last finished epoch, and whether the
// model, which has this configuration, was trained for too few steps.
func (h History) Warnings(c Config) (list []string) {
	if h.Info.Encoder == nil {
		if few := fewSteps(h.Info.Data.Train-c.Validation, c.BatchSize, loaders.Shape(h.Info.Image)); few != "" {
			list = append(list, few)
		}
	}
	if len(h.Records) == 0 {
		return list
	}
	last, split := h.Records[len(h.Records)-1], "test"
	if h.Selects() {
		split = "validation"
	}
	for _, a := range adversarialAlerts(of(h.Records, last.Stage, split)) {
		list = append(list, a.warning)
	}
	if collapse := last.Collapse(); collapse != "" {
		list = append(list, collapse)
	}
	return list
}
