package graph_test

import (
	"errors"
	"math"
	"slices"
	"testing"

	"gaetrain/graph"
)

func TestInitialisers(t *testing.T) {
	t.Parallel()
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
		graph.Images:        func() (float64, float64) { return 0, 0 }, // until InitialiseFromImages
	}
	for _, initialiser := range graph.Initialisers() {
		t.Run(string(initialiser), func(t *testing.T) {
			if parsed, err := graph.ParseInitialiser(string(initialiser)); err != nil || parsed != initialiser {
				t.Errorf("parsed as %q, %v", parsed, err)
			}
			distribution, ok := distributions[initialiser]
			if !ok {
				t.Fatal("no test")
			}
			deviation, most := distribution()
			all := make([]float32, in*out)
			initialiser.Fill("encoder/1/weights", in, out)(all, 11)
			var sum, squares, largest, beyond float64
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
	var unknown graph.Initialiser
	mentions(t, unknown.UnmarshalText([]byte("ones")), `"ones"`, "glorot-uniform", "images")
	if err := unknown.UnmarshalText([]byte("he-normal")); err != nil || unknown != graph.HeNormal {
		t.Errorf("%q, %v", unknown, err)
	}
}

func TestConstant(t *testing.T) {
	t.Parallel()
	values := make([]float32, 3)
	graph.Constant(0.25)(values, 9)
	same(t, "values", values, []float32{0.25, 0.25, 0.25})
}

// pictures returns a sample of different images of six values each.
func pictures(count int) graph.Sample {
	values := normals(count*6, 3)
	return graph.Sample{Count: count, Read: func(dst []float32, i int) error { copy(dst, values[i*6:(i+1)*6]); return nil }}
}

// TestInitialiseFromImages checks that each unit starts as a different image.
func TestInitialiseFromImages(t *testing.T) {
	t.Parallel()
	const units = 25
	sample := pictures(40)
	declare := func(units int) *graph.Parameters {
		return parameters(t, 1, func(s *graph.Scope) {
			s.Parameter(graph.Spec{Name: "encoder/1/weights", Role: graph.Weight, Shape: []int{6, units}})
		})
	}
	weights := func(seed uint64) []float32 {
		p := declare(units).All()[0]
		if err := graph.InitialiseFromImages(p, sample, seed); err != nil {
			t.Fatal(err)
		}
		return p.Values()
	}
	w := weights(1)
	taken, image := map[int]bool{}, make([]float32, 6)
	for unit := range units {
		for i := range sample.Count {
			if err := sample.Read(image, i); err != nil {
				t.Fatal(err)
			}
			equal := true
			for j, x := range image {
				equal = equal && math.Abs(float64(w[j*units+unit])-0.01*float64(x)) < 1e-8
			}
			if equal {
				taken[i] = true
			}
		}
	}
	if len(taken) != units {
		t.Errorf("%d units start as %d different images", units, len(taken))
	}
	if !slices.Equal(weights(1), w) || slices.Equal(weights(2), w) {
		t.Error("the seed does not decide which images")
	}
	err := graph.InitialiseFromImages(declare(41).All()[0], sample, 1)
	mentions(t, err, "encoder/1/weights", "41 units", "40", "hint")
	if !errors.Is(err, graph.ErrArchitecture) {
		t.Errorf("error %q does not wrap ErrArchitecture", err)
	}
	if err := graph.InitialiseFromImages(declare(40).All()[0], sample, 1); err != nil {
		t.Errorf("as many units as images: %v", err)
	}
}
