package evaluate

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestImportance compares the streamed figures with sums over all weights.
func TestImportance(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, offset := range []float64{0, -90, -5000, 800} {
		var s Importance
		var weights []float64
		for range 300 {
			w := offset + 4*random.NormFloat64()
			weights = append(weights, w)
			s.Add(w)
		}
		var sum, squares, total float64
		for _, w := range weights {
			sum, squares, total = sum+math.Exp(w-offset), squares+math.Exp(2*(w-offset)), total+w
		}
		n := float64(len(weights))
		near := func(what string, got, want float64) {
			if math.Abs(got-want) > 1e-9*math.Abs(want) {
				t.Errorf("%s at %g is %g, want %g", what, offset, got, want)
			}
		}
		near("likelihood", s.LogLikelihood(), offset+math.Log(sum/n))
		near("bound", s.Bound(), total/n)
		near("effective draws", s.EffectiveDraws(), sum*sum/squares)
		if s.LogLikelihood() < s.Bound() {
			t.Errorf("the likelihood %g is below its bound %g", s.LogLikelihood(), s.Bound())
		}
	}
}

// TestImportanceOfATinyCode compares with the integral of p(x|z)·p(z) over a code of one
// value. p(x|z) is a Bernoulli pixel with the logit 3z − 1. The proposal distribution is
// not the posterior.
func TestImportanceOfATinyCode(t *testing.T) {
	normal := func(z, mean, deviation float64) float64 {
		d := (z - mean) / deviation
		return -d*d/2 - math.Log(deviation) - math.Log(2*math.Pi)/2
	}
	pixel := func(z float64) float64 { return -math.Log1p(math.Exp(-(3*z - 1))) }
	var integral float64
	const step = 1e-3
	for z := -12.0; z < 12; z += step {
		integral += math.Exp(pixel(z)+normal(z, 0, 1)) * step
	}
	random := rand.New(rand.NewPCG(3, 4))
	var s Importance
	for range 200000 {
		z := 0.5 + 1.3*random.NormFloat64()
		s.Add(pixel(z) + normal(z, 0, 1) - normal(z, 0.5, 1.3))
	}
	if want := math.Log(integral); math.Abs(s.LogLikelihood()-want) > 0.005 {
		t.Errorf("log-likelihood is %g, by quadrature %g", s.LogLikelihood(), want)
	}
}

// TestImportanceBias compares the estimated bias with the true one, for weights of a
// log-normal distribution, whose mean is known. With a small variance, both agree.
// With a large one, the estimate is below the bias.
func TestImportanceBias(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for _, c := range []struct {
		deviation   float64 // of the log-weights
		draws       int
		least, most float64 // of estimate/bias
	}{{0.5, 20, 0.9, 1.1}, {1, 200, 0.85, 1.15}, {4, 200, 0.1, 0.6}} {
		var bias, estimate float64
		const repeats = 5000
		for range repeats {
			weights := make([]float64, c.draws)
			for i := range weights {
				weights[i] = -700 + c.deviation*random.NormFloat64()
			}
			var s Importance
			s.Add(weights...)
			ratio := s.LogLikelihood() + 700 - c.deviation*c.deviation/2 // log of mean weight/expected weight
			bias -= ratio / repeats
			if c.deviation <= 1 { // the control variate has expectation 0
				bias += math.Expm1(ratio) / repeats
			}
			estimate += ImportanceBias(weights) / repeats
		}
		if share := estimate / bias; share < c.least || share > c.most {
			t.Errorf("log-weights with deviation %g, %d samples: the bias is %.4f, the estimate %.4f", c.deviation, c.draws, bias, estimate)
		}
	}
	if got := ImportanceBias([]float64{-3, -3, -3, -3}); got != 0 {
		t.Errorf("the bias of equal weights is %g, want 0", got)
	}
	if got := ImportanceBias([]float64{-3}); !math.IsNaN(got) {
		t.Errorf("the bias of one sample is %g, want NaN", got)
	}
}
