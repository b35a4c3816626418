package kernel

import (
	"math"
	"testing"
)

// TestLogVarianceLimit checks that log-variances are clipped to the limit, with
// a gradient only if descending it leads back.
func TestLogVarianceLimit(t *testing.T) {
	t.Parallel()
	const limit = LogVarianceLimit
	wide, narrow := math.Exp(limit), math.Exp(-limit)
	for _, test := range []struct {
		logVariance, dz, noise float32
		divergence             float64 // of the posterior
		ofDivergence, ofCode   float64 // gradients in the log-variance
	}{
		{limit + 2, 1, 1, (wide - 1 - limit) / 2, (wide - 1) / 2, math.Sqrt(wide) / 2},
		{limit + 2, -1, 1, (wide - 1 - limit) / 2, (wide - 1) / 2, 0},
		{-limit - 2, 1, 1, (narrow - 1 + limit) / 2, (narrow - 1) / 2, 0},
		{-limit - 2, 1, -1, (narrow - 1 + limit) / 2, (narrow - 1) / 2, -math.Sqrt(narrow) / 2},
	} {
		statistics, gradient := []float32{0, test.logVariance}, make([]float32, 2)
		loss, scratch, z := make([]float32, 1), make([]float32, 1), make([]float32, 1)
		check := func(what string, got float32, want float64) {
			if math.Abs(float64(got)-want) > 1e-5*math.Abs(want)+1e-9 {
				t.Errorf("log-variance %g, %s: %g, want %g", test.logVariance, what, got, want)
			}
		}
		GaussianDivergence(1, 1, 1, statistics, gradient, loss, scratch)
		check("divergence", loss[0], test.divergence)
		check("gradient of the divergence", gradient[1], test.ofDivergence)
		Reparametrise(1, 1, 1, statistics, []float32{test.noise}, z, scratch)
		check("code", z[0], float64(test.noise)*math.Exp(float64(clamp(test.logVariance))/2))
		ReparametriseGradient(1, 1, 1, statistics, []float32{test.noise}, scratch, []float32{test.dz}, nil, gradient)
		check("gradient of the code", gradient[1], test.ofCode)
	}
	nan := float32(math.NaN())
	if v := clamp(nan); v == v {
		t.Errorf("a log-variance that is not a number becomes %g", v)
	}
}
