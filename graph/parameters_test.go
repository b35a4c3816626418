package graph_test

import (
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
)

func TestParameters(t *testing.T) {
	a := small(kernel.ReLU)
	a.Decoder[0].NoBias = true
	p := parameters(t, a, 1)
	type tensor struct {
		Name  string
		Shape []int
		Bias  bool
	}
	var got []tensor
	count := 0
	for _, parameter := range p.All() {
		got = append(got, tensor{parameter.Name, parameter.Shape(), parameter.IsBias()})
		count += len(parameter.Values())
		if zero := !slices.ContainsFunc(parameter.Values(), func(v float32) bool { return v != 0 }); zero != parameter.IsBias() {
			t.Errorf("%s: all zero is %t", parameter.Name, zero)
		}
	}
	want := []tensor{
		{"encoder/1/weights", []int{20, 13}, false}, {"encoder/1/bias", []int{13}, true},
		{"encoder/2/weights", []int{13, 3}, false}, {"encoder/2/bias", []int{3}, true},
		{"decoder/1/weights", []int{3, 13}, false},
		{"decoder/2/weights", []int{13, 20}, false}, {"decoder/2/bias", []int{20}, true},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if p.Count() != count {
		t.Errorf("count is %d, want %d", p.Count(), count)
	}
	if _, ok := p.Get("decoder/1/bias"); ok {
		t.Error("a layer without bias has one")
	}
}

// TestInitialValuesDependOnSeedAndNameAlone compares models of which one has
// more layers.
func TestInitialValuesDependOnSeedAndNameAlone(t *testing.T) {
	a := small(kernel.ReLU)
	more := a
	more.Encoder = append(slices.Clone(a.Encoder), graph.Layer{Units: 2, Initialiser: graph.Zeros})
	const name = "encoder/2/weights"
	want := values(t, parameters(t, a, 1), name)
	same(t, "the same again", values(t, parameters(t, a, 1), name), want)
	same(t, "a deeper model's", values(t, parameters(t, more, 1), name), want)
	if slices.Equal(values(t, parameters(t, a, 2), name), want) {
		t.Error("another seed gives the same values")
	}
	square := fullyConnected(graph.Shape{Channels: 1, Height: 3, Width: 3}, []int{9}, 9, kernel.ReLU, kernel.ReLU, kernel.Linear, graph.HeNormal)
	p := parameters(t, square, 1)
	if slices.Equal(values(t, p, "encoder/1/weights"), values(t, p, "encoder/2/weights")) {
		t.Error("two tensors of one shape have the same values")
	}
}

func TestInitialisers(t *testing.T) {
	const in, out = 300, 200
	uniform := func(limit float64) (deviation, most float64) { return limit / math.Sqrt(3), limit }
	normal := func(variance float64) (deviation, most float64) {
		return math.Sqrt(variance), 6 * math.Sqrt(variance)
	}
	distributions := map[graph.Initialiser]func() (deviation, most float64){
		graph.GlorotUniform: func() (float64, float64) { return uniform(math.Sqrt(6.0 / (in + out))) },
		graph.GlorotNormal:  func() (float64, float64) { return normal(2.0 / (in + out)) },
		graph.HeUniform:     func() (float64, float64) { return uniform(math.Sqrt(6.0 / in)) },
		graph.HeNormal:      func() (float64, float64) { return normal(2.0 / in) },
		graph.LeCunUniform:  func() (float64, float64) { return uniform(math.Sqrt(3.0 / in)) },
		graph.LeCunNormal:   func() (float64, float64) { return normal(1.0 / in) },
		graph.Normal:        func() (float64, float64) { return normal(1e-4) },
		graph.Uniform:       func() (float64, float64) { return uniform(0.05) },
		graph.Zeros:         func() (float64, float64) { return 0, 0 },
	}
	for _, initialiser := range graph.Initialisers() {
		t.Run(string(initialiser), func(t *testing.T) {
			if parsed, err := graph.ParseInitialiser(string(initialiser)); err != nil || parsed != initialiser {
				t.Errorf("parsed as %q, %v", parsed, err)
			}
			a := fullyConnected(graph.Shape{Channels: 1, Height: 1, Width: in}, nil, out, kernel.ReLU, kernel.ReLU, kernel.Linear, initialiser)
			distribution, ok := distributions[initialiser]
			if !ok && initialiser != graph.Images { // which TestInitialiseFrom shows
				t.Fatal("no test")
			} else if !ok {
				return
			}
			deviation, most := distribution()
			var sum, squares, largest, beyond float64
			all := values(t, parameters(t, a, 11), "encoder/1/weights")
			for _, v := range all {
				sum += float64(v)
				squares += float64(v) * float64(v)
				largest = max(largest, math.Abs(float64(v)))
				if math.Abs(float64(v)) > deviation {
					beyond++
				}
			}
			n := float64(len(all))
			if mean := sum / n; math.Abs(mean) > 4*deviation/math.Sqrt(n) {
				t.Errorf("mean is %g", mean)
			}
			if got := math.Sqrt(squares / n); math.Abs(got-deviation) > 0.02*deviation {
				t.Errorf("standard deviation is %g, want %g", got, deviation)
			}
			if largest > most*1.000001 || largest < 0.95*most && most == math.Sqrt(3)*deviation {
				t.Errorf("largest is %g, want at most %g", largest, most)
			}
			// Beyond one standard deviation lie 31.7 % of a normal and 42.3 % of a uniform distribution.
			want := 0.317
			if most < 3*deviation {
				want = 0.423
			}
			if share := beyond / n; deviation > 0 && math.Abs(share-want) > 0.02 {
				t.Errorf("%.1f %% lie beyond one standard deviation, want %.1f", 100*share, 100*want)
			}
		})
	}
}
