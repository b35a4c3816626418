package evaluate

import (
	"fmt"
	"slices"

	"gaetrain/loaders"
)

// Confusion is a confusion matrix: C×C counts of images of class i (row) that were
// predicted as class j (column).
type Confusion [][]int

// Confuse counts pairs of a label and a predicted class (N each, both below classes).
func Confuse(classes int, labels []loaders.Label, predicted []int) (Confusion, error) {
	if len(labels) != len(predicted) {
		return nil, fmt.Errorf("%d labels for %d predictions", len(labels), len(predicted))
	}
	c := make(Confusion, classes)
	for i := range c {
		c[i] = make([]int, classes)
	}
	for i, label := range labels {
		if int(label) >= classes || predicted[i] < 0 || predicted[i] >= classes {
			return nil, fmt.Errorf("image %d: label %d and prediction %d of %d classes", i, label, predicted[i], classes)
		}
		c[label][predicted[i]]++
	}
	return c, nil
}

// Classes returns the class with the largest of each row of scores (N×C), and
// the first one of equal scores.
func Classes(scores []float32, classes int) []int {
	predicted := make([]int, len(scores)/classes)
	for i := range predicted {
		row := scores[i*classes : (i+1)*classes]
		predicted[i] = slices.Index(row, slices.Max(row))
	}
	return predicted
}

// Accuracy is the share of images on the diagonal; 0 without images.
func (c Confusion) Accuracy() float64 {
	right, all := 0, 0
	for i, row := range c {
		right += row[i]
		for _, n := range row {
			all += n
		}
	}
	return share(right, all)
}

// Precision is the share of the images predicted as a class that belong to it.
func (c Confusion) Precision(class int) float64 {
	predicted := 0
	for _, row := range c {
		predicted += row[class]
	}
	return share(c[class][class], predicted)
}

// Recall is the share of the images of a class that were predicted as it.
func (c Confusion) Recall(class int) float64 {
	all := 0
	for _, n := range c[class] {
		all += n
	}
	return share(c[class][class], all)
}

func share(part, all int) float64 {
	if all == 0 {
		return 0
	}
	return float64(part) / float64(all)
}

// Mistake is the number of images of a class that were predicted as another class.
type Mistake struct{ Class, Predicted, Count int }

// Mistakes returns the wrong predictions for each pair of classes, the most frequent
// pair first.
func (c Confusion) Mistakes() []Mistake {
	var list []Mistake
	for i, row := range c {
		for j, n := range row {
			if i != j && n > 0 {
				list = append(list, Mistake{i, j, n})
			}
		}
	}
	slices.SortStableFunc(list, func(a, b Mistake) int { return b.Count - a.Count })
	return list
}
