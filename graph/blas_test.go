package graph_test

import (
	"slices"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
)

// TestStockProducts checks that Gorgonia's own matrix product equals ours bit
// for bit after a program has been compiled.
func TestStockProducts(t *testing.T) {
	t.Parallel()
	a := spelled(t, graph.Row(4), "dense:1", "dense:4", false)
	evaluationOf(t, parameters(t, 1, a.declare), 1, a.declare)

	const m, k, n = 13, 301, 17
	x, w, want := normals(m*k, 1), normals(k*n, 2), make([]float32, m*n)
	kernel.Gemm(false, false, m, n, k, 1, x, k, w, n, 0, want, n)

	g := gorgonia.NewGraph()
	input := func(name string, rows, columns int, values []float32) *gorgonia.Node {
		value := tensor.New(tensor.WithShape(rows, columns), tensor.WithBacking(values))
		return gorgonia.NewMatrix(g, tensor.Float32, gorgonia.WithName(name), gorgonia.WithShape(rows, columns), gorgonia.WithValue(value))
	}
	product, err := gorgonia.Mul(input("x", m, k, x), input("w", k, n, w))
	if err != nil {
		t.Fatal(err)
	}
	machine := gorgonia.NewTapeMachine(g)
	defer machine.Close()
	if err := machine.RunAll(); err != nil {
		t.Fatal(err)
	}
	if got := product.Value().(*tensor.Dense).Float32s(); !slices.Equal(got, want) {
		t.Error("the product is another's")
	}
}
