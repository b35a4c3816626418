package evaluate

import (
	"fmt"
	"math"
	"slices"
	"sort"

	"gonum.org/v1/gonum/stat/distuv"
)

// Conformal compares scores with the scores of N held-out normal items, which the model was
// not trained on. If new normal items come from the same distribution, a threshold of Flag
// flags at most the share α of them, whatever that distribution is (Vovk 2005; Laxhammar &
// Falkman 2010).
type Conformal struct {
	normal []float64 // N, ascending
}

// NewConformal takes the scores of normal items. Errors wrap ErrInput.
func NewConformal(normal []float64) (*Conformal, error) {
	if len(normal) == 0 || slices.ContainsFunc(normal, math.IsNaN) {
		return nil, fmt.Errorf("%w: the %d scores of normal items must be numbers, at least one", ErrInput, len(normal))
	}
	c := &Conformal{slices.Clone(normal)}
	slices.Sort(c.normal)
	return c, nil
}

// Normal returns the N scores in ascending order, shared with c.
func (c *Conformal) Normal() []float64 { return c.normal }

// PValue is (1 + n)/(1 + N), where n of the N normal items have at least this score.
func (c *Conformal) PValue(score float64) float64 {
	below := sort.SearchFloat64s(c.normal, score)
	return float64(1+len(c.normal)-below) / float64(1+len(c.normal))
}

// Threshold is the score above which items have a p-value of at most alpha. It is an error
// if N normal items are too few for alpha, which takes N ≥ 1/alpha − 1. Errors wrap ErrInput.
func (c *Conformal) Threshold(alpha float64) (float64, error) {
	allowed, err := c.allowed(alpha)
	if err != nil {
		return 0, err
	}
	return c.normal[len(c.normal)-1-allowed], nil
}

// allowed is the number of normal items above the threshold.
func (c *Conformal) allowed(alpha float64) (int, error) {
	n := len(c.normal)
	if !(alpha > 0 && alpha < 1) {
		return 0, fmt.Errorf("%w: a rate of false alarms of %g; hint: between 0 and 1, such as 0.01", ErrInput, alpha)
	}
	const rounding = 1e-9 // 0.01·100 must be 1
	allowed := int(math.Floor(alpha*float64(n+1)+rounding)) - 1
	if allowed < 0 {
		return 0, fmt.Errorf("%w: %d normal items cannot give a rate of false alarms of %g; hint: at least %.0f normal items, or a rate of at least %.3g",
			ErrInput, n, alpha, math.Ceil(1/alpha-rounding)-1, 1/float64(n+1))
	}
	return min(allowed, n-1), nil
}

// FalseAlarms is the 95 % interval of the share of new normal items that the threshold
// flags, given the choice of the N items: that share has the distribution Beta(k, N + 1 − k)
// with k = ⌊α·(N + 1)⌋, if no scores are equal (Vovk 2012).
func (c *Conformal) FalseAlarms(alpha float64) (Interval, error) {
	allowed, err := c.allowed(alpha)
	if err != nil {
		return Interval{}, err
	}
	share := distuv.Beta{Alpha: float64(allowed + 1), Beta: float64(len(c.normal) - allowed)}
	return Interval{share.Quantile(0.025), share.Quantile(0.975)}, nil
}
