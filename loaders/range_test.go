package loaders

import (
	"context"
	"errors"
	"testing"
)

func TestRange(t *testing.T) {
	shape := Shape{1, 1, 2}
	d := &Dataset{Train: Values(shape, []float32{-2, 0.5, 3, 1, 0, 9}), Test: Values(shape, []float32{0, 1, 0.5, 1.5, -1, 0}), Scaling: &Scaling{Kind: ScaleNone}}
	if err := d.MeasureRange(t.Context(), 1); err != nil || d.Range != (Range{-2, 3}) { // the last row is the validation set
		t.Errorf("%v, %v", d.Range, err)
	}
	if n, err := d.Test.Outside(t.Context()); n != 2 || err != nil {
		t.Errorf("%d rows outside, %v", n, err)
	}
	for r, want := range map[Range]bool{{}: true, {0, 1}: true, {0.2, 0.3}: true, {-0.1, 1}: false, {0, 1.1}: false} {
		if r.IsUnit() != want {
			t.Errorf("%v: %v", r, !want)
		}
	}
	d.Range = Range{}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := d.MeasureRange(ended, 0); !errors.Is(err, context.Canceled) {
		t.Errorf("a range in an ended context: %v", err)
	}
	pixels := &Dataset{Train: Pixels(Shape{1, 2, 1}, []uint8{0, 9})}
	if err := pixels.MeasureRange(t.Context(), 0); err != nil || pixels.Range != (Range{}) {
		t.Errorf("the range of pixels is %v, %v", pixels.Range, err)
	}
}

func TestWords(t *testing.T) {
	row := Shape{1, 1, 4}
	for text, want := range map[string]string{
		"squared error per pixel of 5 test images": "squared error per value of 5 test rows",
		"An image of --train-images 7":             "A row of --train-images 7",
		"images_per_second, the pixels":            "images_per_second, the values",
	} {
		if got := row.Words(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
		if got := (Shape{1, 2, 2}).Words(text); got != text {
			t.Errorf("images: %q, want %q", got, text)
		}
	}
}

// TestRangeOfMeasured compares the range that follows from the scaling with that of the
// scaled values.
func TestRangeOfMeasured(t *testing.T) {
	for _, kind := range []string{ScaleStandard, ScaleMinMax, scaleAuto} {
		shape := Shape{1, 1, 2}
		d := &Dataset{
			Train: Values(shape, []float32{-2, 7, 3, 100, 0, 35, 0, 1e6}), Test: Values(shape, []float32{0, 1}), unscaled: &unscaled{kind: kind},
		}
		if err := d.Measure(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		got := d.Range
		d.Range = Range{}
		if err := d.MeasureRange(t.Context(), 1); err != nil || got != d.Range {
			t.Errorf("%s: %v, want %v, %v", kind, got, d.Range, err)
		}
	}
}
