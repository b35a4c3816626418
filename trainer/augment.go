package trainer

import (
	"fmt"
	"strings"

	"gaetrain/loaders"
)

// augment sets the augmentation of the stages that are trained on images. The inputs of
// the other stages are codes, which are computed from the images as they are: once, or in
// each epoch for a prior of words, because that is the prior of the codes of images.
func (e *Experiment) augment(train loaders.Split) error {
	a := e.Config.Augment
	if a == (loaders.Augmentation{}) {
		return nil
	}
	if err := a.Check(train); err != nil {
		return fmt.Errorf("%w: %w", ErrConfiguration, err)
	}
	if r := e.Data.Range; a.Brightness > 0 && !r.IsUnit() {
		return fmt.Errorf("%w: augment %v needs values in [0, 1], but those of %s are from %g to %g; hint: --scale minmax", ErrConfiguration, a, e.Data.Name, r.Low, r.High)
	}
	for i := range e.Stages {
		if s := e.Stages[i]; s.Below == nil && !s.Prior {
			e.Stages[i].augment = a
		}
	}
	if with, _ := e.augmented(); with == nil {
		return fmt.Errorf("%w: augment has no effect, because no stage is trained on images: codes are computed once, from images as they are; hint: leave it out, or train the encoder as well", ErrConfiguration)
	}
	return nil
}

// augmented names the stages that are trained on augmented images, and the other ones.
func (e *Experiment) augmented() (with, without []string) {
	for _, s := range e.Stages {
		if s.augment == (loaders.Augmentation{}) {
			without = append(without, s.Name)
		} else {
			with = append(with, s.Name)
		}
	}
	return with, without
}

// Augmentation describes which images are augmented; "" if none are.
func (e *Experiment) Augmentation() string {
	with, without := e.augmented()
	switch {
	case with == nil:
		return ""
	case without == nil:
		return fmt.Sprintf("training images are augmented by %s", e.Config.Augment)
	}
	return fmt.Sprintf("training images are augmented by %s in %s, but not in %s, which %s trained on codes of the images as they are",
		e.Config.Augment, inStages(with), inStages(without), be(len(without)))
}

func inStages(names []string) string {
	if len(names) == 1 {
		return "stage " + names[0]
	}
	return "the stages " + strings.Join(names, ", ")
}

func be(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}
