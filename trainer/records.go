package trainer

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// forgetRecords drops the lines of metrics.jsonl beyond the position: those of
// an epoch whose checkpoint was never saved.
func (l *Loop) forgetRecords() error {
	records, err := ReadRecords(l.Run.Dir)
	if err != nil {
		return err
	}
	finished := make(map[string]int) // epochs by stage
	for i, stage := range l.Stages[:l.Position.Stage+1] {
		finished[stage.Name] = stage.Epochs
		if i == l.Position.Stage {
			finished[stage.Name] = l.Position.Epoch
		}
	}
	kept := records[:0]
	for _, r := range records {
		if r.Epoch <= finished[r.Stage] {
			kept = append(kept, r)
		}
	}
	return l.Run.writeRecords(kept)
}

// Final is what metrics.json says when a run is done.
type Final struct {
	Epochs     int                `json:"epochs"`     // trained, over all stages
	Seconds    float64            `json:"seconds"`    // of training and evaluation
	Parameters int                `json:"parameters"` // trainable numbers
	BestEpoch  int                `json:"best_epoch"` // of the last stage
	Last       map[string]Figures `json:"last"`       // by split, after the last epoch
	Best       map[string]Figures `json:"best"`       // by split, after the best epoch
}

// writeFinal writes metrics.json from metrics.jsonl, and what is measured only
// once, of the weights as they are now.
func (l *Loop) writeFinal(ctx context.Context) error {
	records, err := ReadRecords(l.Run.Dir)
	if err != nil {
		return err
	}
	final := Final{Parameters: l.Parameters.Count(), BestEpoch: l.Position.BestEpoch, Last: map[string]Figures{}, Best: map[string]Figures{}}
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
	return l.Run.WriteJSON(finalFile, final)
}

// ReadRecords reads metrics.jsonl; a last line that was cut off is left out.
func ReadRecords(dir string) ([]Record, error) {
	data, err := os.ReadFile(filepath.Join(dir, metricsFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRun, err)
	}
	whole := data[:bytes.LastIndexByte(data, '\n')+1]
	var records []Record
	for lines := bufio.NewScanner(bytes.NewReader(whole)); lines.Scan(); {
		var r Record
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			return nil, fmt.Errorf("%w: %s line %d: %w", ErrRun, filepath.Join(dir, metricsFile), len(records)+1, err)
		}
		records = append(records, r)
	}
	return records, nil
}

// writeRecords replaces metrics.jsonl.
func (r *Run) writeRecords(records []Record) error {
	return r.Write(metricsFile, func(w io.Writer) error {
		lines := json.NewEncoder(w)
		for _, record := range records {
			if err := lines.Encode(record); err != nil {
				return err
			}
		}
		return nil
	})
}

// appendRecords writes lines behind metrics.jsonl in one piece.
func appendRecords(path string, records []Record) error {
	var lines []byte
	for _, r := range records {
		line, err := json.Marshal(r)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrRun, err)
		}
		lines = append(append(lines, line...), '\n')
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrRun, err)
	}
	if _, err = file.Write(lines); err == nil {
		err = file.Sync()
	}
	if closing := file.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return fmt.Errorf("%w: %w; hint: is the disk full?", ErrRun, err)
	}
	return nil
}

// Final reads metrics.json.
func (r *Run) Final() (Final, error) {
	var final Final
	data, err := os.ReadFile(r.Path(finalFile))
	if err == nil {
		err = json.Unmarshal(data, &final)
	}
	if err != nil {
		return final, fmt.Errorf("%w: %w; hint: the run is not finished", ErrRun, err)
	}
	return final, nil
}
