package recipes

import (
	"fmt"

	"gaetrain/loaders"
	"gaetrain/trainer"
)

// Labelled is a model that takes the labels of images as a further input.
type Labelled struct{ classes int }

// Classes implements trainer.Conditional.
func (l *Labelled) Classes() int { return l.classes }

// require returns an error that wraps loaders.ErrData if the images have no labels.
func (l *Labelled) require(source trainer.Source) error {
	if l.classes = source.Classes; l.classes == 0 {
		return fmt.Errorf("%w: the images have no labels, which the model takes; hint: --model vae", loaders.ErrData)
	}
	return nil
}
