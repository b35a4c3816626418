package measure

import (
	"math"
	"testing"
)

func TestBetween(t *testing.T) {
	near := func(what string, got []float32, want ...float64) {
		t.Helper()
		for i, v := range got {
			if math.Abs(float64(v)-want[i]) > 1e-6 {
				t.Errorf("%s is %v, want %v", what, got, want)
				return
			}
		}
	}
	a, b := []float32{2, 0}, []float32{0, 2}
	near("a quarter of the straight way", between(a, b, 0.25, false), 1.5, 0.5)
	near("a third of the right angle", between(a, b, 1.0/3, true), 2*math.Cos(math.Pi/6), 2*math.Sin(math.Pi/6))
	for _, spherical := range []bool{false, true} {
		near("the beginning", between(a, b, 0, spherical), 2, 0)
		near("the end", between(a, b, 1, spherical), 0, 2)
		near("halfway between a code and itself", between(a, a, 0.5, spherical), 2, 0)
		near("halfway between opposites", between(a, []float32{-2, 0}, 0.5, spherical), 0, 0)
		near("half of a way from the origin", between([]float32{0, 0}, b, 0.5, spherical), 0, 1)
	}
}
