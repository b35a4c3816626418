package latent_test

import (
	"math"
	"testing"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/graph/latent"
)

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// gatesOf computes the gates of a row of responses in float64.
func gatesOf(responses []float64, frames int) []float64 {
	units := len(responses) / frames
	s := make([]float64, units)
	for j := range s {
		s[j] = sigmoid(responses[j] * responses[len(responses)-units+j])
	}
	return s
}

// TestGates checks product and energy gates, and the gated responses with and
// without the exchange of frames.
func TestGates(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		declare  func(s *graph.Scope, act kernel.Activation, responses graph.Value) latent.Gates
		frames   int
		exchange bool
	}{
		"product": {latent.ProductGates, 2, false}, "exchange": {latent.ProductGates, 2, true}, "energy": {latent.EnergyGates, 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			const units = 3
			width := test.frames * units
			c := code(func(s *graph.Scope, x graph.Value) []graph.Term {
				g := test.declare(s, kernel.Sigmoid, x)
				if g.Code.Shape() != graph.Row(units) {
					t.Errorf("gates are %s", g.Code.Shape())
				}
				gated := g.Gated(s, test.exchange)
				s.Output("gates", g.Code)
				s.Output("gated", gated)
				return []graph.Term{target(s, gated)}
			})
			program := c.program(t, new(graph.Parameters), rows, width, true, "gates", "gated")
			x, aim := normals(rows*width, 1), normals(rows*width, 2)
			reference := func(r []float64) (gates, gated []float64) {
				gates = gatesOf(r, test.frames)
				for j := range r {
					at := j
					if test.exchange {
						at = (j + units) % width
					}
					gated = append(gated, gates[j%units]*r[at])
				}
				return gates, gated
			}
			for _, live := range []int{rows, 1} {
				run(t, program, live, map[string][]float32{"input": x, "target": aim})
				var gates, gated []float64
				for at := range live {
					r := make([]float64, width)
					for j := range r {
						r[j] = float64(x[at*width+j])
					}
					s, m := reference(r)
					gates, gated = append(gates, s...), append(gated, m...)
				}
				nearAll(t, "gates", program.Output("gates"), gates)
				nearAll(t, "gated", program.Output("gated"), gated)
				checkGradient(t, program, live, x[:live*width], func(y []float64) (loss float64) {
					for at := range live {
						_, m := reference(y[at*width : (at+1)*width])
						for j, v := range m {
							d := v - float64(aim[at*width+j])
							loss += d * d / float64(live)
						}
					}
					return loss
				})
			}
		})
	}
}

// TestGateContraction compares the term with ‖∂s/∂(x, y)‖² from finite
// differences of gates whose responses are x·W.
func TestGateContraction(t *testing.T) {
	t.Parallel()
	const units, width, step = 2, 4, 1e-5 // two frames of two values each, two units
	c := code(func(s *graph.Scope, x graph.Value) []graph.Term {
		w := s.Parameter(graph.Spec{Name: "w", Role: graph.Weight, Shape: []int{width, width}})
		return []graph.Term{latent.EnergyGates(s, kernel.Sigmoid, x).Contraction(s, kernel.Sigmoid, w)}
	})
	p := new(graph.Parameters)
	program := c.program(t, p, rows, width, true)
	w := values(t, p, "w")
	copy(w, normals(len(w), 4))
	x := normals(rows*width, 1)
	term := func(image int, w []float32) (norm float64) {
		gates := func(in int, by float64) []float64 {
			r := make([]float64, width)
			for i := range width {
				v := float64(x[image*width+i])
				if i == in {
					v += by
				}
				for j := range width {
					r[j] += v * float64(w[i*width+j])
				}
			}
			return gatesOf(r, 1)
		}
		for i := range width {
			above, below := gates(i, step), gates(i, -step)
			for j := range above {
				slope := (above[j] - below[j]) / (2 * step)
				norm += slope * slope
			}
		}
		return norm
	}
	run(t, program, rows, map[string][]float32{"input": x})
	var mean float64
	for i, got := range program.Terms()[0].PerImage() {
		want := term(i, w)
		near(t, "contraction", float64(got), want)
		mean += want / rows
	}
	near(t, "loss", program.Mean(), mean)
	if name := program.Terms()[0].Name; name != "contraction" {
		t.Errorf("the term is called %s", name)
	}
	gradient := append([]float32(nil), program.Gradients()[0].Values()...)
	for i := range w {
		const step = 1e-3
		old := w[i]
		loss := func(v float32) (mean float64) {
			w[i] = v
			for image := range rows {
				mean += term(image, w) / rows
			}
			return mean
		}
		slope := (loss(old+step) - loss(old-step)) / (2 * step)
		w[i] = old
		if math.Abs(float64(gradient[i])-slope) > 1e-3*max(1, math.Abs(slope)) {
			t.Errorf("gradient %d is %g, want %g", i, gradient[i], slope)
		}
	}
}
