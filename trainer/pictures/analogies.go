package pictures

import (
	"context"
	"fmt"
	"slices"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/viz"
)

const analogies = "analogies"

// drawAnalogies draws the codes of some test images with the labels of all classes, for a
// conditional model with an encoder (Kingma et al. 2014, figure 1). An image is at the left
// of the images that have its style.
func drawAnalogies(ctx context.Context, l *trainer.Loop) error {
	const most = 16 // classes
	model := l.Trained()
	classes := min(model.Classes(), most)
	if classes == 0 || !model.HasEncoder() || model.CanDecodeLabelled() != nil {
		return nil
	}
	test := l.Data.Test.Stratified(max(columns, classes))
	codes, err := model.Encode(ctx, test)
	if err != nil {
		return err
	}
	view, size := ViewOf(model), model.CodeSize()
	sheet := view.sheet(heading(l)+": the style of each test image at the left in all classes", classes)
	sheet.Heads = append([]string{original}, l.Data.Classes[:classes]...)
	for i := range test.Len() {
		of, labels := slices.Repeat(codes[i*size:(i+1)*size], classes), make([]loaders.Label, classes)
		for class := range labels {
			labels[class] = loaders.Label(class)
		}
		decoded, err := model.Decode(ctx, of, labels)
		if err != nil {
			return err
		}
		image := make([]float32, test.Shape.Size())
		if err := test.Read(image, i, 0); err != nil {
			return fmt.Errorf("image %d: %w", i, err)
		}
		sheet.Rows = append(sheet.Rows, viz.Row{Lead: view.drawable(image), Images: view.drawable(decoded)})
	}
	return write(l.Run.Path(folder, analogies+".png"), sheet.Image())
}
