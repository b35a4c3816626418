package trainer

import (
	"math"
	"slices"
	"testing"
)

// TestPosteriors measures codes of three dimensions. The first differs between images,
// the second is equally far from the prior for all images, the third equals the prior.
func TestPosteriors(t *testing.T) {
	var totals posteriorMeasure
	const images = 100
	for i := range images {
		mean := float32(0.2)
		if i%2 == 0 {
			mean = -0.2
		}
		totals.add([]float32{mean, 3, 0, -1, 20, 0}, 3)
	}
	var f Figures
	totals.Report(&f)
	want := []float64{(0.04 + math.Exp(-1) - 1 + 1) / 2, (9 + math.Exp(10) - 1 - 10) / 2, 0} // the log-variance of 20 is clipped to 10
	for l, nats := range f.KLUnits {
		if math.Abs(nats-want[l]) > 1e-6*want[l] {
			t.Errorf("value %d has %g nats, want %g", l, nats, want[l])
		}
	}
	if active := f.Measures[ActiveUnits]; active != 1 {
		t.Errorf("%g active values, want 1", active)
	}
}

func TestCollapse(t *testing.T) {
	for _, test := range []struct {
		active    float64
		size      int
		collapsed bool
	}{{0, 3, true}, {1, 3, false}, {1, 20, true}, {2, 20, false}, {3, 20, false}} {
		f := Figures{Measures: map[string]float64{ActiveUnits: test.active}, KLUnits: make([]float64, test.size)}
		if got := f.Collapse() != ""; got != test.collapsed {
			t.Errorf("%g of %d active values: collapsed is %t", test.active, test.size, got)
		}
	}
	if (Figures{}).Collapse() != "" {
		t.Error("a code without a posterior is reported as collapsed")
	}
}

// TestCollapseWarning checks that the warning appears once, after all terms have risen.
func TestCollapseWarning(t *testing.T) {
	const epochs = 9
	records := make([]Record, epochs)
	for i := range records {
		records[i] = Record{Epoch: i + 1, Figures: Figures{Measures: map[string]float64{ActiveUnits: 0}, KLUnits: make([]float64, 20)}}
	}
	warned := func(s Stage) (at []int) {
		var seen symptoms
		for n, r := range records {
			if seen.add(s, []Record{{}, r}); seen.collapse(s) != "" {
				at = append(at, n+1)
			}
		}
		return at
	}
	for _, test := range []struct {
		rising float64
		want   []int
	}{{0, []int{3}}, {2.5, []int{5}}, {6, []int{9}}, {7, []int{9}}, {8, []int{9}}, {9, nil}} {
		if got := warned(Stage{Epochs: epochs, Rising: test.rising}); !slices.Equal(got, test.want) {
			t.Errorf("terms that rise over %g epochs: warnings after %v, want %v", test.rising, got, test.want)
		}
	}
	records[1].Measures[ActiveUnits] = 5
	if got := warned(Stage{Epochs: epochs}); !slices.Equal(got, []int{5}) {
		t.Errorf("warnings after %v", got)
	}
}
