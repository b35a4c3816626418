package measure

import (
	"context"
	"fmt"
	"slices"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/evaluate"
)

// calibrationFormat is the format of a Calibration. Those in other formats are not used.
const calibrationFormat = 1

// Calibration is what a detector needs to know about normal items: their scores, and which
// weights computed them. A run keeps it in detector.json.
type Calibration struct {
	Format     int                  `json:"format"`
	Run        string               `json:"run"` // RunInfo.ID
	Checkpoint string               `json:"checkpoint"`
	Epoch      int                  `json:"epoch"`
	Weights    string               `json:"weights"` // Trained.Digest
	Normal     string               `json:"normal"`  // the source of the normal items, such as "sample, validation"
	Items      int                  `json:"items"`
	Neighbours int                  `json:"neighbours"` // of NeighboursScore
	Draws      int                  `json:"draws"`      // of LikelihoodScore
	Scores     map[string][]float64 `json:"scores"`     // by name, ascending
}

// Calibrate computes the scores of normal items, which the model was not trained on.
func Calibrate(ctx context.Context, s *Scorer, checkpoint, source string, normal loaders.Split) (*Calibration, error) {
	scores, err := s.Score(ctx, normal)
	if err != nil {
		return nil, err
	}
	for _, list := range scores {
		slices.Sort(list)
	}
	return &Calibration{
		Format: calibrationFormat, Run: s.model.Info.ID, Checkpoint: checkpoint, Epoch: s.model.Epoch, Weights: s.model.Digest(),
		Normal: source, Items: normal.Len(), Neighbours: s.options.Neighbours, Draws: s.options.Draws, Scores: scores,
	}, nil
}

// Outdated says why a calibration cannot be used for scores of a model; "" if it can.
func (c *Calibration) Outdated(model *trainer.Trained, names []string, o ScoreOptions) string {
	has := func(name string) bool { return slices.Contains(names, name) }
	switch {
	case c.Format != calibrationFormat:
		return "another version of gaetrain has written it"
	case c.Run != model.Info.ID:
		return "it is of another run"
	case c.Weights != model.Digest():
		return fmt.Sprintf("the weights are not those of epoch %d any more", c.Epoch)
	case has(NeighboursScore) && c.Neighbours != o.Neighbours && c.Scores[NeighboursScore] != nil:
		return fmt.Sprintf("its scores %s are for k = %d", NeighboursScore, c.Neighbours)
	case has(LikelihoodScore) && c.Draws != o.Draws && c.Scores[LikelihoodScore] != nil:
		return fmt.Sprintf("its scores %s are from %s", LikelihoodScore, count(c.Draws, "sample"))
	}
	for _, name := range names {
		if len(c.Scores[name]) == 0 {
			return "it has no score " + name
		}
	}
	return ""
}

// Conformal returns the normal scores with a name. Errors wrap evaluate.ErrInput.
func (c *Calibration) Conformal(name string) (*evaluate.Conformal, error) {
	return evaluate.NewConformal(c.Scores[name])
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprint(n, " ", noun, "s")
}
