package trainer

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"gaetrain/loaders/files"
)

// Position is how far the training of an experiment has come. With the weights and
// the state of the solver, it is all that training needs to continue as if it had never
// been interrupted. The zero value is the beginning.
type Position struct {
	Stage int    `json:"stage"`
	Epoch int    `json:"epoch"` // finished epochs of the stage
	Step  int    `json:"step"`  // finished steps of the epoch after those
	Train Totals `json:"train"` // of those steps

	Best      *float64 `json:"best,omitempty"`       // lowest loss of an epoch of this stage
	BestEpoch int      `json:"best_epoch,omitempty"` // the epoch with that loss, from 1
	Stopped   bool     `json:"stopped,omitempty"`    // by early stopping
}

// at is the stage, the epoch and the step.
func (p Position) at() [3]int { return [3]int{p.Stage, p.Epoch, p.Step} }

// Header describes the run and the position of a checkpoint.
type Header struct {
	Run      string   `json:"run"`   // RunInfo.ID
	Stage    string   `json:"stage"` // its name
	Position Position `json:"position"`
	Metrics  Extent   `json:"metrics"` // of the epochs before the position in metrics.jsonl; zero in the best checkpoint
}

// parseHeader reads a header. A missing or unknown key is an error.
func parseHeader(text string) (h Header, err error) {
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&h); err != nil {
		return h, fmt.Errorf("header: %w", err)
	}
	var keys map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &keys); err != nil {
		return h, fmt.Errorf("header: %w", err)
	}
	for _, name := range []string{"run", "stage", "position", "metrics"} {
		if keys[name] == nil {
			return h, fmt.Errorf("header: the key %s is missing", name)
		}
	}
	return h, h.Position.check()
}

// check returns an error about a position that no run can have.
func (at Position) check() error {
	switch {
	case min(at.Stage, at.Epoch, at.Step) < 0:
		return fmt.Errorf("impossible position: stage %d, epoch %d, step %d", at.Stage, at.Epoch, at.Step)
	case at.BestEpoch < 0 || at.BestEpoch-1 > at.Epoch:
		return fmt.Errorf("impossible position: the best epoch is %d, but only %d is finished", at.BestEpoch, at.Epoch)
	case at.Train.Images < 0 || !(at.Train.Squared >= 0):
		return fmt.Errorf("impossible position: the squared error of %d images is %g", at.Train.Images, at.Train.Squared)
	}
	return nil
}

// readHeader reads the header of a checkpoint file alone. Its checksum, which also
// covers the tensors, is not verified.
func readHeader(path string) (h Header, err error) {
	if err := files.RequireRegular(path); err != nil {
		return h, fmt.Errorf("%w: %w", ErrCheckpoint, err)
	}
	file, err := os.Open(path)
	if err != nil {
		return h, fmt.Errorf("%w: %w", ErrCheckpoint, err)
	}
	defer file.Close()
	const most = 100 << 20 // of the format
	var length uint64
	if err = binary.Read(file, binary.LittleEndian, &length); err == nil && length > most {
		err = fmt.Errorf("its header has %d bytes", length)
	}
	var text struct {
		Metadata map[string]string `json:"__metadata__"`
	}
	if err == nil {
		err = json.NewDecoder(io.LimitReader(file, int64(length))).Decode(&text)
	}
	if err == nil {
		h, err = parseHeader(text.Metadata[headerKey])
	}
	if err != nil {
		return h, fmt.Errorf("%w: %s: %w; hint: the file is truncated, or it is not a checkpoint of gaetrain", ErrCheckpoint, path, err)
	}
	return h, nil
}

// checkRun returns an error if a checkpoint does not belong to the run that run.json
// describes.
func (c *Checkpoint) checkRun(info RunInfo) error {
	at, stages := c.Position, info.Stages
	switch {
	case c.Run != info.ID:
		return fmt.Errorf("%w: %s belongs to another run than %s"+restoreHint, ErrCheckpoint, c.path, runFile)
	case at.Stage >= len(stages):
		return fmt.Errorf("%w: %s is in stage %d, but the run has %d"+restoreHint, ErrCheckpoint, c.path, at.Stage+1, len(stages))
	case c.Stage != stages[at.Stage].Name:
		return fmt.Errorf("%w: %s is in the stage %s, which %s calls %s"+restoreHint, ErrCheckpoint, c.path, c.Stage, runFile, stages[at.Stage].Name)
	case at.Epoch > stages[at.Stage].Epochs:
		return fmt.Errorf("%w: %s was saved after epoch %d, but its stage has %d epochs"+restoreHint, ErrCheckpoint, c.path, at.Epoch, stages[at.Stage].Epochs)
	}
	return nil
}

// checkExperiment returns an error if an experiment cannot continue from a checkpoint
// of its run.
func (c *Checkpoint) checkExperiment(e *Experiment) error {
	at := c.Position
	if at.Stage >= len(e.Stages) || e.Stages[at.Stage].Name != c.Stage {
		return fmt.Errorf("%w: %s is in the stage %s, which the model does not have", ErrCheckpoint, c.path, c.Stage)
	}
	if epochs := e.Stages[at.Stage].Epochs; at.Epoch > epochs || at.Epoch == epochs && at.Step > 0 {
		done := min(at.Step, 1) + at.Epoch
		return fmt.Errorf("%w: epochs is %d in total, but epoch %d of the stage %s has begun; hint: choose --epochs %d or more, or use --more-epochs", ErrConfiguration, epochs, done, c.Stage, done)
	}
	if steps := e.steps(); at.Step > steps {
		return fmt.Errorf("%w: %s was saved after step %d, but an epoch has %d"+restoreHint, ErrCheckpoint, c.path, at.Step, steps)
	}
	return nil
}
