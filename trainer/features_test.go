package trainer

import (
	"math"
	"slices"
	"testing"

	"gaetrain/graph"
	"gaetrain/loaders"
)

// TestFeatureErrors compares the errors of each value with those of whole rows.
func TestFeatureErrors(t *testing.T) {
	shape := loaders.Shape{Channels: 1, Height: 1, Width: 3}
	model := untrained(t, newNet(), graph.Shape(shape))
	model.Info.Data = DataInfo{Features: []string{"a", "b", "c"}, Scaling: &loaders.Scaling{Kind: loaders.ScaleStandard, Offset: []float64{0, 5, 10}, Scale: []float64{1, 2, 100}}}
	split := loaders.Values(shape, []float32{1, 2, -3, 0, 1, 5, -1, -2, 0.5})
	all, err := model.FeatureErrors(t.Context(), split)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := model.Reconstruct(t.Context(), split)
	if err != nil {
		t.Fatal(err)
	}
	var mean, want float64
	for _, e := range all {
		mean += e.MSE / 3
		scale := model.Info.Data.Scaling.Scale[slices.Index(model.Info.Data.Features, e.Name)]
		if math.Abs(e.RMSE-scale*math.Sqrt(e.MSE)) > 1e-9*e.RMSE {
			t.Errorf("%s: rmse %g of mse %g", e.Name, e.RMSE, e.MSE)
		}
	}
	for _, e := range whole.MSE {
		want += e / 3
	}
	if math.Abs(mean-want) > 1e-6*want {
		t.Errorf("the mean over features is %g, want %g", mean, want)
	}
	if !slices.IsSortedFunc(all, func(a, b FeatureError) int { return int(math.Copysign(1, b.MSE-a.MSE)) }) {
		t.Errorf("not sorted: %v", all)
	}
}

func TestUnscale(t *testing.T) {
	shape := loaders.Shape{Channels: 1, Height: 1, Width: 2}
	d := DataInfo{Scaling: &loaders.Scaling{Kind: loaders.ScaleMinMax, Offset: []float64{10, -1}, Scale: []float64{2, 4}}}
	if got := d.Unscale([]float32{0, 0, 1, 0.5}, shape); !slices.Equal(got, []float32{10, -1, 12, 1}) {
		t.Errorf("%v", got)
	}
	if got := (DataInfo{}).Unscale([]float32{1, 2}, shape); !slices.Equal(got, []float32{1, 2}) {
		t.Errorf("without a scaling: %v", got)
	}
	for _, bad := range []DataInfo{{Features: []string{"a"}}, {Scaling: &loaders.Scaling{Kind: loaders.ScaleMinMax, Offset: []float64{1, 2, 3}, Scale: []float64{1, 2, 3}}}} {
		if bad.check(shape) == nil {
			t.Errorf("%+v fits rows of two values", bad)
		}
	}
	if err := d.check(shape); err != nil {
		t.Error(err)
	}
	if name := (DataInfo{Features: []string{"a"}}).FeatureName(0); name != "a" {
		t.Error(name)
	}
	if name := (DataInfo{}).FeatureName(1); name != "value_1" {
		t.Error(name)
	}
}
