package evaluate

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// Shares summarises the predictions of a classifier.
type Shares struct {
	Shares     []float64 `json:"shares"`     // C: share of the images with their largest logit in each class
	Confidence float64   `json:"confidence"` // mean of the largest probability of each image

	// Each has the predicted class and the largest probability of each image.
	Each struct {
		Classes    []int
		Confidence []float64
	} `json:"-"`
}

// Sort returns the shares of predicted classes from the logits (N×C) of a classifier.
func Sort(logits Matrix) (Shares, error) {
	if err := logits.check(); err != nil {
		return Shares{}, err
	}
	var s Shares
	s.Each.Classes = Classes(logits.Values, logits.Columns)
	for i, class := range s.Each.Classes {
		row := logits.Row(i)
		var sum float64
		for _, v := range row {
			sum += math.Exp(float64(v - row[class]))
		}
		s.Each.Confidence = append(s.Each.Confidence, 1/sum)
	}
	s.Confidence = stat.Mean(s.Each.Confidence, nil)
	s.Shares = s.weighted(slices.Repeat([]int{1}, logits.Rows), logits.Columns)
	return s, nil
}

// Of returns the summary of some of the images.
func (s Shares) Of(images []int) Shares {
	part := Shares{}
	for _, i := range images {
		part.Each.Classes = append(part.Each.Classes, s.Each.Classes[i])
		part.Each.Confidence = append(part.Each.Confidence, s.Each.Confidence[i])
	}
	part.Confidence = stat.Mean(part.Each.Confidence, nil)
	part.Shares = part.weighted(slices.Repeat([]int{1}, len(images)), len(s.Shares))
	return part
}

// weighted returns the share of each class if image i counts weights[i] times. The weights
// sum to the number of images.
func (s Shares) weighted(weights []int, classes int) []float64 {
	counts := make([]float64, classes)
	for i, w := range weights {
		counts[s.Each.Classes[i]] += float64(w)
	}
	for class := range counts {
		counts[class] /= float64(len(weights))
	}
	return counts
}

// Uncertainties returns those of the C shares.
func (s Shares) Uncertainties() (all []Uncertainty) {
	n := len(s.Each.Classes)
	for _, share := range s.Shares {
		all = append(all, ShareOf(int(math.Round(share*float64(n))), n))
	}
	return all
}

// Correct is how often the predicted classes of images are their labels.
type Correct struct {
	Accuracy float64    `json:"accuracy"`
	Classes  []*float64 `json:"class_accuracy"` // C: of the images with this label; nil for none

	// Of has the uncertainty of the accuracy, Each those of the classes.
	Of   Uncertainty   `json:"-"`
	Each []Uncertainty `json:"-"`
}

// Correct compares the predicted classes with the labels of the images.
func (s Shares) Correct(labels []int) (*Correct, error) {
	if len(labels) != len(s.Each.Classes) {
		return nil, fmt.Errorf("%w: %d labels for %d images", ErrInput, len(labels), len(s.Each.Classes))
	}
	hits, images := make([]int, len(s.Shares)), make([]int, len(s.Shares))
	all := 0
	for i, label := range labels {
		images[label]++
		if s.Each.Classes[i] == label {
			hits[label]++
			all++
		}
	}
	c := &Correct{Accuracy: share(all, len(labels)), Of: ShareOf(all, len(labels)), Classes: make([]*float64, len(hits))}
	for class, n := range images {
		c.Each = append(c.Each, ShareOf(hits[class], n))
		if n > 0 {
			accuracy := share(hits[class], n)
			c.Classes[class] = &accuracy
		}
	}
	return c, nil
}

// DivergenceFrom returns KL(p ‖ q) of the shares p of these images and the shares q of
// other images, and its uncertainty, given these other shares. It is +∞ if a class has none of the other images.
func (s Shares) DivergenceFrom(ctx context.Context, b Bootstrap, other Shares) (float64, Uncertainty, error) {
	divergence := Divergence(s.Shares, other.Shares)
	if math.IsInf(divergence, 1) {
		return divergence, Uncertainty{}, nil
	}
	u, err := b.Of(ctx, divergence, func(weights [][]int) (float64, error) {
		return Divergence(s.weighted(weights[0], len(s.Shares)), other.Shares), nil
	}, len(s.Each.Classes))
	return divergence, u, err
}

// Divergence is KL(p ‖ q) = Σ p·log(p/q) in nats of two distributions; +∞ if
// a q is 0 where p is not.
func Divergence(p, q []float64) (sum float64) {
	for i, v := range p {
		if v > 0 {
			sum += v * math.Log(v/q[i])
		}
	}
	return sum
}
