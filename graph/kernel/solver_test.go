package kernel

import (
	"math"
	"testing"
)

// TestSolversAgainstFloat64 compares a few steps with the formulas in float64.
func TestSolversAgainstFloat64(t *testing.T) {
	const steps = 5
	u := Update{Rate: 0.01, Scale: 0.5, L2: 0.1, Decay: 0.2}
	const rate, scale, l2, decay = 0.01, 0.5, 0.1, 0.2
	type state struct{ w, a, b float64 }
	tests := []struct {
		name string
		step func(t int, w, g, a, b []float32)
		want func(t int, s *state, g float64) (step float64)
	}{
		{"descend", func(_ int, w, g, a, b []float32) { Descend(u, w, Gradient{Values: g}) },
			func(_ int, s *state, g float64) float64 { return rate * g }},
		{"momentum", func(_ int, w, g, a, b []float32) { Momentum(u, 0.9, false, w, Gradient{Values: g}, a) },
			func(_ int, s *state, g float64) float64 { s.a = 0.9*s.a + g; return rate * s.a }},
		{"nesterov", func(_ int, w, g, a, b []float32) { Momentum(u, 0.9, true, w, Gradient{Values: g}, a) },
			func(_ int, s *state, g float64) float64 { s.a = 0.9*s.a + g; return rate * (g + 0.9*s.a) }},
		{"rmsprop", func(_ int, w, g, a, b []float32) { RMSProp(u, 0.9, 1e-7, w, Gradient{Values: g}, a) },
			func(_ int, s *state, g float64) float64 {
				s.a = 0.9*s.a + 0.1*g*g
				return rate * g / (math.Sqrt(s.a) + 1e-7)
			}},
		{"adam", func(t int, w, g, a, b []float32) {
			c1, c2 := 1/(1-math.Pow(0.9, float64(t))), 1/(1-math.Pow(0.999, float64(t)))
			Adam(u, AdamMoments{0.9, 0.999, 1e-8, float32(c1), float32(c2)}, w, Gradient{Values: g}, a, b)
		}, func(t int, s *state, g float64) float64 {
			s.a, s.b = 0.9*s.a+0.1*g, 0.999*s.b+0.001*g*g
			c1, c2 := 1/(1-math.Pow(0.9, float64(t))), 1/(1-math.Pow(0.999, float64(t)))
			return rate * s.a * c1 / (math.Sqrt(s.b*c2) + 1e-8)
		}},
	}
	eachPath(t, func(t *testing.T) {
		for _, test := range tests {
			w, g := normals(37), normals(37)
			a, b := make([]float32, 37), make([]float32, 37)
			states := make([]state, 37)
			for i := range w {
				states[i].w = float64(w[i])
			}
			for step := 1; step <= steps; step++ {
				for i := range states {
					s := &states[i]
					gradient := scale*float64(g[i]) + l2*s.w
					s.w -= rate*decay*s.w + test.want(step, s, gradient)
				}
				test.step(step, w, g, a, b)
			}
			for i, s := range states {
				if !near(w[i], float32(s.w), 3e-6) || !near(a[i], float32(s.a), 1e-5) || !near(b[i], float32(s.b), 1e-5) {
					t.Errorf("%s: element %d is %g (%g, %g), want %g (%g, %g)", test.name, i, w[i], a[i], b[i], s.w, s.a, s.b)
				}
			}
		}
	})
}

// TestStepsOfProducts checks that a step that computes its gradient block by
// block gives the same bits as a step with a given gradient.
func TestStepsOfProducts(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		for _, shape := range [][3]int{{1, 1, 1}, {16, 5, 70}, {7, 100, 3}, {33, 64, 1024}, {600, 150, 40}} {
			g := Gradient{Rows: shape[0], Inputs: shape[1], Outputs: shape[2]}
			n := g.Inputs * g.Outputs
			g.X, g.Z = normals(g.Rows*g.Inputs), normals(g.Rows*g.Outputs)
			values := make([]float32, n)
			g.Compute(values)
			for name, step := range map[string]func(w []float32, g Gradient, a, b []float32){
				"descend":  func(w []float32, g Gradient, _, _ []float32) { Descend(update, w, g) },
				"momentum": func(w []float32, g Gradient, a, _ []float32) { Momentum(update, 0.9, true, w, g, a) },
				"rmsprop":  func(w []float32, g Gradient, a, _ []float32) { RMSProp(update, 0.9, 1e-7, w, g, a) },
				"adam": func(w []float32, g Gradient, a, b []float32) {
					Adam(update, AdamMoments{0.9, 0.999, 1e-8, 10, 1000}, w, g, a, b)
				},
			} {
				w, a, b := normals(n), make([]float32, n), make([]float32, n)
				step(w, Gradient{Values: values}, a, b)
				for _, threads := range []int{1, 2, 3} {
					setThreads(t, threads)
					v, c, d := normals(n), make([]float32, n), make([]float32, n)
					step(v, g, c, d)
					if i := max(firstDifference(v, w), firstDifference(c, a), firstDifference(d, b)); i >= 0 {
						t.Fatalf("%s, %v, %d threads: element %d differs", name, shape, threads, i)
					}
				}
			}
		}
	})
}

// TestMomentsFadeAway checks that moments become 0 without a gradient, instead
// of staying at a denormal number.
func TestMomentsFadeAway(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		w, g := make([]float32, 20), make([]float32, 20)
		first, second := normals(20), normals(20)
		positive(second)
		for range 1000 {
			Adam(Update{Rate: 1e-3, Scale: 1}, AdamMoments{0.9, 0.9, 1e-8, 1, 1}, w, Gradient{Values: g}, first, second)
		}
		if Sum(first) != 0 || Sum(second) != 0 {
			t.Errorf("moments are %v and %v", first, second)
		}
	})
}
