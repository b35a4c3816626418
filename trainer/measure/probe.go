package measure

import (
	"context"
	"fmt"
	"slices"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/evaluate"
)

// ProbeOptions are the settings of the two classifiers of Probe.
type ProbeOptions struct {
	L2         float64 // λ of the penalty λ/2·‖W‖² of the logistic regression, added to the sum of the losses
	Neighbours int     // number of nearest images that vote for a class
}

func (o ProbeOptions) validate(fit, test loaders.Split) error {
	switch {
	case !(o.L2 >= 0):
		return refused("l2 is %g; hint: 0 or more", o.L2)
	case o.Neighbours < 1 || o.Neighbours > fit.Len():
		return refused("%d neighbours of %d images; hint: from 1 to the number of images that the classifiers are fitted to", o.Neighbours, fit.Len())
	case fit.Labels == nil || test.Labels == nil:
		return fmt.Errorf("%w: the images have no labels; hint: a probe needs labelled images", loaders.ErrData)
	case slices.Min(fit.Labels) == slices.Max(fit.Labels):
		return fmt.Errorf("%w: all %d training images are of one class; hint: a probe needs images of two classes or more", loaders.ErrData, fit.Len())
	}
	return nil
}

// Probed has the accuracies of two simple classifiers on one kind of features.
type Probed struct {
	Features   string  `json:"features"`
	Values     int     `json:"values"`
	Logistic   float64 `json:"logistic_regression"` // accuracy
	Neighbours float64 `json:"nearest_neighbours"`  // accuracy
	Iterations int     `json:"iterations"`          // of the logistic regression
	Gradient   float64 `json:"relative_gradient"`   // norm of its gradient at the end, relative to the norm at zero weights
	Converged  bool    `json:"converged"`           // Gradient is at most evaluate.LogisticTolerance
}

// Probe measures how well codes, pixels and principal components predict the
// classes. A logistic regression and a vote of the nearest neighbours are fitted
// to the images fit and measured on the images test.
func Probe(ctx context.Context, model *trainer.Trained, fit, test loaders.Split, o ProbeOptions) ([]Probed, error) {
	if err := o.validate(fit, test); err != nil {
		return nil, err
	}
	var results []Probed
	for _, name := range FeatureNames {
		f, err := newFeatures(ctx, name, model, fit)
		if err != nil {
			return nil, err
		}
		fitted, err := f.of(ctx, fit)
		if err != nil {
			return nil, err
		}
		tested, err := f.of(ctx, test)
		if err != nil {
			return nil, err
		}
		regression, err := evaluate.NewLogisticRegression(ctx, fitted, fit.Labels, o.L2)
		if err != nil {
			return nil, err
		}
		index, err := evaluate.NewNearestNeighbours(fitted)
		if err != nil {
			return nil, err
		}
		voted, err := index.Classify(ctx, tested, fit.Labels, o.Neighbours)
		if err != nil {
			return nil, err
		}
		results = append(results, Probed{
			Features: name, Values: fitted.Columns, Logistic: accuracy(regression.Predict(tested), test.Labels), Neighbours: accuracy(voted, test.Labels),
			Iterations: regression.Iterations, Gradient: regression.Gradient, Converged: regression.Converged,
		})
	}
	return results, nil
}

// accuracy is the share of predicted classes that equal the labels.
func accuracy(predicted []int, labels []loaders.Label) float64 {
	right := 0
	for i, label := range labels {
		if predicted[i] == int(label) {
			right++
		}
	}
	return float64(right) / float64(len(labels))
}
