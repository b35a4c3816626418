package evaluate

import (
	"fmt"
	"slices"
)

// Confusion is how often the images of class i were taken for class j: C×C
// counts.
type Confusion [][]int

// Confuse counts labels N against predicted classes N, both below classes.
func Confuse(classes int, labels []uint8, predicted []int) (Confusion, error) {
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

// Classes returns the class with the largest of each row of scores N×C; the
// first of equal ones.
func Classes(scores []float32, classes int) []int {
	predicted := make([]int, len(scores)/classes)
	for i := range predicted {
		row := scores[i*classes : (i+1)*classes]
		predicted[i] = slices.Index(row, slices.Max(row))
	}
	return predicted
}

// Accuracy is the share of images on the diagonal; 0 of none.
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

// Precision is the share of the images taken for a class that are of it.
func (c Confusion) Precision(class int) float64 {
	taken := 0
	for _, row := range c {
		taken += row[class]
	}
	return share(c[class][class], taken)
}

// Recall is the share of the images of a class that were taken for it.
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

// Mistake is a pair of classes of which one was taken for the other.
type Mistake struct{ Class, Predicted, Count int }

// Mistakes lists the pairs of classes that were confused, the most frequent
// first.
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
