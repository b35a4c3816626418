package measure

import (
	"context"
	"fmt"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/evaluate"
)

// SupportVectors describes an SVM with a Gaussian kernel on codes.
type SupportVectors struct {
	Accuracy       float64 `json:"accuracy"`        // on the test images
	CrossValidated float64 `json:"cross_validated"` // accuracy in cross-validation on the labelled images
	Gamma          float64 `json:"gamma"`
	Penalty        float64 `json:"penalty"`
	Vectors        int     `json:"support_vectors"`
	Unfinished     int     `json:"unfinished_pairs,omitempty"` // pairs of classes whose optimisation ended at the limit of its steps
}

// FitSVM fits an SVM to the codes of labelled images and measures it on the test images.
// Width and penalty are chosen by cross-validation with 5 folds.
func FitSVM(ctx context.Context, model *trainer.Trained, labelled, test loaders.Split) (s SupportVectors, err error) {
	const folds = 5
	if labelled.Labels == nil || test.Labels == nil {
		return s, fmt.Errorf("%w: the images have no labels; hint: an SVM needs labelled images", loaders.ErrData)
	}
	codes, err := Codes(ctx, model, labelled)
	if err != nil {
		return s, err
	}
	svm, validated, err := evaluate.ChooseSVM(ctx, codes, labelled.Labels, folds)
	if err != nil {
		return s, err
	}
	if codes, err = Codes(ctx, model, test); err != nil {
		return s, err
	}
	predicted, err := svm.Predict(ctx, codes)
	if err != nil {
		return s, err
	}
	return SupportVectors{accuracy(predicted, test.Labels), validated, svm.Gamma, svm.Penalty, svm.Vectors, svm.Unfinished}, nil
}
