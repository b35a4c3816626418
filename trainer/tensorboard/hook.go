package tensorboard

import (
	"context"
	"errors"
	"io/fs"
	"time"

	"gaetrain/trainer"
	"gaetrain/trainer/pictures"
)

// Folder is the folder of the event files in a run folder.
const Folder = "tensorboard"

// Hook writes event files while a run trains: figures and pictures after each epoch,
// histograms less often after epoch 32, and the files for the projector at the end. It
// comes after the hook that draws the pictures.
func Hook() trainer.Hook {
	w := new(writer)
	return trainer.Hook{Name: "tensorboard", Start: w.start, Epoch: w.epoch, End: w.end}
}

// writer writes the event files of a run during training.
type writer struct {
	builder
	path  string // of the event file of this process
	steps trainer.Timeline
	last  int  // step of the last finished epoch
	made  bool // this process has trained an epoch
}

// start begins an event file. If there are earlier ones, it replaces what they hold beyond
// the checkpoint that the run continues from.
func (w *writer) start(ctx context.Context, l *trainer.Loop) error {
	w.builder = builder{info: l.Run.Info, unit: l.Trained().Unit}
	var earlier []event
	records, err := l.Records()
	if err != nil {
		return err
	}
	for _, e := range trainer.Epochs(records) {
		earlier = append(earlier, w.scalars(e)...)
		w.last = w.steps.Step(e.Records[0])
	}
	before, err := latest(l.Run.Path(Folder))
	switch {
	case err != nil:
		return err
	case l.Resumed && before > 0:
		return w.begin(l, restart(time.Now(), w.last+1))
	case l.Resumed:
		return w.begin(l, append([]event{w.started()}, earlier...)...)
	}
	values, err := w.drawn(ctx, l, 0)
	if err != nil {
		return err
	}
	events := []event{w.started(), summary(time.Now(), 0, values...)}
	if before > 0 { // of a run that was stopped before its first checkpoint
		events = append([]event{restart(time.Now(), 0)}, events...)
	}
	return w.begin(l, events...)
}

func (w *writer) begin(l *trainer.Loop, events ...event) (err error) {
	w.path, err = create(l.Run.Path(Folder), time.Now(), events...)
	return err
}

// started is the event with the hyperparameters.
func (b *builder) started() event { return summary(b.info.Created, 0, hparamsStarted(b.info)) }

// epoch adds what an epoch has changed.
func (w *writer) epoch(ctx context.Context, l *trainer.Loop) error {
	step := w.steps.Step(l.Latest[0])
	events := w.scalars(trainer.Evaluated{Step: step, Records: l.Latest})
	values, err := w.drawn(ctx, l, l.Position.Epoch+1)
	if err != nil {
		return err
	}
	if len(values) > 0 {
		events = append(events, summary(w.timeOf(l.Latest[len(l.Latest)-1]), step, values...))
	}
	w.last, w.made = step, true
	return w.add(l, events...)
}

// add appends events. If somebody has removed the event file, it begins a new one.
func (w *writer) add(l *trainer.Loop, events ...event) error {
	err := extend(w.path, events...)
	if errors.Is(err, fs.ErrNotExist) {
		return w.begin(l, append([]event{w.started()}, events...)...)
	}
	return err
}

// drawn returns the pictures and the histograms of an epoch.
func (w *writer) drawn(ctx context.Context, l *trainer.Loop, epoch int) (values []value, err error) {
	if l.Config.Pictures > 0 {
		frames, err := pictures.Frames(l.Run.Dir)
		if err != nil {
			return nil, err
		}
		if values, err = w.shown(frames, l.Stage.Name, epoch); err != nil {
			return nil, err
		}
	}
	if !pictures.Due(epoch, 1) && epoch != l.Stage.Epochs && !l.Position.Stopped {
		return values, nil
	}
	values = append(values, weights(l.Trained())...)
	if l.Stage.Name != w.main() {
		return values, nil // the code is not trained yet
	}
	of, err := codes(ctx, l.Trained(), l.Data.Test)
	return append(values, of...), err
}

// end adds the pictures of the finished run, and writes the files for the projector.
func (w *writer) end(ctx context.Context, l *trainer.Loop) error {
	if !w.made {
		return nil // an earlier process has finished the run
	}
	var values []value
	if l.Config.Pictures > 0 {
		var err error
		if values, err = stills(l.Run.Dir); err != nil {
			return err
		}
	}
	if _, err := project(ctx, l.Run.Path(Folder), l.Trained(), l.Data.Test, l.Data.Classes); err != nil {
		return err
	}
	return w.add(l, summary(time.Now(), w.last, values...), summary(time.Now(), w.last, hparamsEnded(success, time.Now())))
}
