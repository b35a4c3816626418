// Package tensorboard writes event files, which TensorBoard shows: figures, pictures and
// histograms of a run, its hyperparameters, and the codes for the embedding projector.
package tensorboard

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/pictures"
)

// Source is a run whose event files are written.
type Source struct {
	Dir     string           // the run folder
	Model   *trainer.Trained // its model with the last weights
	Test    loaders.Split    // its test images; without images, nothing is written about codes
	Classes []string         // by label
}

// Written says what Export has written.
type Written struct {
	Dir                              string // folder of the event file
	Epochs, Pictures, Weights, Codes int
}

// Export writes an event file of a run and the files for the projector to a new folder
// inside dir, which has the name of the run. dir can then hold several runs. The histograms
// of weights and codes are those of the last weights alone. Errors wrap trainer.ErrRun or
// trainer.ErrConfiguration, or are those of the data.
func Export(ctx context.Context, from Source, dir string) (w Written, err error) {
	name, err := filepath.Abs(from.Dir) // because "." has no name
	if err != nil {
		return w, asRun(err)
	}
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		return w, fmt.Errorf("%w: %s is not a folder; hint: choose another folder", trainer.ErrConfiguration, dir)
	}
	w.Dir = filepath.Join(dir, filepath.Base(name))
	if _, err := os.Lstat(w.Dir); !errors.Is(err, fs.ErrNotExist) {
		return w, fmt.Errorf("%w: %s exists; hint: choose another folder, or remove it first", trainer.ErrConfiguration, w.Dir)
	}
	records, err := trainer.ReadRecords(from.Dir)
	if err != nil {
		return w, err
	}
	b := builder{info: from.Model.Info, unit: from.Model.Unit}
	events, err := b.all(&w, from.Dir, records)
	if err != nil {
		return w, err
	}
	last, at := 0, b.info.Created
	if epochs := trainer.Epochs(records); len(epochs) > 0 {
		end := epochs[len(epochs)-1]
		last, at = end.Step, b.timeOf(end.Records[len(end.Records)-1])
	}
	values, err := codes(ctx, from.Model, from.Test)
	if err != nil {
		return w, err
	}
	of := weights(from.Model)
	w.Weights = len(of)
	images, err := stills(from.Dir)
	if err != nil {
		return w, err
	}
	w.Pictures += len(images)
	events = append(events, summary(at, last, append(append(of, values...), images...)...))
	if events, err = b.ended(events, from.Dir, last, at); err != nil {
		return w, err
	}
	if err := os.MkdirAll(w.Dir, 0o755); err != nil {
		return w, asRun(err)
	}
	if w.Codes, err = project(ctx, w.Dir, from.Model, from.Test, from.Classes); err == nil {
		_, err = create(w.Dir, b.info.Created, events...)
	}
	if err != nil {
		os.RemoveAll(w.Dir) // it did not exist before
	}
	return w, err
}

// all returns the hyperparameters of a run, and the figures and pictures of its epochs.
func (b *builder) all(w *Written, dir string, records []trainer.Record) ([]event, error) {
	frames, err := pictures.Frames(dir)
	if err != nil {
		return nil, err
	}
	events := []event{b.started()}
	add := func(at time.Time, step int, stage string, epoch int) error {
		values, err := b.shown(frames, stage, epoch)
		if len(values) > 0 {
			events = append(events, summary(at, step, values...))
		}
		w.Pictures += len(values)
		return err
	}
	if err := add(b.info.Created, 0, b.info.Stages[0].Name, 0); err != nil {
		return nil, err
	}
	for _, e := range trainer.Epochs(records) {
		events = append(events, b.scalars(e)...)
		r := e.Records[len(e.Records)-1]
		if err := add(b.timeOf(r), e.Step, r.Stage, r.Epoch); err != nil {
			return nil, err
		}
		w.Epochs++
	}
	return events, nil
}

// ended adds how the run in a folder ended, if it has.
func (b *builder) ended(events []event, dir string, step int, at time.Time) ([]event, error) {
	state, err := trainer.StateOf(dir)
	if err != nil {
		return nil, err
	}
	switch state.Phase {
	case trainer.Done:
		return append(events, summary(at, step, hparamsEnded(success, at))), nil
	case trainer.Diverged, trainer.Failed:
		return append(events, summary(at, step, hparamsEnded(failure, at))), nil
	}
	return events, nil
}
