package pictures

import (
	"fmt"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/viz"
)

// augmented is the picture of augmented training images.
const augmented = "augmented.png"

// drawAugmented draws the first training images above what the first epochs make of
// them, if the run augments images.
func drawAugmented(l *trainer.Loop) error {
	const epochs = 4
	if l.Augmentation() == "" {
		return nil
	}
	images := l.TrainImages()
	rows := make([]viz.Row, 0, 1+epochs)
	draw := func(label string, epoch int, a loaders.Augmentation) error {
		stream, err := loaders.NewStream(images, loaders.StreamOptions{BatchSize: columns, Seed: l.Config.Seed, Augment: a})
		if err != nil {
			return err
		}
		for batch, err := range stream.Epoch(epoch, 0) {
			if err != nil {
				return err
			}
			pixels := batch.Clean[:batch.Rows*images.Shape.Size()]
			rows = append(rows, viz.Row{Label: label, Images: drawable(pixels, images.Shape)})
			break
		}
		return nil
	}
	if err := draw("original", 0, loaders.Augmentation{}); err != nil {
		return err
	}
	for epoch := range epochs {
		if err := draw(fmt.Sprintf("epoch %d", epoch+1), epoch, l.Config.Augment); err != nil {
			return err
		}
	}
	title := fmt.Sprintf("%s, training images augmented by %s", heading(l), l.Config.Augment)
	return write(l.Run.Path(folder, augmented), viz.Grid(title, columns, rows...))
}
