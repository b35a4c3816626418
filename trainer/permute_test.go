package trainer

import (
	"math"
	"slices"
	"testing"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/graph/kernel/noise"
)

// TestPermute checks that permuted codes have the values of each dimension in other rows,
// and that dimensions which were equal are then independent.
func TestPermute(t *testing.T) {
	const rows, size = 2000, 3
	codes := make([]float32, rows*size)
	values := make([]float32, rows)
	kernel.FillGaussian(values, kernel.Words{Seed: 1})
	for i, v := range values {
		for l := range size {
			codes[i*size+l] = v
		}
	}
	o := &Opponent{Real: Permuted}
	permuted := func(step uint64) []float32 {
		return slices.Clone(o.Examples(graph.Batch{Rows: rows, Key: noise.Key{Seed: 3, Step: step}}, codes))
	}
	first := permuted(1)
	if !slices.Equal(first, permuted(1)) || slices.Equal(first, permuted(2)) {
		t.Error("the order does not depend on the key alone")
	}
	slices.Sort(values)
	columns := make([][]float32, size)
	for l := range size {
		for i := range rows {
			columns[l] = append(columns[l], first[i*size+l])
		}
		sorted := slices.Sorted(slices.Values(columns[l]))
		if !slices.Equal(sorted, values) {
			t.Errorf("dimension %d has other values", l)
		}
	}
	var product float64
	for i, v := range columns[0] {
		product += float64(v) * float64(columns[1][i]) / rows
	}
	if math.Abs(product) > 0.1 {
		t.Errorf("permuted dimensions have the correlation %.3f", product)
	}
	if one := o.Examples(graph.Batch{Rows: 1}, codes[:size]); !slices.Equal(one, codes[:size]) {
		t.Errorf("the code of one image is permuted to %v", one)
	}
}
