package trainer

import (
	"context"
	"fmt"
	"math"
	"time"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
)

// Hook is a set of functions that the loop calls at named points. Hooks run in order.
// A nil function is skipped, and an error ends training.
type Hook struct {
	Name  string
	Start point // before the first step of this process
	Step  point // after each step
	Epoch point // after each epoch, before Position moves to the next epoch
	Next  point // after Position has moved to the next epoch
	Stop  point // when a signal or a time limit stops training
	End   point // after the last stage
}

type point = func(context.Context, *Loop) error

// each runs one point of all hooks.
func (l *Loop) each(ctx context.Context, at func(Hook) point) error {
	for _, h := range l.hooks {
		if run := at(h); run != nil {
			if err := run(ctx, l); err != nil {
				return err
			}
		}
	}
	return nil
}

// guard stops training as soon as the loss is not finite. Its error names the first
// tensor that is not finite. After each epoch, it checks the weights themselves, because
// the loss can be finite although a weight is infinite.
func guard() Hook {
	return Hook{
		Name:  "guard",
		Epoch: func(_ context.Context, l *Loop) error { return l.checkWeights() },
		Step: func(_ context.Context, l *Loop) error {
			if !finite(l.Program.Mean()) {
				return l.diverged(l.Program)
			}
			if !l.opponent.finite() {
				return l.diverged(l.opponent.Program)
			}
			return nil
		},
	}
}

// largestWeight is the root mean square of a parameter above which training is reported
// as diverged, although the parameter is finite. Pixels are in [0, 1], so no model needs
// larger weights, and saturated or dead units can keep the loss finite.
const largestWeight = 1e5

// checkWeights fails if a weight is not a finite number, or if a parameter is
// larger than largestWeight.
func (l *Loop) checkWeights() error {
	for _, p := range l.Parameters.All() {
		if !kernel.Finite(p.Values()) {
			return l.diverged(l.Program)
		}
		size := math.Sqrt(kernel.SumSquares(p.Values()) / float64(len(p.Values())))
		if size > largestWeight {
			return l.divergedAt(fmt.Sprintf("values with a root mean square of %.2g in %s", size, p.Name))
		}
	}
	return nil
}

// diverged returns an error that names the first tensor that was not finite in the last
// run of a program.
func (l *Loop) diverged(p *graph.Program) error {
	tensor := p.NotFinite()
	if tensor == "" {
		tensor = "the loss"
	}
	return l.divergedAt("NaN or Inf in " + tensor)
}

func (l *Loop) divergedAt(what string) error {
	return fmt.Errorf("%w: %s at step %d of epoch %d, stage %s; %s; hint: continue from there with --resume --run %s --learning-rate %.2g, or with --clip-norm 1",
		ErrDiverged, what, l.Position.Step, l.Position.Epoch+1, l.Stage.Name, l.kept(), l.Run.Dir, l.Config.LearningRate/10)
}

// kept says which weights the last checkpoint holds.
func (l *Loop) kept() string {
	switch at := l.saved; {
	case at.Stage == 0 && at.Epoch == 0 && at.Step == 0:
		return "the checkpoint holds the initial weights"
	case at.Epoch == 0 && at.Step == 0:
		return "the checkpoint at the start of this stage is kept"
	case at.Step == 0:
		return fmt.Sprintf("the checkpoint after epoch %d is kept", at.Epoch)
	default:
		return fmt.Sprintf("the checkpoint after step %d of epoch %d is kept", at.Step, at.Epoch+1)
	}
}

// best saves the weights of the epoch with the lowest criterion on the validation set,
// and stops a stage that has not improved for Patience epochs. Without a validation set
// it does neither, because the test set must not select anything.
func best() Hook {
	return Hook{
		Name: "best",
		Epoch: func(_ context.Context, l *Loop) error {
			if l.Selection() == "" {
				return nil
			}
			loss := l.Latest[1].Criterion() // the record after that of the training set
			at := &l.Position
			if at.Best == nil || loss < *at.Best-l.Config.MinDelta {
				at.Best, at.BestEpoch = &loss, at.Epoch+1
				return SaveCheckpoint(l.Run.Path(bestCheckpoint), l.header(Position{Stage: at.Stage, Epoch: at.Epoch + 1}, Extent{}), l.Parameters, nil)
			}
			at.Stopped = l.stale(at.Epoch + 1)
			return nil
		},
	}
}

// stale reports whether the loss has not improved for Patience epochs, after the given
// number of epochs.
func (l *Loop) stale(epochs int) bool {
	return l.Config.Patience > 0 && epochs-l.Position.BestEpoch >= l.Config.Patience
}

// checkpoints saves the last checkpoint at the beginning, after each epoch and, if
// checkpoint-every is set, within long epochs.
func checkpoints() Hook {
	var saved time.Time
	save := func(_ context.Context, l *Loop) error {
		saved = time.Now()
		return l.Save()
	}
	return Hook{
		Name: "checkpoints",
		Start: func(ctx context.Context, l *Loop) error {
			if l.Resumed {
				saved = time.Now()
				return nil
			}
			return save(ctx, l)
		},
		Step: func(ctx context.Context, l *Loop) error {
			if every := l.Config.CheckpointEvery; every > 0 && time.Since(saved) >= every {
				return save(ctx, l)
			}
			return nil
		},
		Next: save,
	}
}
