package evaluate

import (
	"context"

	"gaetrain/loaders"
)

// TwoSample is the classifier two-sample test (Lopez-Paz & Oquab 2017): a logistic
// regression learns from one of the Halves of the rows to tell the rows of x from those of y,
// and is tested on the other rows. The returned values are 1 for each row that it assigns to
// the right sample and else 0, so their mean is its accuracy: about ½ for equal
// distributions, and 1 for samples that can be told apart. Errors wrap ErrInput or are those
// of the context (x: N×D, y: M×D).
func TwoSample(ctx context.Context, x, y Matrix) ([]float64, error) {
	if err := alike(x, y); err != nil {
		return nil, err
	}
	var parts [2]Matrix // of training and of test
	var labels [2][]loaders.Label
	for label, m := range []Matrix{x, y} {
		first, second := Halves(m.Rows)
		for part, rows := range [][]int{first, second} {
			for _, i := range rows {
				parts[part].Values = append(parts[part].Values, m.Row(i)...)
				labels[part] = append(labels[part], loaders.Label(label))
			}
		}
	}
	for part := range parts {
		parts[part] = NewMatrix(parts[part].Values, x.Columns)
	}
	const penalty = 1 // of scikit-learn's default
	classifier, err := NewLogisticRegression(ctx, parts[0], labels[0], penalty)
	if err != nil {
		return nil, err
	}
	right := make([]float64, parts[1].Rows)
	for i, class := range classifier.Predict(parts[1]) {
		if class == int(labels[1][i]) {
			right[i] = 1
		}
	}
	return right, nil
}
