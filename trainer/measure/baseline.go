package measure

import (
	"context"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/evaluate"
)

// Baseline is what principal components reconstruct, for comparison with a model.
type Baseline struct {
	Components int     // as many as the code has values; 0: there is no comparison
	MSE        float64 // squared error per pixel on the test images
}

// Limits of what is compared without being asked for. Verb pca has none.
const (
	mostBaselineValues = 1 << 26 // of all training images
	mostBaselinePixels = 4096    // of an image
)

// PCABaseline measures as many principal components of the training images as the
// code of a model has values on the test images. There is no comparison for a model
// that reconstructs nothing, for a code as large as the image, and for data that
// would take long.
func PCABaseline(ctx context.Context, model *trainer.Trained, train, test loaders.Split) (Baseline, error) {
	pixels := train.Shape.Size()
	switch {
	case model.CanEncode() != nil || model.IsClassifier():
		return Baseline{}, nil
	case model.CodeSize() >= pixels || pixels > mostBaselinePixels || train.Len() > mostBaselineValues/pixels:
		return Baseline{}, nil
	case train.Len() < 2 || test.Len() == 0:
		return Baseline{}, nil
	}
	mse, err := evaluate.PCAError(ctx, evaluate.Pixels(train), evaluate.Pixels(test), model.CodeSize())
	return Baseline{model.CodeSize(), mse}, err
}
