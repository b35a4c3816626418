package trainer

import (
	"context"
	"math"
	"testing"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
)

// TestJacobianNorm compares the norm with that of a layer by formula, exactly
// where the code is small and within the error of random directions where not.
func TestJacobianNorm(t *testing.T) {
	data := dataset()
	for _, test := range []struct {
		units     int
		tolerance float64
	}{{jacobianExact, 1e-5}, {jacobianExact + 1, 0.1}} {
		image := graph.Shape(data.Test.Shape)
		layer := graph.Layer{Activation: kernel.Sigmoid, Initialiser: graph.GlorotUniform}
		code := layer
		code.Units = test.units
		a := graph.Dense(image, nil, layer, code, layer)
		objective := graph.Objective{Reconstruction: graph.CrossEntropy, Penalties: []graph.Penalty{{Term: graph.Contraction, Weight: 1}}}
		p, err := graph.NewParameters(a, objective, 1)
		if err != nil {
			t.Fatal(err)
		}
		model := &Model{Config: Defaults(), Stage: Stage{Architecture: a, Objective: objective}, Parameters: p}
		figures, err := model.Evaluate(context.Background(), data.Test)
		if err != nil {
			t.Fatal(err)
		}
		got, want := figures.Measures[JacobianNorm], figures.Terms[graph.Contraction]
		if math.Abs(got-want) > test.tolerance*want {
			t.Errorf("of a code of %d values the norm is %g, want %g", test.units, got, want)
		}
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	p := new(graph.Parameters)
	a := graph.Dense(graph.Shape(data.Test.Shape), nil, graph.Layer{}, graph.Layer{Units: 2, Initialiser: graph.Zeros}, graph.Layer{Initialiser: graph.Zeros})
	if err := p.Extend(a, graph.Objective{}, 1); err != nil {
		t.Fatal(err)
	}
	if _, err := jacobianNorm(ended, a, p, 1, data.Test); err == nil {
		t.Error("an ended context is no error")
	}
}
