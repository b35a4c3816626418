package evaluate

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat"
)

// TestBootstrapMean compares the standard error of a mean with σ/√n, and the interval with
// ±1.96 of it.
func TestBootstrapMean(t *testing.T) {
	t.Parallel()
	var values []float64
	for _, v := range normal(400, []float64{3}, []float64{2}, 1).Values {
		values = append(values, float64(v))
	}
	mean, u, err := Bootstrap{Samples: 2000, Seed: 1}.Mean(t.Context(), values)
	if err != nil {
		t.Fatal(err)
	}
	want := stat.StdDev(values, nil) / 20
	if math.Abs(u.StandardError-want) > 0.05*want {
		t.Errorf("standard error %g, want %g", u.StandardError, want)
	}
	if low, high := mean-1.96*want, mean+1.96*want; math.Abs(u.Interval.Low-low) > 0.2*want || math.Abs(u.Interval.High-high) > 0.2*want {
		t.Errorf("interval %v, want %g to %g", u.Interval, low, high)
	}
	if _, again, _ := (Bootstrap{Samples: 2000, Seed: 1}).Mean(t.Context(), values); again != u {
		t.Errorf("%v, then %v with the same seed", u, again)
	}
	if twice := u.Times(2, mean); math.Abs(twice.StandardError-2*u.StandardError) > 1e-12 || math.Abs(twice.Interval.Low-mean-2*(u.Interval.Low-mean)) > 1e-9 {
		t.Errorf("twice %v is %v", u, twice)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, _, err := (Bootstrap{Samples: 2, Seed: 1}).Mean(ctx, values); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v after the context ended", err)
	}
}

// TestUncertainFrechet holds the interval to the estimate, which resampling alone would
// leave below it, and the standard error to that of other samples.
func TestUncertainFrechet(t *testing.T) {
	t.Parallel()
	mean, deviation := make([]float64, 4), []float64{1, 1, 1, 1}
	other := []float64{0.5, 0, 0, 0}
	var distances []float64
	for seed := uint64(2); seed < 42; seed++ {
		d, err := Frechet(t.Context(), normal(300, mean, deviation, seed), normal(300, other, deviation, seed+1000))
		if err != nil {
			t.Fatal(err)
		}
		distances = append(distances, d)
	}
	distance, u, err := UncertainFrechet(t.Context(), Bootstrap{Samples: 200, Seed: 1}, normal(300, mean, deviation, 2), normal(300, other, deviation, 1002))
	if err != nil || distance != distances[0] {
		t.Fatalf("distance %g, want %g, error %v", distance, distances[0], err)
	}
	if u.Interval.Low > distance || u.Interval.High < distance {
		t.Errorf("the interval %v does not contain the estimate %g", u.Interval, distance)
	}
	if want := stat.StdDev(distances, nil); u.StandardError < 0.6*want || u.StandardError > 1.6*want {
		t.Errorf("standard error %g, other samples vary by %g", u.StandardError, want)
	}
}

// TestKernelDistance compares with the definition in float64, and its standard error with
// the variation of other samples.
func TestKernelDistance(t *testing.T) {
	t.Parallel()
	mean, deviation := make([]float64, 3), []float64{1, 1, 1}
	x, y := normal(70, mean, deviation, 1), normal(70, []float64{0.3, 0, 0}, deviation, 2)
	got, err := KernelDistance(t.Context(), x, y)
	if err != nil {
		t.Fatal(err)
	}
	cubic := func(a, b []float32) float64 {
		var dot float64
		for j := range a {
			dot += float64(a[j]) * float64(b[j]) / 3
		}
		return math.Pow(dot+1, 3)
	}
	for i := range x.Rows {
		var want float64
		for j := range x.Rows {
			if j != i {
				want += (cubic(x.Row(i), x.Row(j)) + cubic(y.Row(i), y.Row(j)) - cubic(x.Row(i), y.Row(j)) - cubic(y.Row(i), x.Row(j))) / 69
			}
		}
		if math.Abs(got[i]-want) > 1e-5*max(1, math.Abs(want)) {
			t.Fatalf("pair %d: %g, want %g", i, got[i], want)
		}
	}
	var estimates, errors []float64
	for seed := uint64(1); seed <= 40; seed++ {
		values, err := KernelDistance(t.Context(), normal(100, mean, deviation, seed), normal(100, []float64{0.5, 0, 0}, deviation, seed+100))
		if err != nil {
			t.Fatal(err)
		}
		estimates, errors = append(estimates, stat.Mean(values, nil)), append(errors, 2*stat.StdDev(values, nil)/10)
	}
	if spread, predicted := stat.StdDev(estimates, nil), stat.Mean(errors, nil); predicted < 0.7*spread || predicted > 1.5*spread {
		t.Errorf("the standard error is %g on average, the estimates vary by %g", predicted, spread)
	}
	if _, err := KernelDistance(t.Context(), x, y.Slice(0, 60)); !isInput(err) {
		t.Errorf("samples of other sizes: error %v", err)
	}
}

func TestTwoSample(t *testing.T) {
	t.Parallel()
	mean, deviation := make([]float64, 3), []float64{1, 1, 1}
	x := normal(400, mean, deviation, 1)
	accuracy := func(y Matrix) float64 {
		t.Helper()
		right, err := TwoSample(t.Context(), x, y)
		if err != nil {
			t.Fatal(err)
		}
		if len(right) != (x.Rows+y.Rows)/2 || slices.ContainsFunc(right, func(v float64) bool { return v != 0 && v != 1 }) {
			t.Errorf("%d values for %d rows", len(right), x.Rows+y.Rows)
		}
		return stat.Mean(right, nil)
	}
	if a := accuracy(normal(400, mean, deviation, 2)); math.Abs(a-0.5) > 0.06 {
		t.Errorf("accuracy %g for equal distributions", a)
	}
	// The best classifier of two normal distributions at a distance of 2 has Φ(1) = 0.841.
	if a := accuracy(normal(400, []float64{2, 0, 0}, deviation, 2)); math.Abs(a-0.841) > 0.04 {
		t.Errorf("accuracy %g, want 0.841", a)
	}
}

// TestTwoSampleOfClasses tests samples of two classes in turn, which differ in other values
// than those of the other sample.
func TestTwoSampleOfClasses(t *testing.T) {
	t.Parallel()
	classes := func(of float32, seed uint64) Matrix {
		m := normal(200, []float64{0, 0}, []float64{1, 1}, seed)
		for i := range m.Rows {
			m.Row(i)[i%2] += of
		}
		return m
	}
	right, err := TwoSample(t.Context(), classes(3, 1), classes(-3, 2))
	if err != nil {
		t.Fatal(err)
	}
	if accuracy := stat.Mean(right, nil); accuracy < 0.95 {
		t.Errorf("accuracy %g for samples that differ", accuracy)
	}
}

func TestHalves(t *testing.T) {
	t.Parallel()
	first, second := Halves(401)
	if len(first) != 201 || len(second) != 200 {
		t.Fatalf("halves of %d and %d", len(first), len(second))
	}
	seen, even := make(map[int]bool), 0
	for _, i := range slices.Concat(first, second) {
		seen[i] = true
	}
	for _, i := range first {
		if i%2 == 0 {
			even++
		}
	}
	if len(seen) != 401 || even < 80 || even > 120 || !slices.IsSorted(first) {
		t.Errorf("%d numbers, %d even ones in the first half", len(seen), even)
	}
}

// TestCKA compares with the definition by Gram matrices, tr(K·L)/√(tr(K·K)·tr(L·L)), and
// checks that rotation, scale and shift do not matter.
func TestCKA(t *testing.T) {
	t.Parallel()
	x, y := normal(50, make([]float64, 3), []float64{1, 2, 3}, 1), normal(50, make([]float64, 5), []float64{1, 1, 1, 1, 1}, 2)
	for i := range y.Rows {
		y.Row(i)[0] += 2 * x.Row(i)[2]
	}
	gram := func(m Matrix) (g [][]float64) {
		mean := m.mean()
		for i := range m.Rows {
			g = append(g, make([]float64, m.Rows))
			for j := range m.Rows {
				for k := range m.Columns {
					g[i][j] += (float64(m.Row(i)[k]) - mean[k]) * (float64(m.Row(j)[k]) - mean[k])
				}
			}
		}
		return g
	}
	trace := func(a, b [][]float64) (sum float64) {
		for i := range a {
			for j := range a {
				sum += a[i][j] * b[j][i]
			}
		}
		return sum
	}
	k, l := gram(x), gram(y)
	want := trace(k, l) / math.Sqrt(trace(k, k)*trace(l, l))
	pair := func(x, y Matrix) float64 {
		t.Helper()
		all, err := CKA(x, y)
		if err != nil {
			t.Fatal(err)
		}
		if all[0][1] != all[1][0] || math.Abs(all[0][0]-1) > 1e-12 {
			t.Errorf("%v is not symmetric, or not 1 on its diagonal", all)
		}
		return all[0][1]
	}
	if got := pair(x, y); math.Abs(got-want) > 1e-5 {
		t.Errorf("%g, want %g", got, want)
	}
	turned := newMatrix(x.Rows, 3)
	for i := range x.Rows {
		a, b, c := x.Row(i)[0], x.Row(i)[1], x.Row(i)[2]
		copy(turned.Row(i), []float32{4*(0.6*a-0.8*b) + 1, 4*(0.8*a+0.6*b) - 2, 4 * c})
	}
	if got := pair(x, turned); math.Abs(got-1) > 1e-5 {
		t.Errorf("%g of a rotation", got)
	}
	if _, err := CKA(x, y.Slice(0, 40)); !isInput(err) {
		t.Errorf("other numbers of items: error %v", err)
	}
}
