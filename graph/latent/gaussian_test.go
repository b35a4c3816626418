package latent_test

import (
	"context"
	"math"
	"strings"
	"testing"

	"gaetrain/graph"
	"gaetrain/graph/latent"
)

// size is the number of values in a code, rows the number of images.
const size, rows = 3, 4

// divergences computes KL(N(μ, σ²) ‖ N(0, 1)) of each value of the codes from
// their statistics, averaged over the images.
func divergences(statistics []float64) []float64 {
	units := make([]float64, size)
	images := len(statistics) / (2 * size)
	for at := range images {
		for j := range size {
			mean, logVariance := statistics[2*size*at+j], statistics[2*size*at+size+j]
			units[j] += (mean*mean + math.Exp(logVariance) - 1 - logVariance) / 2 / float64(images)
		}
	}
	return units
}

func sum(values []float64) (total float64) {
	for _, v := range values {
		total += v
	}
	return total
}

// TestMeanAndStatistics checks the means and the log-variances.
func TestMeanAndStatistics(t *testing.T) {
	t.Parallel()
	mean := code(func(s *graph.Scope, x graph.Value) []graph.Term {
		q := latent.GaussianOf(s, x)
		if q.Size() != size || q.Statistics().Size() != 2*size {
			t.Errorf("codes of %d values, %d statistics", q.Size(), q.Statistics().Size())
		}
		z := q.Mean(s)
		if z.Shape() != graph.Row(size) {
			t.Errorf("means are %s", z.Shape())
		}
		s.Output("mean", z)
		return []graph.Term{target(s, z)}
	})
	program := mean.program(t, new(graph.Parameters), rows, 2*size, true, "mean", "statistics")
	x, aim := normals(rows*2*size, 1), normals(rows*size, 2)
	for _, live := range []int{rows, 2} {
		run(t, program, live, map[string][]float32{"input": x, "target": aim})
		equal(t, "statistics", program.Output("statistics"), x[:live*2*size])
		for at := range live {
			equal(t, "mean", program.Output("mean")[at*size:(at+1)*size], x[at*2*size:at*2*size+size])
		}
		checkGradient(t, program, live, x[:live*2*size], func(y []float64) (loss float64) {
			for at := range live {
				for j := range size {
					d := y[2*size*at+j] - float64(aim[size*at+j])
					loss += d * d / float64(live)
				}
			}
			return loss
		})
	}
}

// TestDraw draws one code and several codes for each image, and checks that
// gradients reach the statistics.
func TestDraw(t *testing.T) {
	t.Parallel()
	for _, samples := range []int{1, 5} {
		draw := code(func(s *graph.Scope, x graph.Value) []graph.Term {
			q := latent.GaussianOf(s, x)
			z := q.Draw(s, samples)
			if z.Shape() != graph.Row(size) || q.Noise(s, samples).Size() != samples*size {
				t.Errorf("codes are %s, noise %s", z.Shape(), q.Noise(s, samples).Shape())
			}
			return []graph.Term{target(s, z)} // averaged over the codes of an image
		})
		program := draw.program(t, new(graph.Parameters), rows, 2*size, true, "code")
		x, aim, noise := normals(rows*2*size, 1), normals(rows*size, 2), normals(rows*samples*size, 3)
		codes := func(y []float64, live int) (z []float64) {
			for at := range live {
				for k := range samples {
					for j := range size {
						z = append(z, y[2*size*at+j]+math.Exp(y[2*size*at+size+j]/2)*float64(noise[(at*samples+k)*size+j]))
					}
				}
			}
			return z
		}
		for _, live := range []int{rows, 3} {
			run(t, program, live, map[string][]float32{"input": x, "target": aim, "noise": noise})
			y := make([]float64, live*2*size)
			for i := range y {
				y[i] = float64(x[i])
			}
			nearAll(t, "code", program.Output("code"), codes(y, live))
			checkGradient(t, program, live, x[:live*2*size], func(y []float64) (loss float64) {
				for i, z := range codes(y, live) {
					d := z - float64(aim[i/(samples*size)*size+i%size])
					loss += d * d / float64(live*samples)
				}
				return loss
			})
		}
		short := map[string][]float32{"input": x, "target": aim, "noise": noise[:size]}
		mentions(t, program.Run(context.Background(), graph.Batch{Rows: rows, Inputs: short}), "noise has 3 values")
	}
}

// TestLogVariancesAreClipped checks the largest and smallest deviations.
func TestLogVariancesAreClipped(t *testing.T) {
	t.Parallel()
	draw := code(func(s *graph.Scope, x graph.Value) []graph.Term {
		q := latent.GaussianOf(s, x)
		q.Draw(s, 1)
		return []graph.Term{q.Divergence(s)}
	})
	program := draw.program(t, new(graph.Parameters), 2, 2, false, "code")
	run(t, program, 2, map[string][]float32{"input": {1, 50, 1, -50}, "noise": {1, 1}})
	nearAll(t, "code", program.Output("code"), []float64{1 + math.Exp(5), 1 + math.Exp(-5)})
	nearAll(t, "divergence", program.Terms()[0].PerImage(), []float64{
		(1 + math.Exp(10) - 1 - 10) / 2, (1 + math.Exp(-10) - 1 + 10) / 2,
	})
}

// TestDivergences compares the divergence and its limits with closed forms.
func TestDivergences(t *testing.T) {
	t.Parallel()
	x := normals(rows*2*size, 1)
	for i := range x {
		if i%size == 0 {
			x[i] /= 10 // a unit with a small divergence
		}
	}
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	units := divergences(y)
	bits, nats := (units[0]+units[1])/2, sum(units)
	for name, test := range map[string]struct {
		term     func(s *graph.Scope, q latent.Gaussian) graph.Term
		perImage bool // differs between images
		want     func(units []float64) float64
	}{
		"kl": {func(s *graph.Scope, q latent.Gaussian) graph.Term { return q.Divergence(s) }, true, sum},
		"free_bits": {func(s *graph.Scope, q latent.Gaussian) graph.Term { return q.FreeBits(s, bits) }, false, func(units []float64) (lacking float64) {
			for _, u := range units {
				lacking += max(0, bits-u)
			}
			return lacking
		}},
		"capacity": {func(s *graph.Scope, q latent.Gaussian) graph.Term { return q.Capacity(s, nats-0.5, 0) }, false, func(units []float64) float64 {
			return math.Abs(sum(units) - (nats - 0.5))
		}},
		"capacity ": {func(s *graph.Scope, q latent.Gaussian) graph.Term { return q.Capacity(s, nats+0.5, 0) }, false, func(units []float64) float64 {
			return math.Abs(sum(units) - (nats + 0.5))
		}},
	} {
		c := code(func(s *graph.Scope, x graph.Value) []graph.Term {
			return []graph.Term{test.term(s, latent.GaussianOf(s, x))}
		})
		program := c.program(t, new(graph.Parameters), rows, 2*size, true)
		run(t, program, rows, map[string][]float32{"input": x})
		checkGradient(t, program, rows, x, func(y []float64) float64 { return test.want(divergences(y)) })
		term := program.Terms()[0]
		if term.Name != strings.TrimSpace(name) || term.Unit != "nats per image" || term.Reported != 1 {
			t.Errorf("%s in %q, weight %g", term.Name, term.Unit, term.Reported)
		}
		for at, got := range term.PerImage() {
			want := test.want(units)
			if test.perImage {
				want = test.want(divergences(y[2*size*at : 2*size*(at+1)]))
			}
			near(t, name+" of an image", float64(got), want)
		}
	}
}

// TestFreeBitsGiveNoGradientBelow checks that units below the free bits have no
// gradient.
func TestFreeBitsGiveNoGradientBelow(t *testing.T) {
	t.Parallel()
	c := code(func(s *graph.Scope, x graph.Value) []graph.Term {
		q := latent.GaussianOf(s, x)
		return []graph.Term{q.Divergence(s), q.FreeBits(s, 0.5)}
	})
	program := c.program(t, new(graph.Parameters), 1, 4, true)
	x := []float32{0.1, 2, 0, 0} // divergences 0.005 and 2
	run(t, program, 1, map[string][]float32{"input": x})
	near(t, "loss", program.Mean(), 2.5)
	for i, g := range program.Gradients()[0].Values() { // xᵀ·∂/∂y
		want := 0.0
		if i%4 == 1 {
			want = float64(x[i/4]) * 2
		}
		near(t, "gradient", float64(g), want)
	}
}

// TestCapacityRises checks that the capacity rises in training only.
func TestCapacityRises(t *testing.T) {
	t.Parallel()
	c := code(func(s *graph.Scope, x graph.Value) []graph.Term {
		return []graph.Term{latent.GaussianOf(s, x).Capacity(s, 8, 4)}
	})
	for _, training := range []bool{true, false} {
		program := c.program(t, new(graph.Parameters), 1, 2, training)
		for _, epoch := range []float64{3, 0, 1, 9} {
			program.At(epoch)
			run(t, program, 1, map[string][]float32{"input": {2, 0}}) // 2 nats
			want := 6.
			if training {
				want = math.Abs(2 - 8*min(1, epoch/4))
			}
			near(t, "distance", program.Mean(), want)
		}
	}
}
