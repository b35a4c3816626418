package pictures

import (
	"context"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/viz"
)

// Preview holds a few items after an epoch, for a display that is too small for pictures:
// test items with their reconstructions, or samples of a generator. The items are the same
// in each epoch.
type Preview struct {
	Rows []PreviewRow // item i of all rows belongs together
}

// PreviewRow is a row of N images or, for rows of numbers, of N curves.
type PreviewRow struct {
	Label  string
	Images viz.Images // their values are from 0 to 1 unless the model exceeds the range of the data
	Curves [][]float32
}

// PreviewOf computes at most the given number of items with the present weights. The
// zero Preview is returned for a classifier.
func PreviewOf(ctx context.Context, l *trainer.Loop, most int) (Preview, error) {
	model := l.Present()
	var rows []Row
	switch {
	case model.IsClassifier():
		return Preview{}, nil
	case model.HasEncoder():
		pairs, err := l.Reconstruct(ctx, l.Data.Test.Stratified(most))
		if err != nil {
			return Preview{}, err
		}
		rows = []Row{{Label: "original", Values: pairs.Original}}
		if pairs.Input != nil {
			rows = append(rows, Row{Label: "corrupted", Values: pairs.Input})
		}
		rows = append(rows, Row{Label: "reconstruction", Values: pairs.Reconstruction})
	default:
		labels := make([]loaders.Label, most)
		for i := range labels {
			labels[i] = loaders.Label(i % max(1, model.Classes()))
		}
		if model.Classes() == 0 {
			labels = nil
		}
		images, err := model.Decode(ctx, trainer.Draw(most, model.CodeSize(), l.Config.Seed, 1), labels)
		if err != nil {
			return Preview{}, err
		}
		rows = []Row{{Label: "sample", Values: images}}
	}
	return ViewOf(model).preview(rows), nil
}

// preview converts rows of values to images or curves.
func (v View) preview(rows []Row) (p Preview) {
	for _, row := range rows {
		made := PreviewRow{Label: row.Label}
		if v.Shape.IsImage() {
			made.Images = v.drawable(row.Values)
		} else {
			for i := range len(row.Values) / v.Shape.Size() {
				made.Curves = append(made.Curves, v.curve(row.Values[i*v.Shape.Size():(i+1)*v.Shape.Size()]))
			}
		}
		p.Rows = append(p.Rows, made)
	}
	return p
}
