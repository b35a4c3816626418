package kernel

import (
	"math"
	"testing"
)

// exactSmooth computes a smooth activation and its slope in float64.
func exactSmooth(a SmoothActivation, x float64) (y, slope float64) {
	u, du := x, 1.0
	if a == GELU {
		c := math.Sqrt(8 / math.Pi)
		u, du = c*(x+0.044715*x*x*x), c*(1+3*0.044715*x*x)
	}
	s := exactSigmoid(u)
	return x * s, s + x*s*exactSigmoid(-u)*du
}

func TestSmoothActivations(t *testing.T) {
	x := normals(70001)
	for i := range x {
		x[i] *= float32(i%20) + 1
	}
	dy, y, dx := make([]float32, len(x)), make([]float32, len(x)), make([]float32, len(x))
	for i := range dy {
		dy[i] = float32(i%3) - 1.5
	}
	eachPath(t, func(t *testing.T) {
		for _, a := range SmoothActivations() {
			ActivateSmooth(a, y, x)
			SmoothGradient(a, x, dy, dx)
			for i, v := range x {
				want, slope := exactSmooth(a, float64(v))
				if e := math.Abs(float64(y[i]) - want); !(e <= 5e-7*max(1, math.Abs(want))) {
					t.Fatalf("%v(%g) = %g, want %g", a, v, y[i], want)
				}
				if want = slope * float64(dy[i]); !(math.Abs(float64(dx[i])-want) <= 3e-6) {
					t.Fatalf("%v′(%g)·%g = %g, want %g", a, v, dy[i], dx[i], want)
				}
			}
		}
	})
}

func TestSmoothLimits(t *testing.T) {
	infinity, nan := float32(math.Inf(1)), float32(math.NaN())
	x := []float32{infinity, -infinity, nan, 0, 1e30, -1e30, 1e-40}
	ones, y, slope := []float32{1, 1, 1, 1, 1, 1, 1}, make([]float32, 7), make([]float32, 7)
	eachPath(t, func(t *testing.T) {
		for _, a := range SmoothActivations() {
			ActivateSmooth(a, y, x)
			SmoothGradient(a, x, ones, slope)
			for i, want := range [][2]float32{{infinity, 1}, {0, 0}, {nan, nan}, {0, 0.5}, {1e30, 1}, {0, 0}, {5e-41, 0.5}} {
				if !near(y[i], want[0], 0) || !near(slope[i], want[1], 0) {
					t.Errorf("%v(%g) = %g with slope %g, want %g", a, x[i], y[i], slope[i], want)
				}
			}
		}
	})
}
