package kernel

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestTotalCorrelationThreads checks that threads do not change a bit, and that the
// generic path nearly gives the same.
func TestTotalCorrelationThreads(t *testing.T) {
	const rows, samples, size = 37, 2, 5
	rng := rand.New(rand.NewPCG(3, 9))
	statistics, z := make([]float32, 2*rows*size), make([]float32, rows*samples*size)
	for i := range statistics {
		statistics[i] = float32(rng.NormFloat64())
	}
	for i := range z {
		z[i] = float32(rng.NormFloat64())
	}
	statistics[size], statistics[3*size] = 12, -12 // log-variances beyond the limit
	results := func() [][]float32 {
		joint, marginals := make([]float32, rows*samples), make([]float32, rows*samples)
		dz, ds := make([]float32, len(z)), make([]float32, len(statistics))
		q := AggregatePosterior{Stratified: true, Images: 500}
		q.TotalCorrelation(rows, samples, size, 1, statistics, z, joint, marginals, dz, ds, new(TotalCorrelationWork))
		return [][]float32{joint, marginals, dz, ds}
	}
	before := Path()
	defer Use(before)
	var generic [][]float32
	for _, path := range slices.Backward(Paths()) {
		if err := Use(path); err != nil {
			t.Fatal(err)
		}
		setThreads(t, 1)
		first := results()
		if generic == nil {
			generic = first
		}
		setThreads(t, 3)
		for i, got := range results() {
			if !slices.Equal(got, first[i]) {
				t.Errorf("%s: result %d differs with 3 threads", path, i)
			}
			for j, want := range generic[i] {
				if math.Abs(float64(got[j]-want)) > 1e-4*max(1, math.Abs(float64(want))) {
					t.Fatalf("%s: result %d[%d] is %g, the generic path has %g", path, i, j, got[j], want)
				}
			}
		}
	}
}

// TestTotalCorrelationOfGaussians compares the estimate with the closed form. Codes of
// two dimensions have means from N(0, V) with the correlation ρ and the posterior
// variance σ². All codes together then follow N(0, V + σ²·I), whose total correlation
// is −½ log(1 − r²), r = ρ/(1 + σ²). Each estimator is nearly right. The estimate of
// independent codes is nearly 0.
func TestTotalCorrelationOfGaussians(t *testing.T) {
	const rows, size, variance = 1000, 2, 0.3
	for _, rho := range []float64{0, 0.9} {
		rng := rand.New(rand.NewPCG(1, 2))
		statistics, z := make([]float32, 2*rows*size), make([]float32, rows*size)
		for i := range rows {
			a, b := rng.NormFloat64(), rng.NormFloat64()
			for l, mean := range []float64{a, rho*a + math.Sqrt(1-rho*rho)*b} {
				statistics[2*i*size+l], statistics[(2*i+1)*size+l] = float32(mean), float32(math.Log(variance))
				z[i*size+l] = float32(mean + math.Sqrt(variance)*rng.NormFloat64())
			}
		}
		r := rho / (1 + variance)
		want := -math.Log(1-r*r) / 2
		for _, q := range []AggregatePosterior{{}, {Stratified: true, Images: rows}} {
			joint, marginals := make([]float32, rows), make([]float32, rows)
			q.TotalCorrelation(rows, 1, size, 1, statistics, z, joint, marginals, nil, nil, new(TotalCorrelationWork))
			got := (Sum(joint) - Sum(marginals)) / rows
			t.Logf("ρ = %g, stratified %t: %.4f nats, in closed form %.4f", rho, q.Stratified, got, want)
			if math.Abs(got-want) > 0.05 {
				t.Errorf("ρ = %g: total correlation %.4f, want %.4f", rho, got, want)
			}
		}
	}
}

// TestCorrelationValues compares the number of values with those of the work space.
func TestCorrelationValues(t *testing.T) {
	const rows, samples, size = 37, 2, 5
	setThreads(t, 1)
	joint, marginals, dz, ds := make([]float32, rows*samples), make([]float32, rows*samples), make([]float32, rows*samples*size), make([]float32, 2*rows*size)
	w := new(TotalCorrelationWork)
	AggregatePosterior{}.TotalCorrelation(rows, samples, size, 1, normals(2*rows*size), normals(rows*samples*size), joint, marginals, dz, ds, w)
	held := len(w.mean) + len(w.inverse) + len(w.offset) + len(w.blocks)
	for _, s := range w.scratch.tasks {
		held += len(s.each) + len(s.joint)
	}
	if got := CorrelationValues(rows, samples, size); got != int64(held) {
		t.Errorf("the work space has %d values, not %d", held, got)
	}
}

func BenchmarkTotalCorrelation(b *testing.B) {
	const rows, size = 128, 10
	statistics, z := normals(2*rows*size), normals(rows*size)
	joint, marginals, dz, ds := make([]float32, rows), make([]float32, rows), make([]float32, rows*size), make([]float32, 2*rows*size)
	w := new(TotalCorrelationWork)
	for b.Loop() {
		AggregatePosterior{}.TotalCorrelation(rows, 1, size, 1, statistics, z, joint, marginals, dz, ds, w)
	}
}
