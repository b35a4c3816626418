package graph

import (
	"slices"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// TestEngine compares sums with those of Gorgonia's engine, bit for bit, in each way in which a
// sum can be asked for.
func TestEngine(t *testing.T) {
	const rows, columns = 130, 517 // more than one thread adds
	matrix := func(e tensor.Engine, factor float32) *tensor.Dense {
		dense := tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(rows, columns), tensor.WithEngine(e))
		for i, values := 0, dense.Float32s(); i < len(values); i++ {
			values[i] = factor / float32(i+3)
		}
		return dense
	}
	for name, option := range map[string]func(to *tensor.Dense) []tensor.FuncOpt{
		"new":       func(*tensor.Dense) []tensor.FuncOpt { return nil },
		"reuse":     func(to *tensor.Dense) []tensor.FuncOpt { return []tensor.FuncOpt{tensor.WithReuse(to)} },
		"increment": func(to *tensor.Dense) []tensor.FuncOpt { return []tensor.FuncOpt{tensor.WithIncr(to)} },
		"unsafe":    func(*tensor.Dense) []tensor.FuncOpt { return []tensor.FuncOpt{tensor.UseUnsafe()} },
	} {
		var sums [2]tensor.Tensor
		for i, e := range []tensor.Engine{gorgonia.StandardEngine{}, engine{}} {
			var err error
			if sums[i], err = tensor.Add(matrix(e, 1), matrix(e, -7), option(matrix(e, 3))...); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		if !slices.Equal(sums[0].Data().([]float32), sums[1].Data().([]float32)) {
			t.Errorf("%s: other sums", name)
		}
	}
	if _, err := tensor.Add(matrix(engine{}, 1), tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(columns, rows))); err == nil {
		t.Error("matrices of other shapes are added")
	}
}
