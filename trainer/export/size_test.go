package export

import (
	"errors"
	"testing"

	"gaetrain/graph"
	"gaetrain/graph/trace"
)

// TestCheckSize refuses a network that no file of ONNX can hold.
func TestCheckSize(t *testing.T) {
	n := trace.New("encoder")
	x := n.Input("input", false, 1)
	half := make([]float32, 1<<28) // 1 GiB, which is never written
	for i := range 2 {
		if err := checkSize(Network{n, "encoder"}); err != nil {
			t.Fatalf("%d GiB: %v", i, err)
		}
		x = n.Node("layer", "Add", x.Shape, nil, x, trace.Constant("half", []int{len(half) - i}, half[i:]))
	}
	if err := checkSize(Network{n, "encoder"}); !errors.Is(err, graph.ErrArchitecture) {
		t.Errorf("2 GiB: %v", err)
	}
}
