package recipes_test

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"

	"gaetrain/graph"
)

// TestWorkedExample makes sure that each block of Go code in docs/architecture.md
// is a part of example_model_test.go, which is compiled and run.
func TestWorkedExample(t *testing.T) {
	document, err := os.ReadFile("../../docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("example_model_test.go")
	if err != nil {
		t.Fatal(err)
	}
	rest, blocks := string(source), 0
	for _, part := range strings.Split(string(document), "```go\n")[1:] {
		block, _, closed := strings.Cut(part, "```")
		if !closed {
			t.Fatalf("block %d is not closed", blocks+1)
		}
		_, after, found := strings.Cut(rest, block)
		if !found {
			t.Fatalf("block %d is not in example_model_test.go, or not after the previous block:\n%s", blocks+1, block)
		}
		rest, blocks = after, blocks+1
	}
	if blocks < 3 {
		t.Errorf("%d blocks of Go code, want at least 3: the op, the model, its training", blocks)
	}
}

// TestSoftThreshold compares the op of the worked example, and its gradient, with
// values that were computed by hand.
func TestSoftThreshold(t *testing.T) {
	const width = 5
	program, err := graph.Compile(new(graph.Parameters), graph.Options{Name: "gradient", Batch: 3, Outputs: []string{"y", "dx"}}, func(s *graph.Scope) {
		x := s.Variable("x", graph.Row(width))
		y := softThreshold(s, 1, x)
		s.Output("y", y)
		s.Output("dx", s.VJP(y, s.Input("dy", graph.Data, graph.Row(width)), x))
	})
	if err != nil {
		t.Fatal(err)
	}
	defer program.Close()
	for _, rows := range []int{3, 1} { // a whole batch and a short one
		batch := graph.Batch{Rows: rows, Inputs: map[string][]float32{
			"x":  slices.Repeat([]float32{-3, -1, 0.5, 1, 2.5}, rows),
			"dy": slices.Repeat([]float32{1, 2, 3, 4, 5}, rows),
		}}
		if err := program.Run(context.Background(), batch); err != nil {
			t.Fatal(err)
		}
		if got, want := program.Output("y"), slices.Repeat([]float32{-2, 0, 0, 0, 1.5}, rows); !slices.Equal(got, want) {
			t.Errorf("%d rows: y is %v, want %v", rows, got, want)
		}
		if got, want := program.Output("dx"), slices.Repeat([]float32{1, 0, 0, 0, 5}, rows); !slices.Equal(got, want) {
			t.Errorf("%d rows: dx is %v, want %v", rows, got, want)
		}
	}
}
