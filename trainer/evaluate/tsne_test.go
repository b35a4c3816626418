package evaluate

import (
	"context"
	"math"
	"runtime"
	"slices"
	"testing"

	"gaetrain/loaders"
)

// clusters returns n points around each of k centres in D dimensions, and the cluster of
// each point.
func clusters(n, k, columns int) (Matrix, []loaders.Label) {
	x, labels := random(n*k, columns, 5), make([]loaders.Label, n*k)
	for i := range labels {
		labels[i] = loaders.Label(i % k)
		x.Row(i)[i%k%columns] += 30
	}
	return x, labels
}

// TestTSNE embeds clusters. Each cluster must stay together and separate from the others,
// for any number of threads.
func TestTSNE(t *testing.T) {
	x, labels := clusters(60, 4, 9)
	places, divergence, err := TSNE{Seed: 1}.Embed(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	index, err := NewNearestNeighbours(places)
	if err != nil {
		t.Fatal(err)
	}
	found, err := index.Search(t.Context(), places, 30)
	if err != nil {
		t.Fatal(err)
	}
	for i, neighbours := range found {
		for _, n := range neighbours {
			if labels[n.Index] != labels[i] {
				t.Fatalf("point %d of class %d has a neighbour of class %d", i, labels[i], labels[n.Index])
			}
		}
	}
	if divergence < 0 || divergence > 1.2 {
		t.Errorf("the final divergence is %g", divergence)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	again, _, err := TSNE{Seed: 1}.Embed(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(places.Values, again.Values) {
		t.Error("one thread gives other coordinates than several threads")
	}
}

// TestTSNEGradient compares with differences of the divergence, with the whole tree and
// with the angle of the descent.
func TestTSNEGradient(t *testing.T) {
	x, _ := clusters(10, 3, 4)
	p, err := newAffinities(t.Context(), x, 5)
	if err != nil {
		t.Fatal(err)
	}
	e := embedding{p: p}
	for i := range 2 * x.Rows {
		e.places = append(e.places, math.Sin(float64(i*i)))
	}
	for theta, tolerance := range map[float64]float64{0: 1e-6, barnesHutAngle: 2e-3} {
		for i := range e.places {
			const h = 1e-5
			at := e.places[i]
			e.places[i] = at + h
			e.differentiate(1, 0)
			above := e.divergence()
			e.places[i] = at - h
			e.differentiate(1, 0)
			below := e.divergence()
			e.places[i] = at
			e.differentiate(1, theta)
			if want := (above - below) / (2 * h); math.Abs(e.gradients[i]-want) > tolerance {
				t.Errorf("angle %g: gradient %d is %g, want %g", theta, i, e.gradients[i], want)
			}
		}
	}
}

func TestAffinities(t *testing.T) {
	x, _ := clusters(50, 2, 3)
	p, err := newAffinities(t.Context(), x, 10)
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for i, row := range p {
		for _, a := range row {
			sum += a.p
			back := slices.IndexFunc(p[a.index], func(b affinity) bool { return b.index == i })
			if back < 0 || p[a.index][back].p != a.p {
				t.Fatalf("pairs %d, %d and %d, %d differ", i, a.index, a.index, i)
			}
		}
	}
	if math.Abs(sum-1) > 1e-9 {
		t.Errorf("affinities sum to %g", sum)
	}
	row := conditional([]Neighbour{{1, 1}, {2, 1.5}, {3, 2}, {4, 7}}, 2.5)
	entropy := 0.0
	for _, a := range row {
		entropy -= a.p * math.Log(a.p)
	}
	if math.Abs(math.Exp(entropy)-2.5) > 1e-4 {
		t.Errorf("perplexity %g, want 2.5", math.Exp(entropy))
	}
}

// TestTSNEOdd embeds points that coincide or lie on a line.
func TestTSNEOdd(t *testing.T) {
	for name, x := range map[string]Matrix{"all the same": newMatrix(40, 3), "line": NewMatrix([]float32{1, 2, 3, 4, 5, 100, 1e20}, 1), "twice": func() Matrix {
		x := random(100, 4, 1)
		copy(x.Slice(50, 100).Values, x.Slice(0, 50).Values)
		return x
	}()} {
		places, divergence, err := TSNE{Iterations: 300}.Embed(context.Background(), x)
		if err != nil || places.check() != nil || math.IsNaN(divergence) {
			t.Errorf("%s: %v, %v, divergence %g", name, err, places.check(), divergence)
		}
	}
	x := random(40, 3, 1)
	for name, c := range map[string]struct {
		o TSNE
		x Matrix
	}{"too few": {TSNE{}, x.Slice(0, 3)}, "wide": {TSNE{Perplexity: 14}, x}, "narrow": {TSNE{Perplexity: 0.5}, x}, "not a number": {TSNE{Perplexity: math.NaN()}, x}} {
		if _, _, err := c.o.Embed(context.Background(), c.x); !isInput(err) {
			t.Errorf("%s: error %v, want one that wraps ErrInput", name, err)
		}
	}
	stopped, stop := context.WithCancel(context.Background())
	stop()
	if _, _, err := (TSNE{}).Embed(stopped, x); err != context.Canceled {
		t.Errorf("stopped: %v", err)
	}
}
