package evaluate

import (
	"math"
	"testing"
)

// TestWhitening computes distances from the mean and the whitening matrix.
func TestWhitening(t *testing.T) {
	sample := Matrix{Rows: 6, Columns: 2, Values: []float32{0, 1, 2, 5, 4, 3, 1, 1, 7, 2, 2, 0}}
	m, err := NewMahalanobis(t.Context(), sample, LeastRidge)
	if err != nil {
		t.Fatal(err)
	}
	want, err := m.Distances(t.Context(), sample)
	if err != nil {
		t.Fatal(err)
	}
	mean, w := m.Whitening()
	for i := range sample.Rows {
		x, y := float64(sample.Row(i)[0])-mean[0], float64(sample.Row(i)[1])-mean[1]
		if got := math.Hypot(w[0]*x+w[1]*y, w[2]*x+w[3]*y); math.Abs(got-want[i]) > 1e-12 {
			t.Errorf("distance %d is %g, want %g", i, got, want[i])
		}
	}
}
