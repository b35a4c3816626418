package evaluate

import (
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
)

// normal returns N×D normal numbers with means and deviations by column.
func normal(rows int, means, deviations []float64, seed uint64) Matrix {
	r := rand.New(rand.NewPCG(seed, 17))
	m := newMatrix(rows, len(means))
	for i := range rows {
		for j := range means {
			m.Row(i)[j] = float32(means[j] + deviations[j]*r.NormFloat64())
		}
	}
	return m
}

func TestFrechet(t *testing.T) {
	x := random(3000, 7, 1)
	distance := func(x, y Matrix) float64 {
		t.Helper()
		got, err := Frechet(t.Context(), x, y)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if got := distance(x, x); got > 1e-6 {
		t.Errorf("distance of a sample from itself is %g", got)
	}
	// A shift adds its square, and a scale s adds (s − 1)² times the variance.
	shifted, scaled := newMatrix(x.Rows, x.Columns), newMatrix(x.Rows, x.Columns)
	mean, covariance, err := Moments(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	var want float64
	for j, m := range mean {
		want += 4*m*m + 4*covariance.At(j, j)
	}
	for i, v := range x.Values {
		shifted.Values[i], scaled.Values[i] = v+0.5, 3*v
	}
	if got := distance(x, shifted); math.Abs(got-7*0.25) > 1e-3 {
		t.Errorf("distance of a shifted sample is %g, want %g", got, 7*0.25)
	}
	if got := distance(x, scaled); math.Abs(got-want) > 1e-4*want {
		t.Errorf("distance of a scaled sample is %g, want %g", got, want)
	}
	// Covariances [[2, 1], [1, 2]] and [[3, 0], [0, 1]] do not commute. The
	// eigenvalues of their product are 4 ± √7.
	a, b := newMatrix(400000, 2), normal(400000, []float64{0, 0}, []float64{math.Sqrt(3), 1}, 2)
	for i, v := range normal(400000, []float64{0, 0}, []float64{math.Sqrt(1.5), math.Sqrt(0.5)}, 3).Values {
		row := a.Row(i / 2)
		if i%2 == 0 {
			row[0], row[1] = row[0]+v, row[1]+v
		} else {
			row[0], row[1] = row[0]+v, row[1]-v
		}
	}
	want = 4 + 4 - 2*(math.Sqrt(4+math.Sqrt(7))+math.Sqrt(4-math.Sqrt(7)))
	if got, back := distance(a, b), distance(b, a); math.Abs(got-want) > 0.02 || math.Abs(got-back) > 1e-6 {
		t.Errorf("distance is %g, the other way %g, want %g", got, back, want)
	}
	flat := normal(50, []float64{1, 2, 3}, []float64{1, 0, 0}, 4) // singular
	if got := distance(flat, flat); got > 1e-6 {
		t.Errorf("distance of a flat sample from itself is %g", got)
	}
}

// TestOverlapReference compares with distances that are computed separately in float64.
func TestOverlapReference(t *testing.T) {
	const k = 4
	real, made := normal(300, []float64{5, -5, 0}, []float64{1, 2, 0.5}, 1), normal(500, []float64{5.5, -5, 0}, []float64{0.5, 2, 0.5}, 2)
	radii := func(x Matrix) (radii []float64) {
		for i := range x.Rows {
			var distances []float64
			for j := range x.Rows {
				distances = append(distances, squaredDistance(x.Row(i), x.Row(j)))
			}
			slices.Sort(distances)
			radii = append(radii, distances[k])
		}
		return radii
	}
	realRadii, madeRadii := radii(real), radii(made)
	var want Overlap
	for j := range made.Rows {
		inside := 0
		for i := range real.Rows {
			if squaredDistance(real.Row(i), made.Row(j)) <= realRadii[i] {
				inside++
			}
		}
		want.Precision += indicator(inside > 0) / float64(made.Rows)
		want.Density += float64(inside) / k / float64(made.Rows)
	}
	for i := range real.Rows {
		recalled, covered := false, false
		for j := range made.Rows {
			square := squaredDistance(real.Row(i), made.Row(j))
			recalled, covered = recalled || square <= madeRadii[j], covered || square <= realRadii[i]
		}
		want.Recall += indicator(recalled) / float64(real.Rows)
		want.Coverage += indicator(covered) / float64(real.Rows)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for _, threads := range []int{1, 2} {
		runtime.GOMAXPROCS(threads)
		got, err := Compare(t.Context(), real, made, k)
		if err != nil {
			t.Fatal(err)
		}
		for _, pair := range [][2]float64{{got.Precision, want.Precision}, {got.Recall, want.Recall}, {got.Density, want.Density}, {got.Coverage, want.Coverage}} {
			if math.Abs(pair[0]-pair[1]) > 1e-9 {
				t.Errorf("%d threads: %+v, want %+v", threads, got, want)
				break
			}
		}
	}
}

// TestOverlapOfFaults checks samples with known faults.
func TestOverlapOfFaults(t *testing.T) {
	zeros, ones := make([]float64, 8), slices.Repeat([]float64{1}, 8)
	real := normal(2000, zeros, ones, 1)
	compare := func(made Matrix) Overlap {
		t.Helper()
		o, err := Compare(t.Context(), real, made, 5)
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	if o := compare(normal(2000, zeros, ones, 2)); o.Precision < 0.85 || o.Recall < 0.85 || math.Abs(o.Density-1) > 0.1 || o.Coverage < 0.9 {
		t.Errorf("another sample of the same distribution: %+v", o)
	}
	far := compare(normal(2000, slices.Repeat([]float64{20}, 8), ones, 2))
	if far.Precision+far.Recall+far.Density+far.Coverage != 0 {
		t.Errorf("a sample of another distribution: %+v", far)
	}
	collapsed := compare(normal(2000, zeros, slices.Repeat([]float64{0.05}, 8), 2))
	if collapsed.Precision < 0.99 || collapsed.Recall > 0.05 || collapsed.Coverage > 0.2 {
		t.Errorf("a collapsed sample: %+v", collapsed)
	}
	for _, k := range []int{0, 2000} {
		if _, err := Compare(t.Context(), real, real, k); err == nil {
			t.Errorf("%d neighbours are accepted", k)
		}
	}
	if _, err := Compare(t.Context(), real, normal(5, zeros[:3], ones, 1), 1); err == nil {
		t.Error("samples of other widths are accepted")
	}
}

func TestShares(t *testing.T) {
	s, err := Sort(NewMatrix([]float32{0, 0, 9, 2, 0, 0, 0, 0, 5, 1000, 0, 0}, 3))
	if err != nil {
		t.Fatal(err)
	}
	confidence := (1/(1+2*math.Exp(-9)) + 1/(1+2*math.Exp(-2)) + 1/(1+2*math.Exp(-5)) + 1) / 4
	if !slices.Equal(s.Shares, []float64{0.5, 0, 0.5}) || math.Abs(s.Confidence-confidence) > 1e-6 {
		t.Errorf("%+v, want half of the first and last class with %g", s, confidence)
	}
	if got, want := Divergence(s.Shares, []float64{0.25, 0.25, 0.5}), 0.5*math.Log(2); math.Abs(got-want) > 1e-12 {
		t.Errorf("divergence %g, want %g", got, want)
	}
	if got := Divergence([]float64{0.5, 0.5}, []float64{1, 0}); !math.IsInf(got, 1) {
		t.Errorf("divergence from a distribution without one of the classes is %g", got)
	}
}
