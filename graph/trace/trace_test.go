package trace_test

import (
	"slices"
	"strings"
	"testing"

	"gaetrain/graph/trace"
)

// TestConstants shares equal constants, and renames others of the same name.
func TestConstants(t *testing.T) {
	n := trace.New("encoder")
	x := n.Input("input", false, 2)
	for _, values := range [][]float32{{1, 2}, {1, 2}, {3, 4}} {
		x = n.Node("encoder/1", "Add", x.Shape, nil, x, trace.Constant("c", []int{2}, values))
	}
	if len(n.Tensors) != 2 || n.Tensors[0].Name == n.Tensors[1].Name {
		t.Errorf("%d constants", len(n.Tensors))
	}
	var names []string
	for _, node := range n.Nodes {
		names = append(names, node.Out[0].Name)
	}
	slices.Sort(names)
	if len(slices.Compact(names)) != 3 {
		t.Errorf("values are called %v", names)
	}
}

// TestAttributes are the names of modules in PyTorch.
func TestAttributes(t *testing.T) {
	n := trace.New("encoder")
	for place, want := range map[string]string{
		"encoder/1": "self.layer1", "encoder/2/1": "self.layer2_1", "encoder/2/projection": "self.layer2_projection",
		"decoder/3/norm": "self.decoder_layer3_norm", "code/scale": "self.code_scale",
	} {
		if got := n.Module(place, "nn.Identity()"); got != want {
			t.Errorf("%s is %s, want %s", place, got, want)
		}
	}
}

// TestFinish removes what outputs do not need, and refuses a value without a form.
func TestFinish(t *testing.T) {
	n := trace.New("encoder")
	n.Helper("def helper(x):\n    return x\n")
	x := n.Input("input", false, 4)
	n.Input("labels", true)
	y := n.Python(n.Node("a", "Relu", x.Shape, nil, x), n.Module("a", "nn.ReLU()")+"(%s)", x)
	n.Python(n.Node("b", "Tanh", x.Shape, nil, y), n.Module("ab", "nn.Tanh()")+"(helper(%s))", y)
	n.Output("y", y)
	if err := n.Finish(); err != nil {
		t.Fatal(err)
	}
	if len(n.Nodes) != 1 || len(n.Steps) != 1 || len(n.Modules) != 1 || len(n.Inputs) != 1 || len(n.Helpers) != 0 {
		t.Errorf("%d nodes, %d steps, %d modules, %d inputs, %d helpers", len(n.Nodes), len(n.Steps), len(n.Modules), len(n.Inputs), len(n.Helpers))
	}
	n.Output("z", n.Node("c", "Tanh", x.Shape, nil, y))
	if err := n.Finish(); err == nil || !strings.Contains(err.Error(), "PyTorch") {
		t.Errorf("a value without a form in PyTorch: %v", err)
	}
	n.Output("w", n.Node("d", "Tanh", x.Shape, nil, trace.Unknown("code: draw")))
	if err := n.Finish(); err == nil || !strings.Contains(err.Error(), "code: draw has no form in ONNX") {
		t.Errorf("a value without a form in ONNX: %v", err)
	}
}

// TestOutput gives a name to inputs and to values with several names.
func TestOutput(t *testing.T) {
	n := trace.New("encoder")
	x := n.Input("input", false, 4)
	n.Output("a", x)
	y := n.Python(n.Node("b", "Tanh", x.Shape, nil, x), "torch.tanh(%s)", x)
	n.Output("b", y)
	n.Output("c", y)
	n.Output("b", x) // the first one counts
	if err := n.Finish(); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"a", "b", "c"} {
		if got := n.Outputs[i]; got.Value.Name != want {
			t.Errorf("output %d is called %s, want %s", i, got.Value.Name, want)
		}
	}
	if x.Name != "input" || len(n.Nodes) != 3 {
		t.Errorf("input %s, %d nodes", x.Name, len(n.Nodes))
	}
}
