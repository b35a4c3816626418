package op_test

import (
	"math"
	"slices"
	"testing"

	"gorgonia.org/gorgonia"

	"gaetrain/graph/kernel"
	"gaetrain/graph/kernel/noise"
	"gaetrain/graph/op"
)

// book is a codebook of 7 entries with 3 values.
func book() (entries []float32) {
	for i := range 7 * 3 {
		entries = append(entries, float32(math.Sin(float64(i*i))))
	}
	return entries
}

// replace returns the code in which the nearest entries replace 4 words in a map, and the
// entries.
func replace(z array) (y array, indices []float32) {
	y, indices = zeros(z.shape...), make([]float32, z.shape[0]*4)
	for i := range indices {
		at := func(d int) int { return i/4*12 + d*4 + i%4 }
		best := math.Inf(1)
		for k := range 7 {
			distance := 0.0
			for d := range 3 {
				difference := z.values[at(d)] - float64(book()[k*3+d])
				distance += difference * difference
			}
			if distance < best {
				best, indices[i] = distance, float32(k)
			}
		}
		for d := range 3 {
			y.values[at(d)] = float64(book()[int(indices[i])*3+d])
		}
	}
	return y, indices
}

// TestNearestWords compares the gradient with that of a code which adds the change of the
// inputs as a constant.
func TestNearestWords(t *testing.T) {
	var change []float64 // for the inputs of the first call
	m := onInput(-1, 1, -1, 1, 12, func(t *testing.T, rows *op.Rows, x, target *gorgonia.Node) (*gorgonia.Node, op.Loss) {
		l := must[op.Lookup](t)(op.Nearest("code", rows, kernel.WordsInMaps(4, 3), book(), x))
		return l.Code, must[op.Loss](t)(op.SquaredError("loss", rows, l.Code, target))
	}, func(x, target array) (array, losses) {
		if len(change) != len(x.values) {
			y, _ := replace(x)
			for i, v := range x.values {
				y.values[i] -= v
			}
			change = y.values
		}
		y := zeros(x.shape...)
		for i, v := range x.values {
			y.values[i] = v + change[i]
		}
		return y, squaredError(y, target)
	})
	eachPath(t, func(t *testing.T) { m.check(t, 9, 11) })
	m.checkAllocations(t)
}

// TestLookup checks the indices, what a prior sees of them, its loss, and that updates move
// the entries towards their vectors.
func TestLookup(t *testing.T) {
	t.Parallel()
	graph, rows := gorgonia.NewGraph(), &op.Rows{Live: 3, Compiled: 4}
	z := array{[]int{4, 12}, make([]float64, 48)}
	for i := range z.values {
		z.values[i] = math.Cos(float64(i))
	}
	entries := book()
	l := must[op.Lookup](t)(op.Nearest("code", rows, kernel.WordsInMaps(4, 3), entries, declare(graph, "z", z)))
	others := [][]int{{-1, -1}, {0, -1}, {1, 0}, {2, 1}}
	seen := must[*gorgonia.Node](t)(op.Context("prior", rows, others, 3, entries, l.Indices))
	logits := declare(graph, "logits", array{[]int{16, 7}, make([]float64, 112)})
	loss := must[op.Loss](t)(op.WordsCrossEntropy("prior", rows, logits, l.Indices))
	machine := gorgonia.NewTapeMachine(graph)
	defer machine.Close()
	if err := machine.RunAll(); err != nil {
		t.Fatal(err)
	}
	_, want := replace(z.rows(3))
	if got := floats(l.Indices)[:12]; !slices.Equal(got, want) {
		t.Errorf("the entries are %v, want %v", got, want)
	}
	const width = 2*3 + 4
	for i := range 12 {
		row, p := floats(seen)[i*width:(i+1)*width], i%4
		for slot, other := range others[p] {
			values := make([]float32, 3)
			if other >= 0 {
				copy(values, entries[int(want[i-p+other])*3:][:3])
			}
			if got := row[slot*3 : slot*3+3]; !slices.Equal(got, values) {
				t.Errorf("word %d sees %v of word %d, want %v", p, got, other, values)
			}
		}
		for q, v := range row[6:] {
			if (v == 1) != (q == p) || v != 0 && v != 1 {
				t.Errorf("word %d has the position %v", p, row[6:])
			}
		}
	}
	for _, nats := range loss.PerImage() {
		if math.Abs(float64(nats)-4*math.Log(7)) > 1e-5 {
			t.Errorf("equal logits have a loss of %g, want 4·ln 7", nats)
		}
	}
	c := kernel.MovingCodebook{Size: 3, Decay: 0.5, Entries: entries, Counts: make([]float32, 7), Sums: make([]float32, 21)}
	before := slices.Clone(entries)
	l.Update(c, noise.Key{Seed: 1})
	first := slices.Clone(entries)
	if slices.Equal(first, before) {
		t.Error("an update does not move the entries")
	}
	copy(entries, before)
	clear(c.Counts)
	clear(c.Sums)
	if l.Update(c, noise.Key{Seed: 1}); !slices.Equal(entries, first) {
		t.Error("the same update gives other entries")
	}
}

func TestNearestRefuses(t *testing.T) {
	t.Parallel()
	graph, rows := gorgonia.NewGraph(), &op.Rows{Live: 2, Compiled: 2}
	z := declare(graph, "z", zeros(2, 5))
	const want = "code: nearest words: a code of 5 values and a codebook of 21 values, want 4 words of 3 values"
	if _, err := op.Nearest("code", rows, kernel.WordsInRows(4, 3), book(), z); err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
	if _, err := op.Context("prior", rows, [][]int{{-1}}, 3, book(), z); err == nil {
		t.Error("5 words are accepted for 1")
	}
}
