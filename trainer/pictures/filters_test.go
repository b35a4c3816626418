package pictures

import (
	"slices"
	"strings"
	"testing"

	"gaetrain/graph/kernel/noise"
	"gaetrain/loaders"
)

// TestSortFilters puts a smooth filter first and filters of noise last, and counts the
// noise. Small filters are sorted by their norms.
func TestSortFilters(t *testing.T) {
	shape := loaders.Shape{Channels: 1, Height: 28, Width: 28}
	smooth := make([]float32, shape.Size())
	for i := range smooth {
		smooth[i] = float32(i / 28)
	}
	var filters [][]float32
	for step := range 20 {
		w := make([]float32, shape.Size())
		noise.Normal(w, noise.Key{Seed: 3, Step: uint64(step)})
		filters = append(filters, w)
	}
	mixed := make([]float32, shape.Size())
	for i, v := range filters[0] {
		mixed[i] = 10*v + smooth[i]
	}
	filters = slices.Insert(filters, 7, mixed, smooth)
	order, notes := sortFilters(filters, shape, 2)
	if &filters[0][0] != &smooth[0] || &filters[1][0] != &mixed[0] {
		t.Error("the filters with structure are not the first ones")
	}
	if order != "the most structured first" || len(notes) != 2 || notes[1] != "20 of 22 filters have no more spatial structure than random weights." || !strings.Contains(notes[0], "is from 0.9") {
		t.Errorf("%q, %q", order, notes)
	}
	if _, notes := sortFilters(filters[:2], shape, 2); len(notes) != 1 {
		t.Errorf("filters with structure: %q", notes)
	}
	small := [][]float32{{0, 1, 0, 0}, {3, 0, 0, 0}, {0, 0, 0, -2}}
	order, notes = sortFilters(small, loaders.Shape{Channels: 1, Height: 2, Width: 2}, 3)
	if small[0][0] != 3 || small[1][3] != -2 || order != "the largest norms first" || notes != nil {
		t.Errorf("%v, %q, %q", small, order, notes)
	}
}

// TestFeatureMaps checks which channels of a layer are drawn, in which colours.
func TestFeatureMaps(t *testing.T) {
	shape := loaders.Shape{Channels: 3, Height: 1, Width: 2}
	f := featureMaps{[]float32{5, 5, 0, 1, 0, 4, 5, 5, 1, 1, 9, 0}, shape} // two images
	s := f.sheet(drawable([]float32{0.1, 0.2}, loaders.Shape{Channels: 1, Height: 1, Width: 1}))
	if !slices.Equal(s.Heads, []string{"input", "2", "1", "0"}) || len(s.Rows) != 2 || !slices.Equal(s.Rows[1].Images.Pixels, []float32{9, 0, 1, 1, 5, 5}) || !slices.Equal(s.Rows[1].Lead.Pixels, []float32{0.2}) {
		t.Errorf("%v over %+v", s.Heads, s.Rows)
	}
	if len(s.Notes) != 2 || !strings.HasPrefix(s.Notes[1], "1 of 3 channels") {
		t.Errorf("%q", s.Notes)
	}
	f.values[0] = -1
	if signed := f.sheet(drawable([]float32{0.1, 0.2}, loaders.Shape{Channels: 1, Height: 1, Width: 1})); signed.Rows[0].Colours == s.Rows[0].Colours {
		t.Error("negative values have the colours of other values")
	}
}
