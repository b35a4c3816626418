package measure

import (
	"context"

	"gonum.org/v1/gonum/stat"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/evaluate"
)

// Similarity is the name of the mean structural similarity of images and reconstructions.
const Similarity = "ssim"

// addSimilarity adds the mean structural similarity of the images of a split and their
// reconstructions, with its standard error. Models that reconstruct no images with values
// from 0 to 1 have none, and neither have images that are smaller than its window.
func addSimilarity(ctx context.Context, model *trainer.Trained, split loaders.Split, figures *trainer.Figures) error {
	shape := split.Shape
	if !model.HasEncoder() || model.IsClassifier() || !shape.IsImage() || !model.Info.Data.Values().IsUnit() || !evaluate.HasSSIM(shape.Height, shape.Width) {
		return nil
	}
	var all []float64
	err := model.EachReconstructed(ctx, split, func(r trainer.Reconstructed) error {
		values, err := evaluate.SSIM(r.Original, r.Reconstruction, shape.Channels, shape.Height, shape.Width)
		all = append(all, values...)
		return err
	})
	if err != nil {
		return err
	}
	mean, deviation := stat.MeanStdDev(all, nil)
	if figures.Measures == nil {
		figures.Measures = make(map[string]float64)
	}
	figures.Measures[Similarity] = mean
	if figures.StandardErrors != nil {
		figures.StandardErrors[Similarity] = stat.StdErr(deviation, float64(len(all)))
	}
	return nil
}
