package recipes

import (
	"fmt"

	"gaetrain/loaders"
	"gaetrain/trainer"
)

// Labelled is a model that takes the labels of images besides them.
type Labelled struct{ classes int }

// Classes implements trainer.Conditional.
func (l *Labelled) Classes() int { return l.classes }

// require asks for labels.
func (l *Labelled) require(source trainer.Source) error {
	if l.classes = source.Classes; l.classes == 0 {
		return fmt.Errorf("%w: the images have no labels; hint: --model vae needs none", loaders.ErrData)
	}
	return nil
}
