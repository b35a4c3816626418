package evaluate

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// posterior makes posteriors of n observations. Their means have the standard deviations
// spread, and their log-variances are given, both by dimension.
func posterior(t *testing.T, n int, spread, logVariances []float64) (Posterior, Matrix) {
	t.Helper()
	random := rand.New(rand.NewPCG(5, 6))
	l := len(spread)
	means, variances, noise := newMatrix(n, l), newMatrix(n, l), newMatrix(n, l)
	for i := range n {
		for j := range l {
			means.Row(i)[j] = float32(spread[j] * random.NormFloat64())
			variances.Row(i)[j] = float32(logVariances[j] + 0.1*random.NormFloat64())
			noise.Row(i)[j] = float32(random.NormFloat64())
		}
	}
	p, err := NewPosterior(means, variances)
	if err != nil {
		t.Fatal(err)
	}
	return p, noise
}

func TestPosterior(t *testing.T) {
	p, _ := posterior(t, 5000, []float64{0.9, 0, 2}, []float64{-2, 0, -3})
	divergences := make([]float64, 3)
	for i := range p.Means.Rows {
		for j := range divergences {
			m, s := float64(p.Means.Row(i)[j]), float64(p.LogVariances.Row(i)[j])
			divergences[j] += 0.5 * (m*m + math.Exp(s) - 1 - s) / 5000
		}
	}
	for j, got := range p.Divergences() {
		if math.Abs(got-divergences[j]) > 1e-9 {
			t.Errorf("divergence of dimension %d is %g, want %g", j, got, divergences[j])
		}
	}
	spread, err := p.Spread(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for j, want := range []float64{0.81, 0, 4} {
		if got := spread[j]; math.Abs(got-want) > 0.05*want {
			t.Errorf("variance of the means of dimension %d is %g, want %g", j, got, want)
		}
	}
	mean, covariance, err := p.Moments(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for j, want := range []float64{0.81 + math.Exp(-2), 1, 4 + math.Exp(-3)} {
		if math.Abs(covariance.At(j, j)-want) > 0.05*want || math.Abs(mean[j]) > 0.1 {
			t.Errorf("moments of dimension %d are %g and %g, want 0 and %g", j, mean[j], covariance.At(j, j), want)
		}
	}
}

func TestMomentDivergence(t *testing.T) {
	if got := MomentDivergence([]float64{0, 0}, mat.NewSymDense(2, []float64{1, 0, 0, 1})); math.Abs(got) > 1e-12 {
		t.Errorf("divergence of the prior from itself is %g", got)
	}
	got := MomentDivergence([]float64{1, -2}, mat.NewSymDense(2, []float64{2, 0.5, 0.5, 0.25}))
	if want := (2.25 + 5 - 2 - math.Log(2*0.25-0.25)) / 2; math.Abs(got-want) > 1e-12 {
		t.Errorf("divergence is %g, want %g", got, want)
	}
	if got := MomentDivergence([]float64{0, 0}, mat.NewSymDense(2, []float64{1, 1, 1, 1})); !math.IsInf(got, 1) {
		t.Errorf("divergence of a singular covariance is %g, want +∞", got)
	}
}

// TestMutualInformation compares with closed forms: ½ log(1 + s²/σ²) per dimension of a
// Gaussian channel, 0 for collapsed posteriors, and log N if posteriors do not overlap.
func TestMutualInformation(t *testing.T) {
	information := func(n int, spread, logVariances []float64) float64 {
		p, noise := posterior(t, n, spread, logVariances)
		got, err := p.MutualInformation(t.Context(), noise)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if got, want := information(3000, []float64{0.9, 1.5}, []float64{-2, -1}), (math.Log1p(0.81*math.Exp(2))+math.Log1p(2.25*math.Exp(1)))/2; math.Abs(got-want) > 0.06 {
		t.Errorf("information of a channel is %g nats, want %g", got, want)
	}
	if got := information(1000, []float64{0, 0}, []float64{0, 0}); math.Abs(got) > 0.02 {
		t.Errorf("information of collapsed codes is %g nats", got)
	}
	if got := information(700, []float64{50, 50, 50}, []float64{-8, -8, -8}); math.Abs(got-math.Log(700)) > 1e-3 {
		t.Errorf("information of separated codes is %g nats, want log 700 = %g", got, math.Log(700))
	}
}

// TestMutualInformationReference compares with sums of densities in float64.
func TestMutualInformationReference(t *testing.T) {
	const n = 300
	p, noise := posterior(t, n, []float64{1, 0.5, 0.1}, []float64{-3, -1, 0})
	density := func(i, j int) (sum float64) {
		for l, e := range noise.Row(i) {
			m, s := float64(p.Means.Row(j)[l]), float64(p.LogVariances.Row(j)[l])
			z := float64(p.Means.Row(i)[l]) + math.Exp(float64(p.LogVariances.Row(i)[l])/2)*float64(e)
			sum -= ((z-m)*(z-m)/math.Exp(s) + s) / 2
		}
		return sum
	}
	var want float64
	for i := range n {
		var mixture float64
		for j := range n {
			mixture += math.Exp(density(i, j)) / n
		}
		want += (density(i, i) - math.Log(mixture)) / n
	}
	got, err := p.MutualInformation(t.Context(), noise)
	if err != nil || math.Abs(got-want) > 1e-4 {
		t.Errorf("information is %g nats, want %g: %v", got, want, err)
	}
}
