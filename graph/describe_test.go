package graph_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/graph/op"
)

func describe(t *testing.T, p *graph.Program) []graph.Node {
	t.Helper()
	nodes, err := p.Describe()
	if err != nil {
		t.Fatal(err)
	}
	return nodes
}

// TestDescribe checks every node of a small autoencoder, with its inputs.
func TestDescribe(t *testing.T) {
	t.Parallel()
	a := small(t, "relu", true)
	nodes := describe(t, evaluationOf(t, parameters(t, 1, a.declare), 6, a.declare, "reconstruction"))
	text := make(map[string]string)
	name := func(n graph.Node) string { return strings.TrimPrefix(n.Place+" "+n.Name, " ") }
	for i, n := range nodes {
		var inputs []string
		for _, at := range n.Inputs {
			if at >= i {
				t.Errorf("%s is listed before its input %s", name(n), name(nodes[at]))
			}
			inputs = append(inputs, name(nodes[at]))
		}
		slices.Sort(inputs)
		if _, twice := text[name(n)]; twice {
			t.Errorf("%s is listed twice", name(n))
		}
		text[name(n)] = n.Role + " " + n.Shape + " of " + strings.Join(inputs, ", ")
	}
	want := map[string]string{
		"input":                        "input B×20 of ",
		"target":                       "target B×20 of ",
		"encoder/1 weights":            "parameter 20×13 of ",
		"encoder/1 bias":               "parameter 13 of ",
		"encoder/2 weights":            "parameter 13×3 of ",
		"encoder/2 bias":               "parameter 3 of ",
		"decoder/1 weights":            "parameter 3×13 of ",
		"decoder/2 weights":            "parameter 13×20 of ",
		"decoder/2 bias":               "parameter 20 of ",
		"encoder/1 affine+relu":        "operation B×13 of encoder/1 bias, encoder/1 weights, input",
		"encoder/2 affine+linear":      "code B×3 of encoder/1 affine+relu, encoder/2 bias, encoder/2 weights",
		"decoder/1 affine+relu":        "operation B×13 of decoder/1 weights, encoder/2 affine+linear",
		"decoder/2 affine+linear":      "operation B×20 of decoder/1 affine+relu, decoder/2 bias, decoder/2 weights",
		"reconstruction sigmoid":       "reconstruction B×20 of decoder/2 affine+linear",
		"reconstruction cross-entropy": "loss scalar of decoder/2 affine+linear, target",
	}
	if diff := cmp.Diff(want, text); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestDescribeIsDeterministic compiles programs several times. One of them has
// batches with 2 and with 5 rows for each image.
func TestDescribeIsDeterministic(t *testing.T) {
	t.Parallel()
	a := spelled(t, graph.Shape{Channels: 1, Height: 4, Width: 4}, "conv:2,3,s2 dense:3", "dense:16,1x4x4", true)
	samples := func(s *graph.Scope) {
		several(s, 2)
		s.Output("z", s.First("z", several(s, 5)))
	}
	p := parameters(t, 1, a.declare)
	for _, declare := range []graph.Declaration{a.declare, samples} {
		for _, training := range []bool{true, false} {
			var first []graph.Node
			for range 10 {
				nodes := describe(t, compile(t, p, graph.Options{Batch: 3, Training: training}, declare))
				if first == nil {
					first = nodes
				}
				if diff := cmp.Diff(first, nodes); diff != "" {
					t.Fatalf("(-first +again)\n%s", diff)
				}
			}
		}
	}
}

// TestDescribeRows checks the shapes of batches with one row and with several
// rows for each image, and of images in lanes.
func TestDescribeRows(t *testing.T) {
	t.Parallel()
	shape := graph.Shape{Channels: 2, Height: 3, Width: 4}
	program := compile(t, new(graph.Parameters), graph.Options{Batch: 40, Outputs: []string{"first"}}, func(s *graph.Scope) {
		s.Output("act", s.Activate("act", kernel.Tanh, several(s, 2)))
		s.Output("first", s.First("last", s.Activate("five", kernel.Tanh, several(s, 5))))
		s.Images("lanes", s.Input("input", graph.Data, shape))
		labels := s.Labels(graph.Target, 3)
		s.Apply(func(rows *op.Rows, x op.Node, _ ...op.Node) (op.Node, error) {
			return op.Activate("labelled", rows, kernel.Tanh, x)
		}, labels)
	})
	got := make(map[string]string)
	for _, n := range describe(t, program) {
		got[strings.TrimPrefix(n.Place+" "+n.Name, " ")] = n.Role + " " + n.Shape
	}
	for name, want := range map[string]string{
		"act tanh": "act 2B×3", "five tanh": "operation 5B×3", "last 1 of 5 samples": "first B×3", "noise-2": "random B×6", "noise-5": "random B×15", "statistics": "input B×6",
		"lanes images": "conversion B×2×3×4", "labels": "target B×1", "labelled tanh": "operation B×1",
	} {
		if got[name] != want {
			t.Errorf("%s is %q, want %q; of %v", name, got[name], want, got)
		}
	}
}

// TestDescribeWithoutRows gives no batch to what is computed from parameters alone,
// and describes a declaration without compiling it.
func TestDescribeWithoutRows(t *testing.T) {
	declare := func(s *graph.Scope) {
		w := s.Parameter(graph.Spec{Name: "layer/weights", Part: "layer", Shape: []int{4, 3}, Fill: graph.Constant(1)})
		s.ApplyTo(func(w op.Node) (op.Node, error) {
			normal, _, err := op.SpectralNorm("layer", w, []float32{1, 0, 0, 0})
			return normal, err
		}, w)
	}
	nodes, err := graph.Describe(parameters(t, 1, declare), graph.Options{Batch: 4, Training: true}, declare)
	if err != nil {
		t.Fatal(err)
	}
	want := []graph.Node{
		{Place: "layer", Name: "weights", Role: "parameter", Shape: "4×3", Values: 12},
		{Place: "layer", Name: "spectral norm", Role: "operation", Shape: "4×3", Inputs: []int{0}},
	}
	if diff := cmp.Diff(want, nodes); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestDescribeGradients checks which nodes of a training program are gradients, and of
// which parameters. A gradient has the shape of its parameter, although a batch can have
// as many rows.
func TestDescribeGradients(t *testing.T) {
	t.Parallel()
	a := small(t, "relu", true)
	p := parameters(t, 1, a.declare)
	nodes := describe(t, compile(t, p, graph.Options{Batch: 13, Training: true}, a.declare))
	of := make(map[string]string)
	for i, n := range nodes {
		for _, at := range n.Inputs {
			if nodes[at].Role == graph.GradientRole && n.Role != graph.GradientRole {
				t.Errorf("%s %s is computed from gradients, but it is %q", n.Place, n.Name, n.Role)
			}
		}
		if n.Of != "" {
			of[n.Of] = n.Role + " " + n.Shape
		}
		if n.Role == graph.ParameterRole && n.Values == 0 || n.Role != graph.ParameterRole && n.Values > 0 {
			t.Errorf("node %d is %+v", i, n)
		}
	}
	want := make(map[string]string)
	for _, parameter := range p.All() {
		sides := make([]string, len(parameter.Shape))
		for i, side := range parameter.Shape {
			sides[i] = fmt.Sprint(side)
		}
		want[parameter.Name] = "gradient " + strings.Join(sides, "×")
	}
	if diff := cmp.Diff(want, of); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	for _, n := range describe(t, evaluationOf(t, p, 6, a.declare)) {
		if n.Role == graph.GradientRole {
			t.Errorf("an evaluation has the gradient %+v", n)
		}
	}
}
