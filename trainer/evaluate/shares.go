package evaluate

import (
	"math"
	"slices"
)

// Shares is how a classifier sorts images into classes.
type Shares struct {
	Shares     []float64 `json:"shares"`     // C: of the images, by their largest logit
	Confidence float64   `json:"confidence"` // mean of the largest probability
}

// Sort sorts images by the logits N×C of a classifier.
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

// Divergence is KL(p ‖ q) = Σ p·log(p/q) in nats of two distributions; +∞ where
// q lacks what p has.
func Divergence(p, q []float64) (sum float64) {
	for i, v := range p {
		if v > 0 {
			sum += v * math.Log(v/q[i])
		}
	}
	return sum
}
