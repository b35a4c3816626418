package evaluate

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/stat"
)

// sequence returns n numbers from 0 to 1 of a linear congruential generator, which a
// reference in another language repeats.
func sequence(n int, state uint64) []float64 {
	values := make([]float64, n)
	for i := range values {
		state = state*6364136223846793005 + 1442695040888963407
		values[i] = float64(state>>40) / (1 << 24)
	}
	return values
}

// scored returns 60 scores, many of them equal, of normal items and anomalies.
func scored() (scores []float64, anomaly []bool) {
	odd := sequence(60, 2)
	for i, v := range sequence(60, 1) {
		score := math.RoundToEven(20*v) / 4
		if odd[i] < 0.3 {
			score += 1.25
		}
		scores, anomaly = append(scores, score), append(anomaly, odd[i] < 0.3)
	}
	return scores, anomaly
}

// TestDetection compares with scikit-learn 1.9.
func TestDetection(t *testing.T) {
	t.Parallel()
	scores, anomaly := scored()
	d, err := NewDetector(scores, anomaly)
	if err != nil {
		t.Fatal(err)
	}
	m := d.Measure()
	for _, v := range []struct {
		name      string
		got, want float64
	}{
		{"AUROC", m.AUROC, 0.8803827751196173}, {"average precision", m.AveragePrecision, 0.8247788769981284},
		{"FPR at 95 % recall", m.FPR95, 0.42105263157894735}, {"F1", d.At(3).F1, 0.76}, {"F1 of no flag", d.At(99).F1, 0},
	} {
		if math.Abs(v.got-v.want) > 1e-12 {
			t.Errorf("%s %.12f, want %.12f", v.name, v.got, v.want)
		}
	}
	curve := d.Curve()
	if last := curve[len(curve)-1]; last.Recall != 1 || last.FalsePositiveRate != 1 {
		t.Errorf("the lowest threshold gives %+v", last)
	}
}

// TestIntervals checks that intervals contain the figure of all items, do not depend on
// anything but the seed, and shrink with the number of items as 1/√N.
func TestIntervals(t *testing.T) {
	t.Parallel()
	width := func(copies int) float64 {
		scores, anomaly := scored()
		var many []float64
		var odd []bool
		for range copies {
			many, odd = append(many, scores...), append(odd, anomaly...)
		}
		d, err := NewDetector(many, odd)
		if err != nil {
			t.Fatal(err)
		}
		b := Bootstrap{Samples: 400, Seed: 1}
		i, err := d.Intervals(t.Context(), b, 3)
		if err != nil {
			t.Fatal(err)
		}
		m, at := d.Measure(), d.At(3)
		if again, _ := d.Intervals(t.Context(), b, 3); again != i {
			t.Error("the same seed gives other intervals")
		}
		for _, c := range []struct {
			figure float64
			in     Interval
		}{{m.AUROC, i.AUROC}, {m.AveragePrecision, i.AveragePrecision}, {m.FPR95, i.FPR95}, {at.F1, i.F1}, {at.FalseAlarms, i.FalseAlarms}, {at.Recall, i.Recall}} {
			if !(c.in.Low <= c.figure && c.figure <= c.in.High && c.in.Low < c.in.High) {
				t.Errorf("%g is not in %+v", c.figure, c.in)
			}
		}
		return i.AUROC.High - i.AUROC.Low
	}
	if few, many := width(1), width(16); many > 0.35*few || many < 0.18*few {
		t.Errorf("an interval is %.3f wide for 60 items and %.3f for 960, want about a quarter", few, many)
	}
}

// TestIntervalsAsDeLong compares the interval of the AUROC with ±1.96 standard errors of
// DeLong, DeLong & Clarke-Pearson (1988).
func TestIntervalsAsDeLong(t *testing.T) {
	t.Parallel()
	scores, anomaly := scored()
	d, err := NewDetector(scores, anomaly)
	if err != nil {
		t.Fatal(err)
	}
	// The share of items of the other group that each item is ordered rightly with.
	var placements [2][]float64
	for i, x := range scores {
		var right, count float64
		for j, y := range scores {
			if anomaly[j] == anomaly[i] {
				continue
			}
			count++
			switch {
			case x == y:
				right += 0.5
			case anomaly[i] == (x > y):
				right++
			}
		}
		group := 0
		if anomaly[i] {
			group = 1
		}
		placements[group] = append(placements[group], right/count)
	}
	normal, odd := float64(len(placements[0])), float64(len(placements[1]))
	if mean := stat.Mean(placements[0], nil); math.Abs(mean-d.Measure().AUROC) > 1e-12 {
		t.Fatalf("AUROC %g, want %g", d.Measure().AUROC, mean)
	}
	deLong := math.Sqrt(stat.Variance(placements[0], nil)/normal + stat.Variance(placements[1], nil)/odd)
	of, err := d.Intervals(t.Context(), Bootstrap{Samples: 4000, Seed: 1}, 3)
	if err != nil {
		t.Fatal(err)
	}
	if got := (of.AUROC.High - of.AUROC.Low) / (2 * 1.96); math.Abs(got-deLong) > 0.1*deLong {
		t.Errorf("half of the interval is 1.96·%.4f, want 1.96·%.4f", got, deLong)
	}
}

// TestShareOf compares with SciPy 1.17: binomtest(…).proportion_ci(method="wilson"). The first four
// are also in Newcombe (1998), table I.
func TestShareOf(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		count, n  int
		low, high float64
	}{
		{81, 263, 0.2552885199, 0.3662095770}, {15, 148, 0.0623863995, 0.1604872417}, {0, 20, 0, 0.1611251581}, {1, 29, 0.0061132143, 0.1717552188},
		{20, 20, 0.8388748419, 1}, {0, 0, 0, 1},
	} {
		got := ShareOf(c.count, c.n)
		if math.Abs(got.Interval.Low-c.low) > 1e-9 || math.Abs(got.Interval.High-c.high) > 1e-9 {
			t.Errorf("%d of %d: %+v, want %.9f to %.9f", c.count, c.n, got.Interval, c.low, c.high)
		}
	}
	if got := ShareOf(20, 80).StandardError; math.Abs(got-math.Sqrt(0.25*0.75/80)) > 1e-12 {
		t.Errorf("standard error %g", got)
	}
}

func TestDetectorErrors(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		scores  []float64
		anomaly []bool
	}{
		"lengths": {[]float64{1}, []bool{true, false}}, "no anomaly": {[]float64{1, 2}, []bool{false, false}},
		"no normal item": {[]float64{1}, []bool{true}}, "not a number": {[]float64{1, math.NaN()}, []bool{true, false}},
	} {
		if _, err := NewDetector(c.scores, c.anomaly); !isInput(err) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// TestConformal draws normal items many times: the share of false alarms is on average at
// most alpha, near it, and in its interval in 95 % of the draws.
func TestConformal(t *testing.T) {
	t.Parallel()
	const n, alpha, draws = 199, 0.05, 2000
	random := rand.New(rand.NewPCG(1, 1))
	var mean float64
	inside := 0
	for range draws {
		normal := make([]float64, n)
		for i := range normal {
			normal[i] = random.Float64()
		}
		c, err := NewConformal(normal)
		if err != nil {
			t.Fatal(err)
		}
		threshold, err := c.Threshold(alpha)
		if err != nil {
			t.Fatal(err)
		}
		interval, err := c.FalseAlarms(alpha)
		if err != nil {
			t.Fatal(err)
		}
		rate := 1 - threshold // of uniform scores
		mean += rate / draws
		if interval.Low <= rate && rate <= interval.High {
			inside++
		}
		if p := c.PValue(math.Nextafter(threshold, 2)); p > alpha {
			t.Fatalf("a flagged score has the p-value %g", p)
		}
		if p := c.PValue(threshold); p <= alpha {
			t.Fatalf("a score that is not flagged has the p-value %g", p)
		}
	}
	if math.Abs(mean-alpha) > 0.002 {
		t.Errorf("false alarms %.4f, want %g", mean, alpha)
	}
	if share := float64(inside) / draws; math.Abs(share-0.95) > 0.02 {
		t.Errorf("%.3f of the rates are in their intervals", share)
	}
}

func TestConformalLimits(t *testing.T) {
	t.Parallel()
	c, err := NewConformal(make([]float64, 99))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Threshold(0.01); err != nil {
		t.Errorf("99 items and 1 %%: %v", err)
	}
	for _, alpha := range []float64{0.009, 0, 1, -1, math.NaN()} {
		if _, err := c.Threshold(alpha); !isInput(err) {
			t.Errorf("alpha %g: error %v", alpha, err)
		}
	}
	if _, err := NewConformal(nil); !isInput(err) {
		t.Errorf("no items: error %v", err)
	}
}

// TestMahalanobis compares with NumPy.
func TestMahalanobis(t *testing.T) {
	t.Parallel()
	x := newMatrix(40, 3)
	for i, v := range sequence(40*3, 5) {
		x.Values[i] = float32(v * float64(1+i%3))
	}
	for i, v := range sequence(40*3, 5) {
		if i%3 == 0 {
			third := sequence(40*3, 5)[i+2]
			x.Values[i+2] = float32(3*third + v)
		}
	}
	m, err := NewMahalanobis(context.Background(), x, LeastRidge)
	if err != nil {
		t.Fatal(err)
	}
	got, err := m.Distances(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{1.864778275453303, 0.9100585892290749, 1.6694502088433378} {
		if math.Abs(got[i]-want) > 1e-5 {
			t.Errorf("distance %.8f of point %d, want %.8f", got[i], i, want)
		}
	}
	if _, err := NewMahalanobis(context.Background(), newMatrix(5, 2), LeastRidge); !isInput(err) {
		t.Errorf("equal points: error %v", err)
	}
}

// TestSSIM compares with scikit-image 0.26: Gaussian windows of deviation 1.5, without the
// correction of sample covariances.
func TestSSIM(t *testing.T) {
	t.Parallel()
	const channels, height, width = 3, 14, 17
	x, y := make([]float32, channels*height*width), make([]float32, channels*height*width)
	noise := sequence(len(y), 4)
	for i, v := range sequence(len(x), 3) {
		x[i] = float32(v)
		y[i] = float32(min(max(float64(x[i])+0.3*(noise[i]-0.5), 0), 1))
	}
	got, err := SSIM(append(x, x...), append(y, x...), channels, height, width)
	if err != nil || len(got) != 2 || math.Abs(got[0]-0.9527155837479732) > 1e-6 || math.Abs(got[1]-1) > 1e-6 {
		t.Errorf("%.9f, want 0.952715584 and 1, error %v", got, err)
	}
	if _, err := SSIM(x[:100], y[:100], 1, 10, 10); !isInput(err) {
		t.Errorf("small images: error %v", err)
	}
}
