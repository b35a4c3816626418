package cmd

import (
	"context"
	"fmt"
	"strings"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/evaluate"
)

// What images can be described by.
const (
	codeFeatures  = "codes"
	pixelFeatures = "pixels"
	pcaFeatures   = "pca"
)

var featureNames = []string{codeFeatures, pixelFeatures, pcaFeatures}

// features describe images by some values, and make images of such values.
type features struct {
	of     func(context.Context, loaders.Split) (evaluate.Matrix, error) // N×L
	images func(context.Context, evaluate.Matrix) ([]float32, error)     // N×D; nil where there is no way back
}

// newFeatures returns the features of a name: codes of the model, pixels, or as
// many principal components of the pixels of fit as a code has values.
func newFeatures(name string, model *trainer.Model, fit loaders.Split) (features, error) {
	size := model.Stage.Architecture.CodeSize()
	switch name {
	case codeFeatures:
		f := features{of: func(ctx context.Context, images loaders.Split) (evaluate.Matrix, error) {
			codes, err := model.Encode(ctx, images)
			return evaluate.NewMatrix(codes, size), err
		}}
		if model.Stage.Architecture.Decodable() == nil && !model.Stage.Conditional { // else codes alone show nothing
			f.images = func(ctx context.Context, codes evaluate.Matrix) ([]float32, error) {
				return model.Decode(ctx, codes.Values, nil)
			}
		}
		return f, nil
	case pixelFeatures:
		return features{
			func(_ context.Context, images loaders.Split) (evaluate.Matrix, error) {
				return evaluate.Pixels(images), nil
			},
			func(_ context.Context, pixels evaluate.Matrix) ([]float32, error) { return pixels.Values, nil },
		}, nil
	case pcaFeatures:
		pca, err := evaluate.NewPCA(evaluate.Pixels(fit), min(size, fit.Shape.Size()))
		if err != nil {
			return features{}, err
		}
		return features{
			func(_ context.Context, images loaders.Split) (evaluate.Matrix, error) {
				return pca.Transform(evaluate.Pixels(images)), nil
			},
			func(_ context.Context, codes evaluate.Matrix) ([]float32, error) {
				return pca.Inverse(codes).Values, nil
			},
		}, nil
	}
	return features{}, fmt.Errorf("%w: unknown features %q; hint: %s", errUsage, name, strings.Join(featureNames, ", "))
}

// keep writes figures as JSON into a run folder, and says where.
func keep(dir, name string, figures any) (string, error) {
	run := trainer.Run{Dir: dir}
	return "figures in " + run.Path(name), run.WriteJSON(name, figures)
}
