package evaluate

import (
	"context"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"gaetrain/loaders"
)

// nested returns three clusters in two dimensions, and the cluster of each observation.
// Two clusters are narrow and lie at the border of a wide one.
func nested(rows int) (Matrix, []loaders.Label) {
	r := rand.New(rand.NewPCG(9, 9))
	x, labels := newMatrix(rows, 2), make([]loaders.Label, rows)
	for i := range rows {
		labels[i] = loaders.Label(i % 3)
		at, width := [...]float64{0, 12, -12}[i%3], [...]float64{5, 0.3, 0.3}[i%3]
		x.Row(i)[0], x.Row(i)[1] = float32(at+width*r.NormFloat64()), float32(width*r.NormFloat64())
	}
	return x, labels
}

// TestKMeans compares with the best of all partitions of ten observations.
func TestKMeans(t *testing.T) {
	x := random(10, 3, 4)
	const k = 3
	found, err := NewKMeans(t.Context(), x, KMeansOptions{Clusters: k})
	if err != nil {
		t.Fatal(err)
	}
	least := math.Inf(1)
	clusters := make([]int, x.Rows)
	for way := range int(math.Pow(k, float64(x.Rows))) {
		for i := range clusters {
			clusters[i] = way % k
			way /= k
		}
		s := newKMeansSearch(x, k)
		s.clusters = clusters
		s.update()
		least = min(least, inertia(x, s.centres, clusters))
	}
	if math.Abs(found.Inertia/least-1) > 1e-5 {
		t.Errorf("inertia is %g, the least %g", found.Inertia, least)
	}
	if got := inertia(x, found.Centres, found.Clusters); got != found.Inertia {
		t.Errorf("the inertia of the clusters is %g, but %g is reported", got, found.Inertia)
	}
}

// TestKMeansEmpty has more clusters than there are different observations.
func TestKMeansEmpty(t *testing.T) {
	x := NewMatrix([]float32{1, 1, 1, 5, 5, 1}, 1)
	found, err := NewKMeans(t.Context(), x, KMeansOptions{Clusters: 4})
	if err != nil {
		t.Fatal(err)
	}
	if found.Inertia != 0 || found.Clusters[0] == found.Clusters[3] {
		t.Errorf("inertia %g, clusters %v", found.Inertia, found.Clusters)
	}
}

func TestKMeansBatch(t *testing.T) {
	x := random(3000, 8, 6)
	all, err := NewKMeans(t.Context(), x, KMeansOptions{Clusters: 5})
	if err != nil {
		t.Fatal(err)
	}
	batches, err := NewKMeans(t.Context(), x, KMeansOptions{Clusters: 5, Batch: 100})
	if err != nil {
		t.Fatal(err)
	}
	if batches.Inertia > 1.05*all.Inertia || batches.Inertia < all.Inertia*(1-1e-4) {
		t.Errorf("inertia in batches is %g, over all %g", batches.Inertia, all.Inertia)
	}
}

// TestClusterSameBits checks that results depend on the seed, and not on the number of
// threads.
func TestClusterSameBits(t *testing.T) {
	x := random(2000, 70, 6)
	var inertias, likelihoods []float64
	for _, threads := range []int{1, 2, 5} {
		before := runtime.GOMAXPROCS(threads)
		k, err1 := NewKMeans(t.Context(), x, KMeansOptions{Clusters: 7, Restarts: 2, Seed: 3})
		m, err2 := NewMixture(t.Context(), x, MixtureOptions{Clusters: 3, Restarts: 2, Full: true, Seed: 3, Iterations: 5})
		runtime.GOMAXPROCS(before)
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		inertias, likelihoods = append(inertias, k.Inertia), append(likelihoods, m.LogLikelihood)
	}
	if len(slices.Compact(inertias)) > 1 || len(slices.Compact(likelihoods)) > 1 {
		t.Errorf("inertias %v, likelihoods %v, want equal ones", inertias, likelihoods)
	}
}

// TestMixtureOfOne compares with the likelihood of one Gaussian, which is known.
func TestMixtureOfOne(t *testing.T) {
	x := random(1500, 6, 7)
	var covariance mat.SymDense
	stat.CovarianceMatrix(&covariance, x.dense(), nil)
	covariance.ScaleSym(float64(x.Rows-1)/float64(x.Rows), &covariance)
	diagonal := 0.0
	for j := range x.Columns {
		diagonal += math.Log(covariance.At(j, j))
	}
	for full, logDeterminant := range map[bool]float64{false: diagonal, true: logDet(&covariance)} {
		m, err := NewMixture(t.Context(), x, MixtureOptions{Clusters: 1, Full: full})
		if err != nil {
			t.Fatal(err)
		}
		want := -(6*math.Log(2*math.Pi) + logDeterminant + 6) / 2
		if math.Abs(m.LogLikelihood-want) > 1e-4 {
			t.Errorf("full %t: log-likelihood is %g, want %g", full, m.LogLikelihood, want)
		}
		parameters := map[bool]float64{false: 12, true: 6 + 21}[full]
		if want := -2*1500*m.LogLikelihood + parameters*math.Log(1500); math.Abs(m.BIC-want) > 1e-6*want {
			t.Errorf("full %t: BIC is %g, want %g", full, m.BIC, want)
		}
	}
}

func logDet(m mat.Symmetric) float64 {
	var c mat.Cholesky
	c.Factorize(m)
	return c.LogDet()
}

// TestMixtureRises checks that no step lowers the likelihood of the observations by more
// than the precision of float32.
func TestMixtureRises(t *testing.T) {
	x := random(900, 5, 8)
	for _, full := range []bool{false, true} {
		before := math.Inf(-1)
		for iterations := 1; iterations < 12; iterations++ {
			m, err := NewMixture(t.Context(), x, MixtureOptions{Clusters: 4, Full: full, Iterations: iterations, Restarts: 1})
			if err != nil {
				t.Fatal(err)
			}
			if m.LogLikelihood < before-1e-5 {
				t.Errorf("full %t: log-likelihood falls from %g to %g at iteration %d", full, before, m.LogLikelihood, iterations)
			}
			before = m.LogLikelihood
		}
	}
}

// TestMixture checks that a mixture finds clusters of unequal width and their number.
// K-means does not find these clusters.
func TestMixture(t *testing.T) {
	x, labels := nested(1500)
	bic := map[int]float64{}
	for k := 1; k <= 5; k++ {
		m, err := NewMixture(t.Context(), x, MixtureOptions{Clusters: k, Full: true})
		if err != nil {
			t.Fatal(err)
		}
		bic[k] = m.BIC
		if k != 3 {
			continue
		}
		if a, err := Agree(m.Clusters, k, labels); err != nil || a.Accuracy < 0.99 {
			t.Errorf("mixture: %+v, error %v", a, err)
		}
		for _, w := range m.Weights {
			if math.Abs(w-1.0/3) > 0.01 {
				t.Errorf("weights %v", m.Weights)
			}
		}
	}
	for k, v := range bic {
		if k != 3 && v <= bic[3] {
			t.Errorf("BIC is %g for %d clusters, %g for 3", v, k, bic[3])
		}
	}
	means, err := NewKMeans(t.Context(), x, KMeansOptions{Clusters: 3})
	if err != nil {
		t.Fatal(err)
	}
	if a, _ := Agree(means.Clusters, 3, labels); a.Accuracy > 0.97 {
		t.Errorf("k-means also finds clusters of unequal width: %+v", a)
	}
}

// TestChoose checks that both criteria select three clusters.
func TestChoose(t *testing.T) {
	x, labels := nested(600)
	for i, label := range labels {
		x.Row(i)[1] += 25 * float32(label) // far apart
	}
	for method, by := range map[Method]Criterion{ByKMeans: BySilhouette, ByDiagonal: ByBIC, ByFull: ByBIC} {
		all, best, err := Choose(t.Context(), x, 6, by, ClusterOptions{Method: method, SilhouetteImages: 300})
		if err != nil {
			t.Fatal(err)
		}
		if len(all) != 5 || all[best].Clusters != 3 {
			t.Errorf("%s: selected %d of %+v", method, best, all)
		}
		if a, err := Agree(all[best].Of, 3, labels); err != nil || a.Accuracy < 0.99 {
			t.Errorf("%s: %+v, error %v", method, a, err)
		}
	}
	for _, err := range []error{
		third(Choose(t.Context(), x, 1, BySilhouette, ClusterOptions{Method: ByKMeans})),
		third(Choose(t.Context(), x, 3, ByBIC, ClusterOptions{Method: ByKMeans})),
		third(Choose(t.Context(), x, 3, "elbow", ClusterOptions{Method: ByKMeans})),
		third(Choose(t.Context(), x, 3, ByBIC, ClusterOptions{Method: "spectral"})),
	} {
		if !isInput(err) {
			t.Errorf("error %v, want one that wraps ErrInput", err)
		}
	}
}

func third[A, B any](_ A, _ B, err error) error { return err }

// TestSilhouette compares with the definition, in float64.
func TestSilhouette(t *testing.T) {
	x := random(blockRows+40, 4, 3)
	const k = 5
	clusters := make([]int, x.Rows)
	for i := range clusters {
		clusters[i] = i % (k - 1) // the last cluster is empty, and cluster 3 has one observation:
		if clusters[i] == 3 && i > 3 {
			clusters[i] = 0
		}
	}
	got, err := Silhouette(t.Context(), x, clusters, k)
	if err != nil {
		t.Fatal(err)
	}
	want := 0.0
	for i, own := range clusters {
		means, counts := make([]float64, k), make([]float64, k)
		for j, c := range clusters {
			if i != j {
				means[c] += math.Sqrt(squaredDistance(x.Row(i), x.Row(j)))
				counts[c]++
			}
		}
		if counts[own] == 0 {
			continue
		}
		a, b := means[own]/counts[own], math.Inf(1)
		for c := range means {
			if c != own && counts[c] > 0 {
				b = min(b, means[c]/counts[c])
			}
		}
		want += (b - a) / max(a, b) / float64(x.Rows)
	}
	if math.Abs(got-want) > 1e-5 {
		t.Errorf("silhouette is %g, want %g", got, want)
	}
}

func TestClusterRefuses(t *testing.T) {
	x, ctx := random(5, 2, 1), t.Context()
	for name, err := range map[string]error{
		"no clusters":    second(NewKMeans(ctx, x, KMeansOptions{})),
		"many clusters":  second(NewKMeans(ctx, x, KMeansOptions{Clusters: 6})),
		"batch":          second(NewKMeans(ctx, x, KMeansOptions{Clusters: 2, Batch: -1})),
		"no rows":        second(NewKMeans(ctx, Matrix{Columns: 1}, KMeansOptions{Clusters: 1})),
		"mixture":        second(NewMixture(ctx, x, MixtureOptions{Clusters: 2, Iterations: -1})),
		"one cluster":    second(Silhouette(ctx, x, make([]int, 5), 2)),
		"few clusters":   second(Silhouette(ctx, x, []int{0, 1}, 2)),
		"cluster beyond": second(Silhouette(ctx, x, []int{0, 1, 2, 0, 0}, 2)),
	} {
		if !isInput(err) {
			t.Errorf("%s: error %v, want one that wraps ErrInput", name, err)
		}
	}
	stopped, stop := context.WithCancel(ctx)
	stop()
	for name, err := range map[string]error{
		"k-means":    second(NewKMeans(stopped, x, KMeansOptions{Clusters: 2})),
		"mixture":    second(NewMixture(stopped, x, MixtureOptions{Clusters: 2})),
		"silhouette": second(Silhouette(stopped, x, []int{0, 1, 0, 1, 0}, 2)),
		"regression": second(NewLogisticRegression(stopped, x, []loaders.Label{0, 1, 0, 1, 0}, 1)),
	} {
		if err != context.Canceled {
			t.Errorf("%s: error %v, want the error of the context", name, err)
		}
	}
}
