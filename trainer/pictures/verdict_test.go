package pictures

import (
	"strings"
	"testing"

	"gaetrain/graph"
	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/settings"
)

// TestTrend checks what the verdict says about longer training.
func TestTrend(t *testing.T) {
	for _, test := range []struct {
		losses []float64
		want   string
	}{
		{[]float64{9, 8, 7}, ""}, // too few epochs
		{[]float64{9, 6, 4, 3, 2, 1.9, 1.8, 1.7}, "on the training set still fell by 10.5 % in the last 2 epochs, so more epochs would probably"},
		{[]float64{9, 6, 4, 3, 2, 2, 2, 2}, "hardly changed in the last 2 epochs"},
		{[]float64{9, 6, 4, 2, 2.1, 2.2, 2.3, 2.4}, "was lowest after epoch 4 and is 20.0 % higher now"},
		{[]float64{-1, -2, -3, -4}, ""}, // a likelihood of densities, whose ratios mean nothing
	} {
		h := trainer.History{Stage: "train", Info: trainer.RunInfo{Configuration: map[string]settings.Setting{"validation": {Value: []byte("0")}}}}
		for i, loss := range test.losses {
			h.Records = append(h.Records, trainer.Record{Stage: "train", Epoch: i + 1, Split: "train", Figures: trainer.Figures{Loss: loss}})
		}
		got := ""
		if trend, ok := trendOf(h); ok {
			got = trend.text()
		}
		if improving := strings.Contains(got, "more epochs would"); Improving(h) != improving {
			t.Errorf("improving: %t for %q", Improving(h), got)
		}
		if !strings.Contains(got, test.want) || test.want == "" && got != "" {
			t.Errorf("%v: %q, want %q", test.losses, got, test.want)
		}
	}
}

// inspected is an inspection of items with these errors and labels.
func inspected(mse []float64, labels []loaders.Label) *inspection {
	in := &inspection{split: loaders.Split{Shape: loaders.Shape{Channels: 1, Height: 1, Width: 1}, Labels: labels, Rows: make([]int, len(mse))}, total: len(mse)}
	in.mse = mse
	return in
}

// TestFailures checks that a difference inside the noise is not reported.
func TestFailures(t *testing.T) {
	var labels []loaders.Label
	var clear, noise []float64
	for i := range 40 {
		label := loaders.Label(i % 2)
		labels = append(labels, label)
		clear = append(clear, 1+2*float64(label)+0.01*float64(i%7))
		noise = append(noise, 1+float64(i/2%5)+0.1*float64(label))
	}
	classes := []string{"cat", "dog"}
	if got := strings.Join(failures(inspected(clear, labels), classes), " "); !strings.Contains(got, "most on dog (error 3.0") || !strings.Contains(got, "1.5 times the mean) and least on cat (1.0") {
		t.Errorf("a clear difference: %q", got)
	}
	if got := strings.Join(failures(inspected(noise, labels), classes), " "); got != "It reconstructs no class much worse than the others." {
		t.Errorf("noise: %q", got)
	}
	if got := failures(inspected(clear, nil), nil); got != nil {
		t.Errorf("without classes: %q", got)
	}
	if got := failures(nil, classes); got != nil {
		t.Errorf("without data: %q", got)
	}
}

// TestCompared checks the comparison with PCA.
func TestCompared(t *testing.T) {
	s := Subject{Model: &trainer.Trained{Source: trainer.Source{Shape: graph.Shape{Channels: 1, Height: 2, Width: 2}}}}
	for _, test := range []struct {
		linear float64
		want   string
	}{
		{0.02, "of 0.01 per pixel, 50 % lower than PCA with 3 components (0.02)."},
		{0.008, ", 25 % higher than PCA with 3 components (0.008)."},
		{0.01, ", within 0.5 % of PCA with 3 components (0.01)."},
		{0.001, ", 10.0 times that of PCA with 3 components (0.001)."},
		{1e-9, ", more than 1,000 times that of PCA with 3 components (1e-09)."},
		{0, "of 0.01 per pixel."},
	} {
		got := s.compared(trainer.Record{Figures: trainer.Figures{MSE: 0.01}}, nil, 3, test.linear)
		if !strings.HasSuffix(got, test.want) {
			t.Errorf("%g: %q, want %q", test.linear, got, test.want)
		}
	}
}

// TestExplained compares reconstructions with the mean.
func TestExplained(t *testing.T) {
	in := inspected([]float64{0, 0}, nil)
	all := newDispersion(1)
	all.add([]float32{1, 3})
	in.variance = all.sum()
	if got := in.explained(); got != 1 {
		t.Errorf("exact reconstructions explain %g", got)
	}
	in.mse = []float64{1, 1} // the mean of all
	if got := in.explained(); got != 0 {
		t.Errorf("the mean explains %g", got)
	}
}

// TestEvenly checks that long curves keep their ends.
func TestEvenly(t *testing.T) {
	var values []float64
	for i := range 2000 {
		values = append(values, float64(i))
	}
	got := evenly(values)
	if len(got) != mostCurvePoints || got[0] != 0 || got[len(got)-1] != 1999 {
		t.Errorf("%d points, from %g to %g", len(got), got[0], got[len(got)-1])
	}
	if got := evenly(values[:5]); len(got) != 5 {
		t.Errorf("%d of 5 points", len(got))
	}
}
