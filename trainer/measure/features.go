package measure

import (
	"context"
	"slices"
	"strings"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/evaluate"
)

// The kinds of features of images.
const (
	CodeFeatures  = "codes"
	PixelFeatures = "pixels"
	PCAFeatures   = "pca" // as many principal components as a code has values
)

// FeatureNames lists all features.
var FeatureNames = []string{CodeFeatures, PixelFeatures, PCAFeatures}

// features describes images by L values each.
type features struct {
	of     func(context.Context, loaders.Split) (evaluate.Matrix, error) // N×L
	images func(context.Context, evaluate.Matrix) ([]float32, error)     // N×L → N×D; nil if the model cannot decode them
}

func checkFeatures(name string) error {
	if slices.Contains(FeatureNames, name) {
		return nil
	}
	return refused("unknown features %q; hint: --on %s", name, strings.Join(FeatureNames, ", "))
}

// newFeatures returns the features with a name. Principal components are fitted to the
// images fit.
func newFeatures(ctx context.Context, name string, model *trainer.Trained, fit loaders.Split) (features, error) {
	if err := checkFeatures(name); err != nil {
		return features{}, err
	}
	switch name {
	case PixelFeatures:
		return pixelFeatures(), nil
	case PCAFeatures:
		return pcaFeatures(ctx, min(model.CodeSize(), fit.Shape.Size()), fit)
	}
	f := features{of: func(ctx context.Context, images loaders.Split) (evaluate.Matrix, error) {
		return Codes(ctx, model, images)
	}}
	if model.CanDecode() == nil {
		f.images = func(ctx context.Context, codes evaluate.Matrix) ([]float32, error) {
			return model.Decode(ctx, codes.Values, nil)
		}
	}
	return f, nil
}

func pixelFeatures() features {
	return features{
		func(_ context.Context, images loaders.Split) (evaluate.Matrix, error) {
			return pixelsOf(images)
		},
		func(_ context.Context, pixels evaluate.Matrix) ([]float32, error) { return pixels.Values, nil },
	}
}

func pcaFeatures(ctx context.Context, components int, fit loaders.Split) (features, error) {
	pca, err := componentsOf(ctx, fit, components)
	if err != nil {
		return features{}, err
	}
	return features{
		func(_ context.Context, images loaders.Split) (evaluate.Matrix, error) {
			pixels, err := pixelsOf(images)
			if err != nil {
				return pixels, err
			}
			return pca.Transform(pixels), nil
		},
		func(_ context.Context, codes evaluate.Matrix) ([]float32, error) {
			return pca.Inverse(codes).Values, nil
		},
	}, nil
}
