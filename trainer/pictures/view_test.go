package pictures

import (
	"slices"
	"testing"

	"gaetrain/loaders"
	"gaetrain/trainer"
)

// TestCurves checks the units of curves, and that long rows become shorter curves.
func TestCurves(t *testing.T) {
	v := View{Shape: loaders.Shape{Channels: 1, Height: 1, Width: 2}}
	v.Data.Scaling = &loaders.Scaling{Kind: loaders.ScaleMinMax, Offset: []float64{10, 20}, Scale: []float64{2, 4}}
	values := []float32{0.5, 1}
	if got := v.curve(values); !slices.Equal(got, []float32{11, 24}) {
		t.Errorf("values without names: %v, want the units of the data", got)
	}
	v.Data.Features = []string{"a", "b"}
	if got := v.curve(values); !slices.Equal(got, []float32{0.5, 1}) {
		t.Errorf("values with names: %v, want scaled values", got)
	}
	long := View{Shape: loaders.Shape{Channels: 1, Height: 1, Width: 2500}}
	many := make([]float32, 2500)
	many[0], many[2499] = 6, 9
	if got := long.curve(many); len(got) != 834 || got[0] != 2 || got[833] != 9 {
		t.Errorf("%d points, from %g to %g", len(got), got[0], got[len(got)-1])
	}
	if p := long.profiles(""); p.Names != nil || p.XLabel != "index of the value, divided by 3 (means of 3 values)" {
		t.Errorf("%q", p.XLabel)
	}
}

// TestRangeOfImages checks that images outside [0, 1] are drawn from black to white.
func TestRangeOfImages(t *testing.T) {
	v := View{Shape: loaders.Shape{Channels: 1, Height: 2, Width: 1}, Data: trainer.DataInfo{Range: &loaders.Range{Low: -2, High: 2}}}
	if got := v.drawable([]float32{-2, 1}).Pixels; !slices.Equal(got, []float32{0, 0.75}) {
		t.Errorf("%v", got)
	}
	v.Data.Range = nil
	if got := v.drawable([]float32{0, 0.75}).Pixels; !slices.Equal(got, []float32{0, 0.75}) {
		t.Errorf("pixels: %v", got)
	}
}
