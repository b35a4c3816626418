// Package measure measures trained models on images: how well codes predict the
// classes, which clusters they form, how good samples are, and how many bytes an image
// needs. Its functions take a context, a trained model and plain options,
// and return plain results. They print nothing and write no files.
//
// Errors about options wrap trainer.ErrConfiguration. Other errors are those of
// the packages trainer, evaluate, compression and loaders.
//
// Shapes are given by letter: N images of D values, codes N×L, K clusters.
package measure

import (
	"context"
	"fmt"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/evaluate"
)

// Codes returns the codes N×L of the images of a split.
func Codes(ctx context.Context, model *trainer.Trained, split loaders.Split) (evaluate.Matrix, error) {
	codes, err := model.Encode(ctx, split)
	return evaluate.NewMatrix(codes, model.CodeSize()), err
}

// pixelsOf returns the images of a split as numbers. It is an error if they do not fit into
// memory, as those of data that are read from their files may not.
func pixelsOf(split loaders.Split) (evaluate.Matrix, error) {
	if err := trainer.Fits("images", split.Len(), split.Shape.Size(), "choose fewer images, such as --limit 10000, or train with --train-images"); err != nil {
		return evaluate.Matrix{}, err
	}
	return evaluate.Pixels(split)
}

// refused returns an error about invalid options.
func refused(format string, values ...any) error {
	return fmt.Errorf("%w: %s", trainer.ErrConfiguration, fmt.Sprintf(format, values...))
}

// clamped clips pixels to [0, 1] in place, unless the values of the data leave this range.
func clamped(model *trainer.Trained, pixels []float32) []float32 {
	if !model.Info.Data.Values().IsUnit() {
		return pixels
	}
	for i, v := range pixels {
		pixels[i] = min(max(v, 0), 1)
	}
	return pixels
}
