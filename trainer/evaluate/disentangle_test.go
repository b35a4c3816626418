package evaluate

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"testing"

	"gaetrain/loaders"
)

// constructed has four factors in all combinations, each combination four times. Its first
// factor has classes.
func constructed() (factors []loaders.Factor, images int) {
	images = 4 * 360
	for k, f := range []loaders.Factor{{Name: "shape", Size: 3, Classes: true}, {Name: "size", Size: 4}, {Name: "x", Size: 5}, {Name: "y", Size: 6}} {
		for i := range images {
			f.Values = append(f.Values, uint16(i%360/[]int{120, 30, 6, 1}[k]%f.Size))
		}
		factors = append(factors, f)
	}
	return factors, images
}

// scatter returns numbers from −½ to ½ for image i that look random.
func scatter(i, j int) float64 {
	return float64(uint32((i*7919+j*104729+i/360*3571)*2654435761)>>8)/(1<<24) - 0.5
}

// The first three figures of each code were computed with NumPy 2.4.6 and scikit-learn
// 1.9.1 (mutual_info_score) by the definitions of disentanglement_lib, and for SAP by those
// of Kumar 2018. The next three are means over five seeds of scikit-learn's
// RandomForestRegressor (20 trees, max_depth 10, min_samples_leaf 5), whose standard
// deviation is up to 0.005. The last one is a vote of 10,000 and 5,000 samples.
func TestDisentangleAgreesWithReferences(t *testing.T) {
	t.Parallel()
	factors, n := constructed()
	tests := []struct {
		name                                       string
		code                                       func(u []float64, i int) []float64
		mig, modularity, sap                       float64
		disentanglement, completeness, informative float64
		vote                                       float64
	}{
		{"perfect, and one constant", func(u []float64, _ int) []float64 { return append(u, 0) }, 1, 0.8, 11.0 / 12, 1, 1, 1, 1},
		{"rotated", func(u []float64, i int) []float64 {
			return []float64{u[1]/4 + u[2]/5, u[1]/4 - u[2]/5, u[0] + u[3]/2, u[0] - u[3]/2, scatter(i, 1)}
		}, 0, 0.8867430503, 0.0000000023, 0.5018, 0.5718, 1, 0.5286},
		{"noisy", func(u []float64, i int) []float64 {
			return []float64{u[0] + scatter(i, 0), u[1] + 2*scatter(i, 1), u[2] + 0.5*u[3] + scatter(i, 2), u[3] + scatter(i, 3), scatter(i, 5)}
		}, 0.6593228588, 0.9813471957, 0.7014302392, 0.8977, 0.8507, 0.9964, 1},
		{"redundant", func(u []float64, i int) []float64 { return []float64{u[0], u[0] + scatter(i, 1)/4, u[1], u[2], u[3]} },
			0.7459501960, 0.9999816280, 0.7499989909, 1, 0.8945, 1, 1},
	}
	for _, test := range tests {
		var values []float32
		for i := range n {
			var u []float64
			for _, f := range factors {
				u = append(u, float64(f.Values[i]))
			}
			for _, v := range test.code(u, i) {
				values = append(values, float32(v))
			}
		}
		got, err := Disentangle(context.Background(), NewMatrix(values, 5), factors, 1)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			name                 string
			got, want, tolerance float64
		}{
			{"mig", got.MIG, test.mig, 1e-9}, {"modularity", got.Modularity, test.modularity, 1e-9}, {"sap", got.SAP, test.sap, 1e-7},
			{"disentanglement", got.Disentanglement, test.disentanglement, 0.015}, {"completeness", got.Completeness, test.completeness, 0.015},
			{"informativeness", got.Informativeness, test.informative, 0.004}, {"vote", got.MajorityVote, test.vote, 0.02},
		} {
			if math.Abs(c.got-c.want) > c.tolerance {
				t.Errorf("%s: %s is %.10f, want %.10f ± %g", test.name, c.name, c.got, c.want, c.tolerance)
			}
		}
	}
}

func TestDisentangleReportsFactors(t *testing.T) {
	factors, n := constructed()
	var values []float32
	for i := range n { // the codes are y, x, size, shape
		for k := range factors {
			values = append(values, -float32(factors[3-k].Values[i]))
		}
	}
	factors = append(factors, loaders.Factor{Name: "colour", Size: 3, Values: make([]uint16, n)})
	codes := NewMatrix(values, 4)
	got, err := Disentangle(context.Background(), codes, factors, 1)
	if err != nil || len(got.Factors) != 4 || got.Modularity != 1 {
		t.Fatalf("%d factors, modularity %g, error %v; the factor colour does not vary", len(got.Factors), got.Modularity, err)
	}
	for k, f := range got.Factors {
		if f.Name != factors[k].Name || f.Code != 3-k || math.Abs(f.Information-1) > 1e-9 || math.Abs(f.MIG-1) > 1e-9 || f.Completeness != 1 {
			t.Errorf("factor %d: %+v", k, f)
		}
	}
	threads := runtime.GOMAXPROCS(1)
	again, err := Disentangle(context.Background(), codes, factors, 1)
	runtime.GOMAXPROCS(threads)
	if err != nil || !reflect.DeepEqual(got, again) {
		t.Errorf("other figures with one thread (error %v)", err)
	}
	short := slices.Clone(factors)
	short[0].Values = short[0].Values[1:]
	for name, wrong := range map[string][]loaders.Factor{"none": nil, "constant": factors[4:], "short": short, "outside": {{Name: "x", Size: 2, Values: factors[2].Values}}} {
		if _, err := Disentangle(context.Background(), codes, wrong, 1); !errors.Is(err, ErrInput) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// countedSource counts the numbers that are drawn.
type countedSource struct{ drawn int }

func (c *countedSource) Uint64() uint64 { c.drawn++; return uint64(c.drawn) * 0x9e3779b97f4a7c15 }

// TestDisentangleEndsSoon checks that a context that has ended stops the votes and the growth
// of trees, which take long.
func TestDisentangleEndsSoon(t *testing.T) {
	t.Parallel()
	factors, n := constructed()
	codes := newMatrix(n, 2)
	for i := range codes.Values {
		codes.Values[i] = float32(scatter(i, 1))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var source countedSource
	if _, err := majorityVote(ctx, codes, factors, rand.New(&source)); !errors.Is(err, context.Canceled) || source.drawn > 0 {
		t.Errorf("majority vote: error %v after %d random numbers", err, source.drawn)
	}
	targets, width := targetsOf(factors[1])
	if tree := newTree(ctx, codes, targets, width, counted(n), rand.New(&source)); len(tree.nodes) != 1 {
		t.Errorf("a tree has %d nodes", len(tree.nodes))
	}
	if _, _, err := fitForest(ctx, codes, targets, width, counted(n), counted(n), 1); !errors.Is(err, context.Canceled) {
		t.Errorf("forest: error %v", err)
	}
}

// TestFactorMeasuresAreThoseOfTheJSON compares the list of measures with the fields of a result.
func TestFactorMeasuresAreThoseOfTheJSON(t *testing.T) {
	t.Parallel()
	d := Disentangled{MIG: 1, SAP: 2, Modularity: 3, DCI: DCI{Disentanglement: 4, Completeness: 5, Informativeness: 6}, MajorityVote: 7}
	text, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(text, &fields); err != nil {
		t.Fatal(err)
	}
	for i, m := range FactorMeasures {
		if got := m.Of(d); fields[m.Name] != got || got != float64(i+1) {
			t.Errorf("%s is %g, and %v in JSON", m.Name, got, fields[m.Name])
		}
	}
}
