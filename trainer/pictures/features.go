package pictures

import (
	"context"
	"fmt"
	"slices"

	"gaetrain/trainer"
	"gaetrain/viz"
)

// drawFeatures draws the feature maps of each convolution of the encoder: a picture
// for each layer, a row for each image. The images are spread evenly over the test
// images.
func drawFeatures(ctx context.Context, l *trainer.Loop) error {
	const images = 8
	model := l.Trained()
	split := l.Data.Test.Stratified(images)
	for i := range model.Convolutions() {
		features, shape, err := model.Features(ctx, split, i+1)
		if err != nil {
			return err
		}
		lowest, highest := slices.Min(features), slices.Max(features)
		for j, v := range features {
			features[j] = (v - lowest) / max(highest-lowest, 1e-30)
		}
		shown, area := min(shape.Channels, columns), shape.Height*shape.Width
		var rows []viz.Row
		for image := range split.Len() {
			maps := features[image*shape.Size():][:shown*area]
			rows = append(rows, viz.Row{Images: viz.Images{Pixels: maps, Channels: 1, Height: shape.Height, Width: shape.Width}})
		}
		title := fmt.Sprintf("%s, feature maps of layer %d: %d of %d, %d×%d", heading(l), i+1, shown, shape.Channels, shape.Height, shape.Width)
		if err := write(l.Run.Path(folder, fmt.Sprintf("features-%d.png", i+1)), viz.Grid(title, columns, rows...)); err != nil {
			return err
		}
	}
	return nil
}
