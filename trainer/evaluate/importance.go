package evaluate

import "math"

// Importance estimates the log-likelihood of one observation x from samples z of
// a proposal distribution q: log p(x) = log E_q w, where w = p(x, z)/q(z). Samples
// are added one by one, in constant memory. The zero value has none.
type Importance struct {
	draws        int
	largest      float64 // log-weight so far, by which the sums below are divided
	sum, squares float64 // of weights
	total        float64 // of log-weights
}

// Add adds samples by their log-weights log p(x, z) − log q(z).
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

// LogLikelihood is the logarithm of the mean weight of K samples. Its expectation
// is a lower bound of log p(x), which does not decrease with K and converges to
// log p(x) (Burda et al. 2016).
func (s *Importance) LogLikelihood() float64 {
	return s.largest + math.Log(s.sum/float64(s.draws))
}

// Bound is the mean log-weight: the evidence lower bound (ELBO) from the same samples.
func (s *Importance) Bound() float64 { return s.total / float64(s.draws) }

// EffectiveDraws is the effective sample size (Σw)²/Σw² (Kong 1992). It is 1 if
// one sample has all the weight, and the number of samples if all weights are equal.
func (s *Importance) EffectiveDraws() float64 { return s.sum * s.sum / s.squares }

// ImportanceBias estimates by how much −LogLikelihood of K samples is too high in
// expectation. It is the jackknife estimate with two groups (Quenouille 1949; for
// this estimator Nowozin 2018): the mean over both halves of the samples of
// −LogLikelihood, minus −LogLikelihood of all samples.
//
// Its expectation is b(K/2) − b(K), where b(K) is the bias for K samples. That is
// b(K) if the bias is proportional to 1/K, as it is for a good proposal
// distribution. For a poor one, the bias decreases more slowly, and the estimate
// is only a lower bound of it. It is never negative, and NaN for fewer than 2
// samples.
func ImportanceBias(logWeights []float64) float64 {
	if len(logWeights) < 2 {
		return math.NaN()
	}
	var all, first, second Importance
	half := len(logWeights) / 2
	all.Add(logWeights...)
	first.Add(logWeights[:half]...)
	second.Add(logWeights[half:]...)
	return max(all.LogLikelihood()-(first.LogLikelihood()+second.LogLikelihood())/2, 0)
}
