package loaders

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMoments(t *testing.T) {
	t.Parallel()
	values := []float32{1e6, 1e6 + 1, 1e6 + 2, 1e6 + 3, 1e6 + 5, 1e6 - 1}
	for cut := range len(values) + 1 {
		var m Moments
		m.add(values[:cut])
		m.add(values[cut:])
		if m.Count != 6 || math.Abs(m.Mean-(1e6+10.0/6)) > 1e-9 || math.Abs(m.Deviation()-math.Sqrt(40.0/6-100.0/36)) > 1e-9 || m.Min != 1e6-1 || m.Max != 1e6+5 {
			t.Errorf("cut at %d: %+v, deviation %g", cut, m, m.Deviation())
		}
	}
	if got := (Moments{}).Deviation(); got != 0 {
		t.Errorf("without values the deviation is %g", got)
	}
	nan := float32(math.NaN())
	var m Moments
	for _, part := range [][]float32{{nan}, {1, nan, 3}, {nan, nan}} {
		m.add(part)
	}
	if m.Count != 2 || m.Missing != 4 || m.Mean != 2 || m.Deviation() != 1 || m.Min != 1 || m.Max != 3 {
		t.Errorf("with missing values: %+v", m)
	}
}

// described is a data set with a validation set. Its images have two channels of one
// pixel.
func describedSet() *Dataset {
	shape := Shape{2, 2, 1}
	image := func(v uint8) []uint8 { return []uint8{v, 0, 255, 255} }
	of := func(values []uint8, labels ...Label) Split {
		var pixels []uint8
		for _, v := range values {
			pixels = append(pixels, image(v)...)
		}
		return labelled(shape, pixels, labels...)
	}
	return &Dataset{
		Train:      of([]uint8{0, 51, 0, 102, 51, 51}, 0, 1, 0, 1, 1, 0), // the last two are the validation set
		Test:       of([]uint8{204, 102, 204, 0}, 1, 1, 0, 1),
		Validation: 2, Classes: []string{"a", "b", "c"},
	}
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	d := describedSet()
	var progress []int
	got, err := d.Describe(t.Context(), func(done int) { progress = append(progress, done) })
	if err != nil {
		t.Fatal(err)
	}
	var counts []any
	for _, s := range got.Splits {
		counts = append(counts, s.Images, s.Classes)
	}
	if diff := cmp.Diff([]any{4, []int{2, 2, 0}, 2, []int{1, 1, 0}, 4, []int{1, 3, 0}}, counts); diff != "" {
		t.Error(diff)
	}
	if len(got.Columns) != 2 || got.Columns[1].Mean != 1 || got.Columns[1].Deviation() != 0 || got.Columns[0].Max != 0.4 || math.Abs(got.Columns[0].Mean-0.6/8) > 1e-7 {
		t.Errorf("channels %+v", got.Columns)
	}
	if all := got.Splits[TrainPart].Values; all.Count != 16 || all.Min != 0 || all.Max != 1 {
		t.Errorf("training values %+v", all)
	}
	want := []Duplicate{
		{Place{TrainPart, 2}, Place{TrainPart, 0}},
		{Place{ValidationPart, 0}, Place{TrainPart, 1}}, {Place{ValidationPart, 1}, Place{TrainPart, 1}},
		{Place{TestPart, 1}, Place{TrainPart, 3}}, {Place{TestPart, 2}, Place{TestPart, 0}}, {Place{TestPart, 3}, Place{TrainPart, 0}},
	}
	if diff := cmp.Diff(want, got.Duplicates); diff != "" || !got.Searched {
		t.Error(diff)
	}
	if diff := cmp.Diff([]int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, progress); diff != "" {
		t.Error(diff)
	}
}

// TestDescribeTable checks that each column of a table has its own moments, and that
// labels are not needed.
func TestDescribeTable(t *testing.T) {
	t.Parallel()
	d := &Dataset{Train: Values(Shape{1, 1, 2}, []float32{1, -5, 3, -7}), Test: Values(Shape{1, 1, 2}, []float32{3, -5})}
	got, err := d.Describe(t.Context(), func(int) {})
	if err != nil || len(got.Columns) != 2 || got.Columns[0].Mean != 2 || got.Columns[1].Mean != -6 || got.Columns[1].Min != -7 || got.Splits[TrainPart].Classes != nil || got.Duplicates != nil {
		t.Errorf("%+v, error %v", got, err)
	}
}

// TestSameChecksum gives different images one checksum, which must not make them equal.
func TestSameChecksum(t *testing.T) {
	t.Parallel()
	s := Pixels(Shape{1, 1, 1}, []uint8{1, 2, 1, 3, 2})
	sums := newChecksums(s.Shape, s.Len())
	for i := range s.Len() {
		sums.list = append(sums.list, checksum{7, Place{TrainPart, i}})
	}
	got, err := sums.duplicates(t.Context(), s)
	want := []Duplicate{{Place{TrainPart, 2}, Place{TrainPart, 0}}, {Place{TrainPart, 4}, Place{TrainPart, 1}}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v, %s", err, diff)
	}
}

func TestDescribeStops(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	_, err := describedSet().Describe(ctx, func(done int) {
		if done == 3 {
			cancel()
		}
		if done > 3 {
			t.Errorf("image %d is read after the end", done)
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
	if newChecksums(Shape{1, 28, 28}, 1<<50) != nil {
		t.Error("checksums of 2^50 images fit into memory")
	}
}

// TestDescribeOrder checks that the result does not depend on the random seed of the
// checksums.
func TestDescribeOrder(t *testing.T) {
	t.Parallel()
	pixels := slices.Repeat([]uint8{1, 2, 3, 4, 5, 6, 7, 8}, 4)
	var first []Duplicate
	for range 5 {
		d := &Dataset{Train: Pixels(Shape{1, 1, 1}, pixels), Test: Pixels(Shape{1, 1, 1}, pixels)}
		got, err := d.Describe(t.Context(), func(int) {})
		if err != nil || len(got.Duplicates) != 56 {
			t.Fatalf("%d duplicates, error %v", len(got.Duplicates), err)
		}
		if first == nil {
			first = got.Duplicates
		}
		if diff := cmp.Diff(first, got.Duplicates); diff != "" {
			t.Fatal(diff)
		}
	}
}
