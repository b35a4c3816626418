package graph_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"gaetrain/graph"
	"gaetrain/graph/op"
	"gaetrain/graph/trace"
)

// traced records a declaration of three inputs and a weight.
func traced(t *testing.T, in, out graph.Ports, outputs []string, d func(s *graph.Scope, x, w graph.Value)) (*trace.Network, error) {
	t.Helper()
	p := new(graph.Parameters)
	declare := func(s *graph.Scope) {
		w := s.Parameter(graph.Spec{Name: "part/1/weights", Role: graph.Weight, Shape: []int{3, 3}})
		d(s, s.Input("input", graph.Data, graph.Row(3)), w)
	}
	if _, err := p.Declare(1, 2, declare); err != nil {
		t.Fatal(err)
	}
	return graph.Trace(p, "part", in, out, outputs, declare)
}

// affine declares x·W, with its form if traced.
func affine(s *graph.Scope, x, w graph.Value, withForm bool) graph.Value {
	y := s.Apply(func(rows *op.Rows, x op.Node, more ...op.Node) (op.Node, error) {
		return op.Affine("part/1", rows, 0, false, false, x, more[0], nil)
	}, x, w)
	if !withForm {
		return y
	}
	return s.Traced(y, func(n *trace.Network, in []*trace.Value) *trace.Value {
		return n.Python(n.Node("part/1", "MatMul", in[0].Shape, nil, in[0], in[1]), "%s @ w", in[0])
	}, x, w)
}

// TestTrace records the operations that an output needs, between the values that users
// give and get.
func TestTrace(t *testing.T) {
	double := func(n *trace.Network, x *trace.Value) *trace.Value {
		return n.Python(n.Node("double", "Add", x.Shape, nil, x, x), "2 * %s", x)
	}
	n, err := traced(t, graph.Ports{"input": double}, graph.Ports{"y": double}, []string{"y"}, func(s *graph.Scope, x, w graph.Value) {
		y := affine(s, x, w, true)
		s.Output("y", y)
		s.Output("not wanted", affine(s, y, w, true))
	})
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, node := range n.Nodes {
		kinds = append(kinds, node.Kind)
	}
	if want := []string{"Add", "MatMul", "Add"}; !slices.Equal(kinds, want) {
		t.Errorf("nodes are %v, want %v", kinds, want)
	}
	if len(n.Tensors) != 1 || n.Tensors[0].Name != "part/1/weights" || len(n.Inputs) != 1 || len(n.Steps) != 3 {
		t.Errorf("%d tensors, %d inputs, %d steps", len(n.Tensors), len(n.Inputs), len(n.Steps))
	}
	if out := n.Outputs; len(out) != 1 || out[0].Value.Name != "y" || n.Nodes[2].Out[0] != out[0].Value {
		t.Errorf("outputs are %v", out)
	}
}

// TestTraceRefuses names operations without a form, and random inputs.
func TestTraceRefuses(t *testing.T) {
	for want, d := range map[string]func(s *graph.Scope, x, w graph.Value) graph.Value{
		"part/1: affine": func(s *graph.Scope, x, w graph.Value) graph.Value {
			return affine(s, affine(s, x, w, false), w, true)
		},
		`the random input "noise"`: func(s *graph.Scope, x, w graph.Value) graph.Value {
			return affine(s, s.Input("noise", graph.Random, graph.Row(3)), w, true)
		},
	} {
		_, err := traced(t, nil, nil, []string{"y"}, func(s *graph.Scope, x, w graph.Value) { s.Output("y", d(s, x, w)) })
		if err == nil || !errors.Is(err, graph.ErrArchitecture) || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want one about %s", err, want)
		}
	}
	if _, err := traced(t, nil, nil, []string{"z"}, func(*graph.Scope, graph.Value, graph.Value) {}); err == nil {
		t.Error("no error about a missing output")
	}
}
