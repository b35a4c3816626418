package cmd

import (
	"math"
	"slices"
	"testing"
)

// TestNearestStep marks the columns of a traversal.
func TestNearestStep(t *testing.T) {
	values := []float64{-3, -1.5, 0, 1.5, 3}
	for to, want := range map[float64][]int{-3: {0}, -2.2: {1}, 0.1: {2}, 3.7: {4}, 3.8: nil, -4: nil, math.Inf(1): nil} {
		if got := nearestStep(values, to); !slices.Equal(got, want) {
			t.Errorf("%g: %v, want %v", to, got, want)
		}
	}
	if got := nearestStep(values, math.NaN()); got != nil {
		t.Errorf("NaN: %v", got)
	}
}
