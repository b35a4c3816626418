package evaluate

import "math"

// Importance estimates the log-likelihood of one observation x from draws z of
// a proposal q: log p(x) = log E_q w, where w = p(x, z)/q(z). Draws are counted
// in one after another; their number costs no memory. The zero value has none.
type Importance struct {
	draws        int
	largest      float64 // log-weight so far, by which the sums below are divided
	sum, squares float64 // of weights
	total        float64 // of log-weights
}

// Add counts draws in by their log-weights log p(x, z) − log q(z).
func (s *Importance) Add(logWeights ...float64) {
	for _, w := range logWeights {
		if s.draws == 0 {
			s.largest = w
		}
		if w > s.largest {
			shrink := math.Exp(s.largest - w)
			s.sum, s.squares, s.largest = s.sum*shrink, s.squares*shrink*shrink, w
		}
		weight := math.Exp(w - s.largest)
		s.sum, s.squares, s.total = s.sum+weight, s.squares+weight*weight, s.total+w
		s.draws++
	}
}

// LogLikelihood is log of the mean weight, the k-sample bound on log p(x): it
// rises with the number of draws, on average, and has log p(x) as its limit
// (Burda et al. 2016).
func (s *Importance) LogLikelihood() float64 {
	return s.largest + math.Log(s.sum/float64(s.draws))
}

// Bound is the mean log-weight: the evidence lower bound by the same draws.
func (s *Importance) Bound() float64 { return s.total / float64(s.draws) }

// EffectiveDraws is (Σw)²/Σw², from 1, where one draw has all the weight, to the
// number of draws, where all have the same (Kong 1992).
func (s *Importance) EffectiveDraws() float64 { return s.sum * s.sum / s.squares }
