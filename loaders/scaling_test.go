package loaders

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// unscaledTable returns a data set of rows with three columns: one that varies, one far from 0,
// and a constant one.
func unscaledTable(kind string) *Dataset {
	train := Values(Shape{1, 1, 3}, []float32{1, 1000, 7, 2, 1010, 7, 6, 1080, 7, 100, 0, 0})
	test := Values(Shape{1, 1, 3}, []float32{3, 1030, 8})
	return &Dataset{Name: "array:t", Train: train, Test: test, unscaled: &unscaled{kind: kind}}
}

// TestMeasure compares the scalings with their definitions. The last training row is the
// validation set, so it is not measured.
func TestMeasure(t *testing.T) {
	t.Parallel()
	deviation := func(values ...float64) float64 {
		mean, sum := 0.0, 0.0
		for _, v := range values {
			mean += v / float64(len(values))
		}
		for _, v := range values {
			sum += (v - mean) * (v - mean)
		}
		return math.Sqrt(sum / float64(len(values)))
	}
	norm := math.Sqrt(3*3 + 1030*1030 + 8*8)
	for _, test := range []struct {
		kind string
		want Scaling
		row  []float64 // of the test set
	}{
		{"none", Scaling{Kind: "none"}, []float64{3, 1030, 8}},
		{"auto", Scaling{Kind: "standard", Offset: []float64{3, 1030, 7}, Scale: []float64{deviation(1, 2, 6), deviation(1000, 1010, 1080), 1}}, []float64{0, 0, 1}},
		{"minmax", Scaling{Kind: "minmax", Offset: []float64{1, 1000, 7}, Scale: []float64{5, 80, 1}}, []float64{0.4, 30. / 80, 1}},
		{"unit", Scaling{Kind: "unit"}, []float64{3 / norm, 1030 / norm, 8 / norm}},
	} {
		d, log := unscaledTable(test.kind), ""
		d.unscaled.options.Log = func(message string) { log += message }
		if err := d.Measure(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		approx := cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) <= 1e-12*math.Abs(b) })
		if diff := cmp.Diff(&test.want, d.Scaling, approx); diff != "" {
			t.Errorf("%s: %s", test.kind, diff)
		}
		row := make([]float32, 3)
		if err := d.Test.Read(row, 0, 0); err != nil {
			t.Fatal(err)
		}
		for i, want := range test.row {
			if row[i] != float32(want) {
				t.Errorf("%s: value %d is %g, want %g", test.kind, i, row[i], want)
			}
		}
		if d.Scaling.Undo(row); test.kind != "unit" && !near(row, []float32{3, 1030, 8}) {
			t.Errorf("%s: undone %v", test.kind, row)
		}
		if err := d.Scaling.Check(Shape{1, 1, 3}); err != nil {
			t.Error(err)
		}
		var again Scaling
		if text, _ := json.Marshal(d.Scaling); json.Unmarshal(text, &again) != nil || cmp.Diff(d.Scaling, &again) != "" {
			t.Errorf("%s: JSON %s", test.kind, text)
		}
		if (test.kind == "none") != (log == "") || test.kind == "auto" && !strings.HasSuffix(log, "array:t: the 3 columns are scaled to mean 0 and standard deviation 1 (--scale standard), as measured on 3 training rows; constant and not scaled: column 2") {
			t.Errorf("%s: logged %q", test.kind, log)
		}
		before := d.Scaling
		if err := d.Measure(t.Context(), 0); err != nil || d.Scaling != before {
			t.Errorf("%s: measured twice", test.kind)
		}
	}
}

func near(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool { return math.Abs(float64(x-y)) <= 1e-6*math.Abs(float64(y)) })
}

// TestMeasureImages scales channels, and images only if they need it.
func TestMeasureImages(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		kind   string
		values []float32
		want   Scaling
	}{
		{"auto", []float32{0, 0.5, 1, 0.25}, Scaling{Kind: "none"}},
		{"auto", []float32{-4, 4, 100, 200}, Scaling{Kind: "minmax", Offset: []float64{-4, 100}, Scale: []float64{8, 100}}},
		{"standard", []float32{1, 3, 0, 0.5}, Scaling{Kind: "standard", Offset: []float64{2, 0.25}, Scale: []float64{1, 0.25}}},
	} {
		d := &Dataset{Train: Values(Shape{2, 2, 1}, test.values), Test: Values(Shape{2, 2, 1}, test.values), unscaled: &unscaled{kind: test.kind}}
		if err := d.Measure(t.Context(), 0); err != nil || cmp.Diff(&test.want, d.Scaling) != "" {
			t.Errorf("%v: %+v, error %v", test.values, d.Scaling, err)
		}
	}
	d := &Dataset{Train: Pixels(Shape{1, 2, 1}, []uint8{0, 255}), unscaled: &unscaled{kind: "auto", pixels: true}}
	if err := d.Measure(t.Context(), 0); err != nil || !d.Scaling.changesNothing() {
		t.Errorf("pixels: %+v, error %v", d.Scaling, err)
	}
}

// TestMeasureMissing fills missing values with means of the training rows.
func TestMeasureMissing(t *testing.T) {
	t.Parallel()
	nan := float32(math.NaN())
	values := []float32{1, nan, 3, 10, nan, 20, 50, 60}
	for kind, want := range map[string][]float32{"none": {2, 20}, "standard": {0, 1}, "minmax": {0.5, 1}} {
		d := &Dataset{Train: Values(Shape{1, 1, 2}, values), Test: Values(Shape{1, 1, 2}, []float32{nan, 20}), unscaled: &unscaled{kind: kind, missing: true}}
		if err := d.Measure(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		row := make([]float32, 2)
		if err := d.Test.Read(row, 0, 0); err != nil || !slices.Equal(row, want) {
			t.Errorf("%s: %v, want %v, error %v", kind, row, want, err)
		}
	}
	d := &Dataset{Name: "array:t", Features: []string{"a", "b"}, Train: Values(Shape{1, 1, 2}, []float32{1, nan, 2, 5}), unscaled: &unscaled{kind: "none", missing: true}}
	wantError(t, d.Measure(t.Context(), 1), ErrData, "column b has no value in the 1 training rows")
}

// TestScaledStore refuses values that have no scaled value.
func TestScaledStore(t *testing.T) {
	t.Parallel()
	d := unscaledTable("")
	d.scale(&Scaling{Kind: ScaleStandard, Offset: []float64{0, 0, 0}, Scale: []float64{1e-39, 1, 1}})
	wantError(t, d.Test.Read(make([]float32, 3), 0, 0), ErrData, "row 0, value 0")
	if d.Train.Store == d.Test.Store || d.Train.Store.Len() != 4 || d.Train.Store.Bytes() != 48 {
		t.Error("the stores have changed")
	}
	whole := unscaledTable("")
	whole.join()
	if whole.scale(&Scaling{Kind: ScaleUnit}); whole.Train.Store != whole.Test.Store {
		t.Error("one store became two")
	}
	var none *Scaling
	row := []float32{1, 2}
	none.Apply(row)
	if none.Undo(row); !slices.Equal(row, []float32{1, 2}) || none.Check(Shape{1, 1, 2}) != nil {
		t.Error("no scaling changes values")
	}
	zeros := []float32{0, 0}
	if (&Scaling{Kind: ScaleUnit}).Apply(zeros); !slices.Equal(zeros, []float32{0, 0}) {
		t.Errorf("zeros of unit length are %v", zeros)
	}
}

func TestScalingCheck(t *testing.T) {
	t.Parallel()
	for mention, s := range map[string]Scaling{
		"that of 1 columns":      {Kind: ScaleMinMax, Offset: []float64{0}, Scale: []float64{1}},
		"holds NaN":              {Kind: ScaleNone, Missing: []float64{math.NaN(), 0}},
		"unknown scaling":        {Kind: "log"},
		"0 offsets and 0 scales": {Kind: ScaleStandard},
		"0 offsets and 2 scales": {Kind: ScaleStandard, Scale: []float64{1, 1}},
		"2 offsets and 2 scales": {Kind: ScaleUnit, Offset: []float64{1, 1}, Scale: []float64{1, 1}},
		"divides by 0":           {Kind: ScaleStandard, Offset: []float64{1, 1}, Scale: []float64{1, 0}},
	} {
		wantError(t, s.Check(Shape{1, 1, 2}), ErrData, mention)
	}
}
