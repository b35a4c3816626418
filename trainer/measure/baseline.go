package measure

import (
	"context"
	"fmt"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/evaluate"
)

// Baseline is the error of principal components, for comparison with a model.
type Baseline struct {
	Components int     // as many as the code has values; 0: there is no comparison
	Why        string  // why there is none, if it would take long or much memory; else ""
	MSE        float64 // squared error per pixel on the test images
}

// Limits of the comparison that training makes. The verb pca has no limits.
const (
	mostBaselineValues = 1 << 26 // of all training images
	mostBaselinePixels = 4096    // of an image
)

// PCABaseline measures principal components of the training images on the test images.
// Their number is the code size of the model. There is no comparison for a model
// without reconstructions, for a code at least as large as the image, and for data sets
// that would take long. The words of a learned codebook are not compared either: they have
// few bits, but a principal component has a number of any size.
func PCABaseline(ctx context.Context, model *trainer.Trained, train, test loaders.Split) (Baseline, error) {
	pixels := train.Shape.Size()
	switch {
	case model.CanEncode() != nil || model.IsClassifier():
		return Baseline{}, nil
	case model.CodeSize() >= pixels || train.Len() < 2 || test.Len() == 0:
		return Baseline{}, nil
	case learnsWords(model):
		return Baseline{Why: "its code is a list of words from a learned codebook, which has far fewer bits than as many numbers"}, nil
	case pixels > mostBaselinePixels:
		return Baseline{Why: fmt.Sprintf("the %s have more than %d values", train.Shape.Words("images"), mostBaselinePixels)}, nil
	case max(train.Len(), test.Len()) > mostBaselineValues/pixels:
		return Baseline{Why: fmt.Sprintf("the %s have more than %d values together", train.Shape.Words("images"), mostBaselineValues)}, nil
	}
	mse, err := evaluate.PCAError(ctx, evaluate.Images(train), evaluate.Images(test), model.CodeSize())
	return Baseline{Components: model.CodeSize(), MSE: mse}, err
}

// learnsWords reports whether the code of a model is a list of entries of a learned codebook.
func learnsWords(model *trainer.Trained) bool {
	_, levels := model.Stage.Model.(trainer.Quantiser)
	_, words := CodedWords(model)
	return words && !levels
}
