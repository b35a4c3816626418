package compute_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"gaetrain/graph/trace"
	"gaetrain/graph/trace/compute"
)

// TestNodes computes nodes whose results are known. The tests of trainer/export compare
// whole networks with the program.
func TestNodes(t *testing.T) {
	row := func(values ...float32) *trace.Value { return trace.Constant("c", []int{len(values)}, values) }
	image := []float32{1, 2, 3, 4} // 1×2×2
	for _, c := range []struct {
		kind       string
		attributes trace.Attributes
		shape      []int
		x          []float32
		in         []*trace.Value
		want       []float32
	}{
		{"Selu", nil, []int{2}, []float32{2, -1}, nil, []float32{2.1014, -1.1113}},
		{"Softplus", nil, []int{3}, []float32{0, 100, -100}, nil, []float32{0.6931, 100, 0}},
		{"Round", nil, []int{4}, []float32{0.5, 1.5, -0.5, -1.6}, nil, []float32{0, 2, 0, -2}},
		{"Add", nil, []int{2, 1, 2}, image, []*trace.Value{trace.Constant("c", []int{2, 1, 1}, []float32{10, 20})}, []float32{11, 12, 23, 24}},
		{"Mul", nil, []int{2}, []float32{3, 4}, []*trace.Value{trace.Scalar("c", 2)}, []float32{6, 8}},
		{"Resize", trace.Attributes{trace.Text("mode", "nearest")}, []int{1, 1, 2}, []float32{1, 3}, []*trace.Value{nil, row(1, 1, 2, 2)}, []float32{1, 1, 3, 3, 1, 1, 3, 3}},
		{"Resize", trace.Attributes{trace.Text("mode", "linear")}, []int{1, 1, 2}, []float32{1, 3}, []*trace.Value{nil, row(1, 1, 2, 2)}, []float32{1, 1.5, 2.5, 3, 1, 1.5, 2.5, 3}},
		{"AveragePool", trace.Attributes{trace.Ints("kernel_shape", 2, 2), trace.Ints("strides", 1, 1)}, []int{1, 2, 2}, image, nil, []float32{2.5}},
		{"Gemm", nil, []int{2}, []float32{1, 2}, []*trace.Value{trace.Constant("w", []int{2, 2}, []float32{1, 0, 3, 4}), row(1, -1)}, []float32{2, 10}},
		{"Gemm", nil, []int{2, 2}, image, []*trace.Value{trace.Constant("w", []int{3, 2}, []float32{1, 0, 3, 4, -1, 1})}, []float32{1, 11, 1, 3, 25, 1}},
		{"ArgMax", nil, []int{2, 3}, []float32{1, 5, 5, -1, -2, -3}, nil, []float32{1, 0}},
		{"Transpose", nil, []int{2, 3}, []float32{1, 2, 3, 4, 5, 6}, nil, []float32{1, 4, 2, 5, 3, 6}},
		{"Conv", trace.Attributes{trace.Ints("kernel_shape", 2, 2), trace.Ints("strides", 1, 1), trace.Ints("pads", 1, 0, 1, 0), trace.Ints("dilations", 1, 1)},
			[]int{1, 2, 2}, image, []*trace.Value{trace.Constant("w", []int{1, 1, 2, 2}, []float32{1, 10, 100, 1000})}, []float32{2100, 4321, 43}},
		{"ConvTranspose", trace.Attributes{trace.Ints("kernel_shape", 1, 2), trace.Ints("strides", 1, 2), trace.Ints("pads", 0, 0, 0, 0), trace.Ints("dilations", 1, 1), trace.Ints("output_padding", 0, 1)},
			[]int{1, 1, 2}, []float32{1, 2}, []*trace.Value{trace.Constant("w", []int{1, 1, 1, 2}, []float32{1, 10})}, []float32{1, 10, 2, 20, 0}},
	} {
		n := trace.New("encoder")
		x := n.Input("input", false, c.shape...)
		y := n.Node("node", c.kind, c.shape, c.attributes, append([]*trace.Value{x}, c.in...)...)
		n.Output("code", y)
		network, err := compute.New(n)
		if err != nil {
			t.Fatal(err)
		}
		got, err := run(t, network, c.x)
		if err != nil {
			t.Fatal(err)
		}
		near := slices.EqualFunc(got["code"], c.want, func(a, b float32) bool { return math.Abs(float64(a-b)) < 1e-4*max(1, math.Abs(float64(b))) })
		if !near {
			t.Errorf("%s of %v is %v, want %v", c.kind, c.x, got["code"], c.want)
		}
	}
}

// run computes a network for one item.
func run(t *testing.T, n *compute.Network, input []float32) (compute.Row, error) {
	list, err := n.Run(t.Context(), []compute.Row{{"input": input}}, nil)
	if err != nil {
		return nil, err
	}
	return list[0], nil
}

// TestSeveral computes more items than one block has, which gives each the same values as
// alone, and shows the inputs of each node in the order of the items.
func TestSeveral(t *testing.T) {
	const items = 300
	n := trace.New("encoder")
	x := n.Input("input", false, 2)
	w := trace.Constant("w", []int{3, 2}, []float32{1, 0, 3, 4, -1, 2})
	n.Output("code", n.Node("act", "Elu", []int{3}, nil, n.Node("layer", "Gemm", []int{3}, nil, x, w, trace.Constant("b", []int{3}, []float32{1, 2, 3}))))
	network, err := compute.New(n)
	if err != nil {
		t.Fatal(err)
	}
	var rows []compute.Row
	for i := range items {
		rows = append(rows, compute.Row{"input": {float32(i), float32(i%7) - 3}})
	}
	var seen [][]float32
	all, err := network.Run(t.Context(), rows, func(node trace.Node, from int, in [][]float32) {
		if node.Kind == "Gemm" && from == len(seen) {
			seen = append(seen, in...)
		}
	})
	if err != nil || len(all) != items || len(seen) != items {
		t.Fatalf("%d items are computed and %d seen, %v", len(all), len(seen), err)
	}
	for i, got := range all {
		want, err := run(t, network, rows[i]["input"])
		if err != nil || !slices.Equal(got["code"], want["code"]) || !slices.Equal(seen[i], rows[i]["input"]) {
			t.Errorf("item %d is %v, alone %v, and was seen as %v, %v", i, got, want, seen[i], err)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := network.Run(ctx, rows, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
}

// TestLargest keeps the first of equal values.
func TestLargest(t *testing.T) {
	n := trace.New("encoder")
	x := n.Input("input", false, 4)
	kept := n.Several("node", "TopK", [][]int{{2}, {2}}, nil, x, trace.Whole("k", 2))
	n.Output("places", kept[1])
	network, err := compute.New(n)
	if err != nil {
		t.Fatal(err)
	}
	got, err := run(t, network, []float32{1, 5, 5, 5})
	if err != nil || !slices.Equal(got["places"], []float32{1, 2}) {
		t.Errorf("the largest values are at %v, %v", got["places"], err)
	}
}

// TestRows takes the rows of a table that an item has numbers of.
func TestRows(t *testing.T) {
	n := trace.New("encoder")
	table := trace.Constant("table", []int{3, 2}, []float32{1, 2, 3, 4, 5, 6})
	n.Output("code", n.Node("node", "Gather", []int{3, 2}, nil, table, n.Input("input", false, 3)))
	network, err := compute.New(n)
	if err != nil {
		t.Fatal(err)
	}
	got, err := run(t, network, []float32{2, 0, 2})
	if err != nil || !slices.Equal(got["code"], []float32{5, 6, 1, 2, 5, 6}) {
		t.Errorf("the rows are %v, %v", got["code"], err)
	}
}

// TestUnknown refuses a network with an operation that is not known, and inputs that are
// missing.
func TestUnknown(t *testing.T) {
	n := trace.New("encoder")
	x := n.Input("input", false, 4)
	n.Output("code", n.Node("node", "Relu", x.Shape, nil, x))
	network, err := compute.New(n)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := network.Run(t.Context(), []compute.Row{nil}, nil); err == nil || !strings.Contains(err.Error(), `"input"`) {
		t.Errorf("the error is %v", err)
	}
	n.Node("node", "Erf", x.Shape, nil, x)
	if _, err := compute.New(n); err == nil || !strings.Contains(err.Error(), "Erf") {
		t.Errorf("the error is %v", err)
	}
}
