package op

import (
	"github.com/chewxy/hm"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gaetrain/graph/kernel"
)

// TopK declares y with the k largest values of each row of x and zeros
// elsewhere (x, y: B×L; Makhzani & Frey 2014). Of equal values, the first are
// kept. Gradients reach the values that are kept.
func TopK(name string, rows *Rows, k int, x *gorgonia.Node) (*gorgonia.Node, error) {
	return apply(&topK{base: base{name: name + ": top-k", rows: rows}, k: k}, x)
}

type topK struct {
	base
	k       int
	y, kept buffer
}

func (t *topK) Arity() int    { return 1 }
func (t *topK) Type() hm.Type { return hm.NewFnType(matrix(), matrix()) }

func (t *topK) InferShape(in ...gorgonia.DimSizer) (tensor.Shape, error) {
	return t.batch("input", in[0])
}

func (t *topK) Do(in ...gorgonia.Value) (out gorgonia.Value, err error) {
	defer t.end(&err)
	width := columns(in[0])
	dense, y := t.y.of(t.rows.Compiled, width)
	_, kept := t.kept.of(t.rows.Compiled, width)
	kernel.TopK(t.rows.Live, width, t.k, floats(in[0]), y, kept)
	return dense, nil
}

func (t *topK) DiffWRT(int) []bool { return []bool{true} }

func (t *topK) SymDiff(_ gorgonia.Nodes, y, dy *gorgonia.Node) (gorgonia.Nodes, error) {
	dx, err := gorgonia.ApplyOp(&topKBackward{base: t.derive("backward"), forward: t}, y, dy)
	return gorgonia.Nodes{dx}, err
}

// topKBackward computes dx = dy where a value was kept, else 0. The input y
// only ensures that it runs after the forward op.
type topKBackward struct {
	base
	forward *topK
	dx      buffer
}

func (t *topKBackward) Arity() int    { return 2 }
func (t *topKBackward) Type() hm.Type { return hm.NewFnType(matrix(), matrix(), matrix()) }

func (t *topKBackward) InferShape(in ...gorgonia.DimSizer) (tensor.Shape, error) {
	return shapeOf(in[0])
}

func (t *topKBackward) Do(in ...gorgonia.Value) (out gorgonia.Value, err error) {
	defer t.end(&err)
	width := columns(in[0])
	dense, dx := t.dx.of(t.rows.Compiled, width)
	live := t.rows.Live * width
	kernel.Multiply(dx[:live], floats(in[1])[:live], t.forward.kept.dense.Float32s()[:live])
	return dense, nil
}
