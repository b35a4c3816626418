package graph_test

import (
	"slices"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/graph/kernel/noise"
)

// TestStockProducts asks whether a stock matrix product on a graph is ours,
// bit for bit, once a program has been compiled.
func TestStockProducts(t *testing.T) {
	a := fullyConnected(graph.Shape{Channels: 1, Height: 2, Width: 2}, nil, 1, kernel.Linear, kernel.Linear, kernel.Linear, graph.Zeros)
	p, err := graph.NewParameters(a, graph.Objective{}, 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := graph.Compile(a, graph.Objective{}, p, graph.Encoding, 1); err != nil {
		t.Fatal(err)
	}

	const m, k, n = 13, 301, 17
	x, w, want := make([]float32, m*k), make([]float32, k*n), make([]float32, m*n)
	noise.Gaussian(x, noise.Key{Seed: 1})
	noise.Gaussian(w, noise.Key{Seed: 2})
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
