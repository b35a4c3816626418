package trainer

import (
	"strings"

	"gaetrain/loaders"
)

// Treatment says whether a model reconstructs images and codes as they are, or as
// in training.
type Treatment struct {
	Corrupt bool // the images are corrupted and binarised as in training
	Sample  bool // the codes are samples of the posterior; else they are its means
}

// Treated is the model as it reconstructs images with a treatment. Images that are
// not corrupted are compared with all pixels alike.
func (t Trained) Treated(how Treatment) *Trained {
	treated := &t
	if s := t.Stage.whole(); !how.Corrupt && (s.Binarise || s.Corruption.Kind != loaders.NoCorruption) {
		treated = t.Corrupted(loaders.Corruption{})
		treated.Stage.Binarise = false
	}
	treated.Stage.mean = !how.Sample && t.HasPosterior()
	return treated
}

// Treatment describes in words how the model takes images and codes. It is "" for
// a model that was trained on images and codes as they are.
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
