package evaluate

import (
	"context"
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
	for i := range logits.Rows {
		row := logits.Row(i)
		largest := slices.Max(row)
		var sum float64
		for _, v := range row {
			sum += math.Exp(float64(v - largest))
		}
		s.Each.Classes = append(s.Each.Classes, slices.Index(row, largest))
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
