package evaluate

import (
	"math"
	"slices"
)

// Shares summarises the predictions of a classifier.
type Shares struct {
	Shares     []float64 `json:"shares"`     // C: share of the images with their largest logit in each class
	Confidence float64   `json:"confidence"` // mean of the largest probability of each image
}

// Sort returns the shares of predicted classes from the logits (N×C) of a classifier.
func Sort(logits Matrix) (Shares, error) {
	if err := logits.check(); err != nil {
		return Shares{}, err
	}
	s := Shares{Shares: make([]float64, logits.Columns)}
	for i := range logits.Rows {
		row := logits.Row(i)
		largest := slices.Max(row)
		var sum float64
		for _, v := range row {
			sum += math.Exp(float64(v - largest))
		}
		s.Shares[slices.Index(row, largest)] += 1 / float64(logits.Rows)
		s.Confidence += 1 / sum / float64(logits.Rows)
	}
	return s, nil
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
