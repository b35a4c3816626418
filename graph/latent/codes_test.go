package latent_test

import (
	"errors"
	"math"
	"slices"
	"testing"

	"gaetrain/graph"
	"gaetrain/graph/latent"
)

// TestLargest checks that only the largest values of an image are kept and get
// gradients.
func TestLargest(t *testing.T) {
	t.Parallel()
	for _, k := range []int{1, 2, 5} {
		c := code(func(s *graph.Scope, x graph.Value) []graph.Term {
			z := latent.Largest(s, "encoder/3", k, x)
			s.Output("code", z)
			return []graph.Term{target(s, z)}
		})
		program := c.program(t, new(graph.Parameters), rows, 5, true, "code")
		x, aim := normals(rows*5, 1), normals(rows*5, 2)
		largest := func(row []float64) []float64 {
			z, sorted := make([]float64, 5), slices.Sorted(slices.Values(row))
			for i, v := range row {
				if v >= sorted[5-k] {
					z[i] = v
				}
			}
			return z
		}
		for _, live := range []int{rows, 3} {
			run(t, program, live, map[string][]float32{"input": x, "target": aim})
			var want []float64
			for at := range live {
				row := make([]float64, 5)
				for i := range row {
					row[i] = float64(x[5*at+i])
				}
				want = append(want, largest(row)...)
			}
			nearAll(t, "code", program.Output("code"), want)
			checkGradient(t, program, live, x[:5*live], func(y []float64) (loss float64) {
				for at := range live {
					for i, z := range largest(y[5*at : 5*at+5]) {
						d := z - float64(aim[5*at+i])
						loss += d * d / float64(live)
					}
				}
				return loss
			})
		}
	}
	_, err := new(graph.Parameters).Declare(1, 2, func(s *graph.Scope) {
		latent.Largest(s, "encoder/3", 4, s.Input("x", graph.Data, graph.Row(3)))
	})
	mentions(t, err, "top-k of encoder/3 is 4", "3 units", "hint")
	if !errors.Is(err, graph.ErrArchitecture) {
		t.Errorf("error %q does not wrap ErrArchitecture", err)
	}
}

// TestFinite checks the rounding to levels. The gradient is that of the value
// before rounding.
func TestFinite(t *testing.T) {
	t.Parallel()
	levels := []int{3, 8, 2, 5}
	const width = 4
	c := code(func(s *graph.Scope, x graph.Value) []graph.Term {
		z := latent.Finite(s, levels, x)
		if z.Shape() != graph.Row(width) {
			t.Errorf("codes are %s", z.Shape())
		}
		s.Output("code", z)
		return []graph.Term{target(s, z)}
	})
	const many = 60
	program := c.program(t, new(graph.Parameters), many, width, true, "code")
	x, aim := normals(many*width, 1), make([]float32, many*width)
	for i := range x {
		x[i] *= 2
	}
	run(t, program, many, map[string][]float32{"input": x, "target": aim})
	bound := func(unit int, z float64) float64 {
		half, offset := float64(levels[unit]-1)*1.001/2, 0.0
		if levels[unit]%2 == 0 {
			offset = 0.5
		}
		return math.Tanh(z+math.Atanh(offset/half))*half - offset
	}
	used := make([]map[float32]bool, width)
	slopes := make([]float64, many*width)
	for i, got := range program.Output("code") {
		unit, steps := i%width, float64(levels[i%width]/2)
		b := bound(unit, float64(x[i]))
		if math.Abs(math.Abs(b-math.Trunc(b))-0.5) > 1e-4 { // far from a rounding step
			near(t, "code", float64(got), math.RoundToEven(b)/steps)
		}
		if used[unit] == nil {
			used[unit] = make(map[float32]bool)
		}
		used[unit][got] = true
		slopes[i] = 2 * float64(got) * (bound(unit, float64(x[i])+1e-5) - bound(unit, float64(x[i])-1e-5)) / 2e-5 / steps / many
	}
	for unit, values := range used {
		if len(values) != levels[unit] {
			t.Errorf("unit %d has the values %v, want %d of them", unit, values, levels[unit])
		}
	}
	for at, got := range program.Gradients()[0].Values() {
		i, j := at/width, at%width
		var want float64
		for row := range many {
			want += float64(x[row*width+i]) * slopes[row*width+j]
		}
		if math.Abs(float64(got)-want) > 1e-3 {
			t.Errorf("gradient [%d][%d] is %g, want %g", i, j, got, want)
		}
	}
	for _, bad := range [][]int{{3, 3}, {1, 3, 3}} {
		_, err := new(graph.Parameters).Declare(1, 2, func(s *graph.Scope) {
			latent.Finite(s, bad, s.Input("x", graph.Data, graph.Row(3)))
		})
		mentions(t, err, "code")
	}
}

// dictionary is a code of 4 units with 2 active units per image on average.
// Units are dead after 2 batches without use.
func dictionary(s *graph.Scope, h graph.Value) []graph.Term {
	d := latent.NewDictionary(s, 2, 2, h)
	s.Output("dead", d.Dead(s, 1))
	return []graph.Term{target(s, d.Code)}
}

// TestDictionary checks that training keeps the largest positive activations of
// a whole batch, and that evaluation keeps those above the running bound.
func TestDictionary(t *testing.T) {
	t.Parallel()
	p := new(graph.Parameters)
	training, evaluation := code(dictionary).program(t, p, 3, 4, true, "code", "dead"), code(dictionary).program(t, p, 3, 4, false, "code", "dead")
	h := []float32{
		9, 8, 7, 1,
		6, 0.5, -5, 0.25,
		-1, -2, 5, -3,
	}
	aim := make([]float32, 12)
	inputs := map[string][]float32{"input": h, "target": aim}
	bound, silent := values(t, p, "code/bound"), values(t, p, "code/silent_batches")
	run(t, training, 3, inputs)
	equal(t, "code", training.Output("code"), []float32{9, 8, 7, 1, 6, 0, 0, 0, 0, 0, 5, 0}) // 6 values for 3 images
	equal(t, "bound before a step", bound, []float32{0})
	training.Advance()
	equal(t, "bound", bound, []float32{1})
	equal(t, "silence", silent, []float32{0, 0, 0, 0})

	run(t, evaluation, 3, inputs)
	equal(t, "code in evaluation", evaluation.Output("code"), []float32{9, 8, 7, 0, 6, 0, 0, 0, 0, 0, 5, 0}) // above 1
	for at := range 3 {                                                                                      // in any batch
		run(t, evaluation, 1, map[string][]float32{"input": h[4*at:], "target": aim})
		want := slices.Clone(h[4*at : 4*at+4])
		for i, v := range want {
			if v <= 1 {
				want[i] = 0
			}
		}
		equal(t, "code of one image", evaluation.Output("code"), want)
	}
	evaluation.Advance()
	equal(t, "bound after an evaluation", bound, []float32{1})

	run(t, training, 2, inputs)
	equal(t, "code of a partial batch", training.Output("code"), []float32{9, 8, 7, 0, 6, 0, 0, 0}) // 4 values for 2 images
	training.Advance()
	equal(t, "bound of two batches", bound, []float32{3.5})
	equal(t, "silence", silent, []float32{0, 0, 0, 1})
	if p.Count() != 16 {
		t.Errorf("%d numbers to train", p.Count())
	}
	checkGradient(t, training, 2, h[:8], func(y []float64) (loss float64) {
		for i, v := range y {
			if i < 3 || i == 4 {
				loss += v * v / 2
			}
		}
		return loss
	})
}

// TestDead checks the code of units that were silent for too long.
func TestDead(t *testing.T) {
	t.Parallel()
	p := new(graph.Parameters)
	training := code(dictionary).program(t, p, 2, 4, true, "code", "dead")
	h := []float32{
		9, 8, 0.5, 0.25,
		7, 6, 0.125, -1,
	}
	inputs := map[string][]float32{"input": h, "target": make([]float32, 8)}
	silent := values(t, p, "code/silent_batches")
	for batches := range 5 {
		run(t, training, 2, inputs)
		equal(t, "code", training.Output("code"), []float32{9, 8, 0, 0, 7, 6, 0, 0})
		want := make([]float32, 8)
		if batches > 2 {
			want[2], want[3] = 0.5, 0.25 // one value per image on average; units 2 and 3 are dead
		}
		equal(t, "dead units", training.Output("dead"), want)
		training.Advance()
		equal(t, "silence", silent, []float32{0, 0, float32(batches + 1), float32(batches + 1)})
	}
}
