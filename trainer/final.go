package trainer

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
)

// Final is the content of metrics.json, which is written when a run is finished.
type Final struct {
	Epochs     int                `json:"epochs"`               // of training, over all stages
	Seconds    float64            `json:"seconds"`              // of training and evaluation
	Parameters int                `json:"parameters"`           // trainable numbers
	BestEpoch  int                `json:"best_epoch,omitempty"` // of the last stage; 0 without a validation set
	Weights    map[string]float64 `json:"weights"`              // of the terms in the loss, by name
	Last       map[string]Figures `json:"last"`                 // by split, after the last epoch
	Best       map[string]Figures `json:"best,omitempty"`       // by split, after the best epoch
}

// writeFinal writes metrics.json. Its figures come from metrics.jsonl, except those
// that are measured only once, on the present weights.
func (l *Loop) writeFinal(ctx context.Context) error {
	records, err := l.Records()
	if err != nil {
		return err
	}
	final := Final{Parameters: l.Parameters.Count(), BestEpoch: l.Position.BestEpoch, Weights: map[string]float64{}, Last: map[string]Figures{}, Best: map[string]Figures{}}
	for _, term := range l.evaluator.program.Terms() {
		final.Weights[term.Name] = term.Reported
	}
	for _, r := range records {
		final.Seconds += r.Seconds
		if r.Split == "train" {
			final.Epochs++
		}
		if r.Stage == l.Stage.Name {
			final.Last[r.Split] = r.Figures
			if r.Epoch == final.BestEpoch {
				final.Best[r.Split] = r.Figures
			}
		}
	}
	_, splits := l.splits()
	for _, split := range splits {
		figures := final.Last[split.name]
		if err := l.Stage.addJacobian(ctx, &figures, l.Parameters, l.Config.Seed, split.Split); err != nil {
			return err
		}
		final.Last[split.name] = figures
		if final.BestEpoch == l.Position.Epoch {
			final.Best[split.name] = figures
		}
	}
	return l.Run.WriteSealed(finalFile, final)
}

// Final reads metrics.json.
func (r *Run) Final() (Final, error) {
	var final Final
	err := r.ReadSealed(finalFile, &final)
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("%w; hint: the run is not finished, and --resume continues it", err)
	}
	return final, err
}
