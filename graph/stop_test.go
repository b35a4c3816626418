package graph_test

import (
	"context"
	"errors"
	"hash"
	"hash/fnv"
	"io"
	"slices"
	"testing"

	"github.com/chewxy/hm"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/graph/op"
)

// observed is an op that returns its input and calls done.
type observed struct {
	name string
	done func()
}

func observe(s *graph.Scope, name string, x graph.Value, done func()) graph.Value {
	return s.Apply(func(_ *op.Rows, x op.Node, _ ...op.Node) (op.Node, error) {
		return gorgonia.ApplyOp(observed{name, done}, x)
	}, s.Rows(name, x))
}

func (o observed) Arity() int { return 1 }

func (o observed) Type() hm.Type {
	matrix := func() hm.Type { return gorgonia.TensorType{Dims: 2, Of: hm.TypeVariable('a')} }
	return hm.NewFnType(matrix(), matrix())
}

func (o observed) InferShape(in ...gorgonia.DimSizer) (tensor.Shape, error) {
	return in[0].(tensor.Shape).Clone(), nil
}

func (o observed) Do(in ...gorgonia.Value) (gorgonia.Value, error) {
	o.done()
	return in[0], nil
}

func (o observed) ReturnsPtr() bool      { return false }
func (o observed) CallsExtern() bool     { return false }
func (o observed) OverwritesInput() int  { return -1 }
func (o observed) WriteHash(h hash.Hash) { io.WriteString(h, o.name) }
func (o observed) String() string        { return o.name }

func (o observed) Hashcode() uint32 {
	h := fnv.New32a()
	o.WriteHash(h)
	return h.Sum32()
}

// TestStoppedRun cancels the context of a run. No operation may follow the
// present one, and the next run must give the usual result.
func TestStoppedRun(t *testing.T) {
	t.Parallel()
	const rows, samples = 4, 3
	atFirst, last := func() {}, 0
	declare := func(s *graph.Scope) {
		x := observe(s, "first", s.Input("input", graph.Data, graph.Row(20)), func() { atFirst() })
		s.Output("code", observe(s, "last", dense(s, "encoder/1", kernel.Tanh, 5, x), func() { last++ }))
	}
	program := evaluationOf(t, parameters(t, 1, declare), rows, declare, "code")
	batch := graph.Batch{Rows: samples, Inputs: map[string][]float32{"input": images(rows, 20)}}
	if err := program.Run(t.Context(), batch); err != nil || last != 1 {
		t.Fatalf("%v, the last operation ran %d times", err, last)
	}
	want := slices.Clone(program.Output("code"))

	ctx, cancel := context.WithCancel(t.Context())
	atFirst = cancel
	if err := program.Run(ctx, batch); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that of the context", err)
	}
	if last != 1 {
		t.Error("the last operation ran though the context had ended")
	}
	if err := program.Run(ctx, batch); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v of a run whose context had ended, want that of the context", err)
	}

	atFirst = func() {}
	if err := program.Run(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	if got := program.Output("code"); !slices.Equal(got, want) {
		t.Errorf("after a run that stopped, the code is %v, want %v", got, want)
	}
}
