package trainer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"gaetrain/graph"
	"gaetrain/loaders"
)

// Loop trains an experiment in a run folder. Hooks read its fields.
type Loop struct {
	*Experiment
	Run      *Run
	Position Position
	Stage    Stage          // the present one
	Program  *graph.Program // its training program; nil after Free
	Rate     float64        // learning rate of the last step
	Seconds  float64        // spent on steps in this epoch, by this process
	Images   int            // trained on in that time
	Latest   []Record       // of the last evaluated epoch
	Notes    []string       // about how a resumed run continues
	Warnings []string       // about that epoch or, before the first one, about the run
	News     []string       // warnings that are new after that epoch, and notes on warnings that are resolved
	Resumed  bool

	finished  Extent   // of metrics.jsonl: the epochs before Position
	written   Extent   // of metrics.jsonl, including the present epoch once it is evaluated
	saved     Position // of the last checkpoint
	began     [3]int   // where a resumed run continued, see Position.at
	hooks     []Hook
	opponent  *opponent // of the stage, or nil
	evaluator *evaluator
	solver    *Solver
	stream    *loaders.Stream
	train     loaders.Split // what the stage trains on
	feeder    feeder
}

// NewLoop prepares training with the standard hooks and the given ones, which run after
// an epoch is evaluated and before its checkpoint is saved. If the run folder has a
// checkpoint, training continues from it.
func NewLoop(ctx context.Context, e *Experiment, run *Run, more ...Hook) (*Loop, error) {
	l := &Loop{Experiment: e, Run: run}
	l.Notes, l.Warnings = run.notes, run.warnings
	if few := e.FewSteps(); few != "" && run.last == nil {
		l.Warnings = append(l.Warnings, few)
	}
	l.hooks = append(append([]Hook{guard(), progress(), evaluation(), new(table).hook(), warnings(), best()}, more...), checkpoints())
	last := run.last
	if run.last = nil; last == nil { // the tensors of the checkpoint are needed only here
		return l, l.enter(ctx, nil)
	}
	l.Position, l.Resumed = last.Position, true
	l.Position.Stopped = l.Position.Stopped && l.stale(l.Position.Epoch)
	if done := l.done(); done != "" {
		l.Notes = append(l.Notes, done)
	}
	l.finished, l.written, l.saved, l.began = last.Metrics, last.Metrics, last.Position, last.Position.at()
	if err := l.enter(ctx, last); err != nil {
		return nil, l.orStopped(ctx, err)
	}
	if err := last.Metrics.cut(run.Dir); err != nil {
		return nil, err
	}
	return l, run.confirm()
}

// done returns a note if a resumed run has nothing left to train, else "".
func (l *Loop) done() string {
	at, stage := l.Position, l.Stages[l.Position.Stage]
	switch {
	case at.Stage+1 < len(l.Stages) || at.Step > 0:
		return ""
	case at.Epoch == stage.Epochs && stage.Prior:
		return fmt.Sprintf("nothing is left to train, because all %d epochs of the prior are finished; hint: start another run", stage.Epochs)
	case at.Epoch == stage.Epochs:
		return fmt.Sprintf("nothing is left to train, because all %d epochs are finished; hint: --more-epochs 10 continues the run", stage.Epochs)
	case at.Stopped:
		return fmt.Sprintf("nothing is left to train, because the loss has not improved since epoch %d; hint: --patience %d continues the run, --patience 0 turns early stopping off", at.BestEpoch, l.Config.Patience+1)
	}
	return ""
}

// enter compiles the stage at the position, and restores its state from a checkpoint
// (nil for none).
func (l *Loop) enter(ctx context.Context, from *Checkpoint) (err error) {
	l.Stage = l.Stages[l.Position.Stage]
	if from != nil { // before the layers below compute their codes
		if err := from.Restore(l.Parameters, nil); err != nil {
			return err
		}
	}
	images, splits := l.splits()
	if l.train, err = l.Stage.inputs(ctx, l.Parameters, images); err != nil {
		return err
	}
	if l.Program, err = l.Stage.training(l.Parameters, l.Config.BatchSize); err != nil {
		return err
	}
	if l.stream, err = l.Stage.stream(l.train, l.Program, l.Config.Seed, l.Config.BatchSize, true); err != nil {
		return err
	}
	if l.evaluator, err = newEvaluator(ctx, l.Stage, l.Parameters, l.Config.Seed, splits...); err != nil {
		return err
	}
	l.evaluator.beat = func() { l.Run.beat(false) }
	if l.opponent, err = newOpponent(l.Stage, l.Parameters, true, l.Config.BatchSize); err != nil {
		return err
	}
	l.solver = NewSolver(l.Config, l.Stage.Rates, slices.Concat(l.Program.Gradients(), l.opponent.gradients()))
	if from == nil {
		return nil
	}
	if done := l.Position.Epoch*l.Batches() + l.Position.Step; done > 0 {
		l.Rate = l.rate(done - 1)
	}
	return from.Restore(l.Parameters, l.solver.State())
}

// rate is the learning rate of an update of the stage, counted from 0.
func (l *Loop) rate(update int) float64 {
	return rate(l.Config, update, l.Batches(), l.Stage.Epochs)
}

// Train runs all stages to their end. When the context ends, the present step is
// aborted between two operations, and the weights stay as they were before the step.
// Train then saves a checkpoint and returns ErrStopped. If a resumed run fails before it has
// saved anything, run.json is as before. The hint of ErrDiverged continues with the new
// settings, so they stay then.
func (l *Loop) Train(ctx context.Context) error {
	err := l.runStages(ctx)
	if err != nil && l.Resumed && !errors.Is(err, ErrStopped) && !errors.Is(err, ErrDiverged) && l.saved.at() == l.began {
		if reverted := l.Run.revert(); reverted != nil {
			err = fmt.Errorf("%w; also, run.json keeps the settings of this attempt: %w", err, reverted)
		}
	}
	l.Run.ended(err)
	return err
}

// runStages trains from the present position to the end of the last stage.
func (l *Loop) runStages(ctx context.Context) error {
	if err := l.each(ctx, func(h Hook) point { return h.Start }); err != nil {
		if l.Resumed {
			return l.orStopped(ctx, err)
		}
		return err // there may be no checkpoint yet
	}
	for {
		for l.Position.Epoch < l.Stage.Epochs && (!l.Position.Stopped || l.Position.Step > 0) {
			if err := l.epoch(ctx); err != nil {
				return err
			}
		}
		if l.Position.Stage+1 == len(l.Stages) {
			return l.orStopped(ctx, l.each(ctx, func(h Hook) point { return h.End }))
		}
		l.Position = Position{Stage: l.Position.Stage + 1}
		if err := l.enter(ctx, nil); err != nil {
			return l.orStopped(ctx, err)
		}
	}
}

// Free drops the training program and the state of the solver, which can take several times
// the memory of the weights. End hooks may call it: nothing is trained after them.
func (l *Loop) Free() {
	l.Program.Close()
	l.Program, l.solver = nil, nil
}

// epoch trains on the rest of an epoch.
func (l *Loop) epoch(ctx context.Context) error {
	for batch, err := range l.stream.Epoch(l.Position.Epoch, l.Position.Step) {
		if err == nil {
			err = l.step(ctx, batch)
		}
		if err == nil {
			err = l.each(ctx, func(h Hook) point { return h.Step })
		}
		if ended(ctx, err) {
			return l.stop(ctx)
		}
		if err != nil {
			return err
		}
	}
	err := l.each(ctx, func(h Hook) point { return h.Epoch })
	if err == nil {
		l.advance()
		err = l.each(ctx, func(h Hook) point { return h.Next })
	}
	if ended(ctx, err) {
		return l.stop(ctx) // hooks that were interrupted run again on this epoch
	}
	return err
}

// ended reports whether a context has ended and there is no other error.
func ended(ctx context.Context, err error) bool {
	return ctx.Err() != nil && (err == nil || errors.Is(err, ctx.Err()))
}

// advance moves the position past an epoch.
func (l *Loop) advance() {
	l.Position.Epoch++
	l.finished = l.written
	l.Position.Step, l.Position.Train = 0, Totals{}
	l.Seconds, l.Images = 0, 0
}

// step updates the parameters of the model and of its opponent on one batch. It changes
// nothing until both programs have finished.
func (l *Loop) step(ctx context.Context, batch *loaders.Batch) error {
	start := time.Now()
	update := l.Position.Epoch*l.stream.Batches() + l.Position.Step
	l.Program.At(float64(update) / float64(l.stream.Batches()))
	b := l.feeder.feed(batch)
	if err := l.Program.Run(ctx, b); err != nil {
		return err
	}
	if err := l.opponent.run(ctx, l.Program, b); err != nil {
		return err
	}
	l.Position.Train.add(l.Program, b.Rows)
	l.opponent.addTo(&l.Position.Train, b.Rows)
	if finite(l.Program.Mean()) && l.opponent.finite() {
		l.Rate = l.rate(update)
		l.solver.Step(l.Rate, update+1, l.Program.Gradients())
		l.solver.Step(l.Rate, update+1, l.opponent.gradients())
		l.Program.Advance()
		l.opponent.advance()
	}
	l.Position.Step++
	l.Seconds += time.Since(start).Seconds()
	l.Images += batch.Rows
	return nil
}

// afterStop is the longest time that hooks may take once a stopped run is saved.
const afterStop = time.Second

// stop saves a checkpoint of the present position and then runs the Stop hooks. A
// resumed run does not need their results, so they are interrupted if they take long.
func (l *Loop) stop(ctx context.Context) error {
	if !l.isSaved() {
		if err := l.Save(); err != nil {
			return err
		}
	}
	brief, cancel := context.WithTimeout(context.WithoutCancel(ctx), afterStop)
	defer cancel()
	if err := l.each(brief, func(h Hook) point { return h.Stop }); err != nil && !ended(brief, err) {
		return err
	}
	return l.stopped(ctx)
}

// orStopped returns the error of work between epochs, or ErrStopped if the context has
// ended. Training can then be continued from the checkpoint of the last epoch, or from
// the one that it was resumed from.
func (l *Loop) orStopped(ctx context.Context, err error) error {
	if err != nil && ended(ctx, err) {
		return l.stopped(ctx)
	}
	return err
}

// stopped returns the error of a run that has a checkpoint to continue from.
func (l *Loop) stopped(ctx context.Context) error {
	return fmt.Errorf("%w: %w; a checkpoint is saved; hint: --resume --run %s continues", ErrStopped, context.Cause(ctx), l.Run.Dir)
}

// Save writes the last checkpoint. It returns an error if a weight is not finite,
// because such a checkpoint must not replace a good one.
func (l *Loop) Save() error {
	if err := l.checkWeights(); err != nil {
		return err
	}
	if err := l.Run.intact(l.finished); err != nil {
		return err
	}
	err := SaveCheckpoint(l.Run.Path(lastCheckpoint), l.header(l.Position, l.finished), l.Parameters, l.solver.State())
	if err == nil {
		l.saved = l.Position
	}
	return err
}

// isSaved reports whether the last checkpoint is of the present position.
func (l *Loop) isSaved() bool {
	return l.saved.at() == l.Position.at()
}

// header returns the header of a checkpoint of the run.
func (l *Loop) header(at Position, metrics Extent) Header {
	return Header{Run: l.Run.Info.ID, Stage: l.Stage.Name, Position: at, Metrics: metrics}
}

// Reconstruct runs the model of the stage with its present weights on the images of a
// split.
func (l *Loop) Reconstruct(ctx context.Context, split loaders.Split) (Reconstructed, error) {
	if l.Stage.Below != nil {
		return l.trained(l.Stage).Reconstruct(ctx, split)
	}
	all := Reconstructed{Shape: split.Shape}
	err := eachReconstructed(ctx, l.Stage, l.evaluator.program, l.Config.Seed, split, all.Append)
	return all, err
}

// Present returns the model of the present stage as the parameters are now.
func (l *Loop) Present() *Trained {
	t := l.trained(l.Stage)
	t.Info = l.Run.Info
	return t
}

// Selection names the split that selects the best epoch. It is "" if no images are
// held out, because then no epoch is selected.
func (l *Loop) Selection() string {
	if l.Config.Validation == 0 {
		return ""
	}
	return l.evaluator.splits[0].name
}

// Batches is the number of steps in an epoch.
func (l *Loop) Batches() int { return l.stream.Batches() }
