package trainer

import (
	"math"
	"strings"
	"testing"

	"gaetrain/graph/kernel"
)

// TestLikeness compares samples whose distance and spread are known.
func TestLikeness(t *testing.T) {
	const rows, size = 4000, 5
	noise := func(step uint64) []float32 {
		x := make([]float32, rows*size)
		kernel.FillGaussian(x, kernel.Words{Seed: 3, Step: step})
		return x
	}
	compare := func(made []float32) (distance, spread float64) {
		l := newLikeness(size, 1)
		real := noise(1)
		l.add(real[:1000*size], made[:1000*size])
		l.add(real[1000*size:], made[1000*size:])
		return l.distance(), l.spread()
	}
	if distance, spread := compare(noise(1)); distance != 0 || spread != 1 {
		t.Errorf("a sample has the distance %g from itself and the spread %g", distance, spread)
	}
	if distance, spread := compare(noise(2)); distance > 0.2 || math.Abs(spread-1) > 0.03 {
		t.Errorf("two samples of one distribution have the distance %g and the spread %g", distance, spread)
	}
	shifted := noise(1)
	for i := range shifted {
		shifted[i] += 2
	}
	// Σδ² = 20; over directions the squared mean of δ·direction is Σδ²/D.
	if distance, spread := compare(shifted); math.Abs(distance-math.Sqrt(20)) > 1 || math.Abs(spread-1) > 1e-3 {
		t.Errorf("a shift by %g gives the distance %g and the spread %g", math.Sqrt(20), distance, spread)
	}
	half := noise(2)
	kernel.Scale(0.5, half)
	if distance, spread := compare(half); math.Abs(distance-0.5*math.Sqrt(size)) > 0.1 || math.Abs(spread-0.5) > 0.02 {
		t.Errorf("half the deviation gives the distance %g and the spread %g", distance, spread)
	}
	if _, spread := compare(make([]float32, rows*size)); spread != 0 {
		t.Errorf("equal rows have the spread %g", spread)
	}
}

func TestAdversarialWarnings(t *testing.T) {
	record := func(win, spread, distance float64) Record {
		return Record{Split: "test", Figures: Figures{Measures: map[string]float64{WinRate: win, SampleSpread: spread, SampleDistance: distance}}}
	}
	for _, test := range []struct {
		name    string
		records []Record
		want    []string
	}{
		{"too few", []Record{record(1, 0, 5), record(1, 0, 5)}, nil},
		{"winning", []Record{record(0.5, 1, 1), record(1, 1, 5), record(0.995, 1, 6), record(0.995, 1, 5)}, []string{"99.5 %"}},
		{"getting better", []Record{record(1, 1, 5), record(1, 1, 4), record(1, 1, 3)}, nil},
		{"alike", []Record{record(0.5, 0.05, 5), record(0.5, 0.05, 4), record(0.5, 0.02, 3)}, []string{"0.02 times"}},
		{"both", []Record{record(1, 0.05, 5), record(1, 0.05, 5), record(1, 0.05, 5)}, []string{"100 %", "alike"}},
		{"not in a row", []Record{record(1, 0.05, 5), record(0.5, 0.5, 5), record(1, 0.05, 5)}, nil},
	} {
		records := append([]Record{{Split: "train"}}, test.records...)
		got := adversarialAlerts(of(records, "", "test"))
		if len(got) != len(test.want) {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
			continue
		}
		for i, want := range test.want {
			if !strings.Contains(got[i].warning, want) || !strings.Contains(got[i].warning, "hint: ") {
				t.Errorf("%s: %q, want %q and a hint", test.name, got[i], want)
			}
		}
	}
}

func TestCriterion(t *testing.T) {
	f := Figures{Loss: 3}
	if f.Criterion() != 3 {
		t.Errorf("with a loss alone, the criterion is %g", f.Criterion())
	}
	f.Measures = map[string]float64{SampleDistance: 2}
	if f.Criterion() != 2 {
		t.Errorf("with a distance, the criterion is %g", f.Criterion())
	}
}
