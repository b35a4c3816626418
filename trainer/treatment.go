package trainer

import (
	"strings"

	"gaetrain/loaders"
)

// Treatment defines whether a model reconstructs clean or corrupted images, and from
// which codes.
type Treatment struct {
	Corrupt bool // the images are corrupted and binarised as in training
	Sample  bool // the codes are samples of the posterior; else they are its means
}

// Treated returns the model with a treatment. If images are not corrupted, all their
// pixels have the same weight in the loss.
func (t Trained) Treated(how Treatment) *Trained {
	treated := &t
	if s := t.Stage.whole(); !how.Corrupt && (s.Binarise || s.Corruption.Kind != loaders.NoCorruption) {
		treated = t.Corrupted(loaders.Corruption{})
		treated.Stage.Binarise = false
	}
	treated.Stage.mean = !how.Sample && t.HasPosterior()
	return treated
}

// Treatment describes how the inputs and codes are treated. It is "" if the images are
// neither corrupted nor binarised, and the codes are not sampled.
func (t *Trained) Treatment() string {
	var words []string
	switch s := t.Stage.whole(); {
	case s.Corruption.Kind != loaders.NoCorruption:
		words = append(words, "images corrupted by "+s.Corruption.String())
	case s.Binarise:
		words = append(words, "images binarised")
	case s.plain:
		words = append(words, "images as they are")
	}
	switch {
	case t.Stage.mean:
		words = append(words, "codes at the posterior mean")
	case t.HasPosterior():
		words = append(words, "codes sampled from the posterior")
	}
	return strings.Join(words, ", ")
}
