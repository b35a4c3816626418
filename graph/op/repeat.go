package op

import (
	"fmt"

	"github.com/chewxy/hm"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gaetrain/graph/kernel"
)

// Repeat declares every row of a matrix n times (x: B×D; y: Bn×D, the n rows of
// an image in consecutive rows).
func Repeat(name string, rows *Rows, n int, x *gorgonia.Node) (*gorgonia.Node, error) {
	return apply(&repeat{base: base{name: fmt.Sprintf("%s: each row %d times", name, n), rows: rows}, n: n}, x)
}

type repeat struct {
	base
	n int
	y buffer
}

func (r *repeat) Arity() int    { return 1 }
func (r *repeat) Type() hm.Type { return hm.NewFnType(matrix(), matrix()) }

func (r *repeat) InferShape(in ...gorgonia.DimSizer) (tensor.Shape, error) {
	x, err := r.batch("input", in[0])
	if err != nil {
		return nil, err
	}
	return tensor.Shape{x[0] * r.n, x[1]}, nil
}

func (r *repeat) Do(in ...gorgonia.Value) (out gorgonia.Value, err error) {
	defer r.end(&err)
	width := columns(in[0])
	dense, y := r.y.of(r.rows.Compiled*r.n, width)
	kernel.RepeatRows(r.rows.Live, r.n, width, floats(in[0]), y)
	return dense, nil
}

func (r *repeat) DiffWRT(int) []bool { return []bool{true} }

func (r *repeat) SymDiff(_ gorgonia.Nodes, _, dy *gorgonia.Node) (gorgonia.Nodes, error) {
	node, err := gorgonia.ApplyOp(&repeatBackward{base: r.derive("backward"), n: r.n}, dy)
	return gorgonia.Nodes{node}, err
}

// repeatBackward sums the n rows of each image.
type repeatBackward struct {
	base
	n  int
	dx buffer
}

func (r *repeatBackward) Arity() int    { return 1 }
func (r *repeatBackward) Type() hm.Type { return hm.NewFnType(matrix(), matrix()) }

func (r *repeatBackward) InferShape(in ...gorgonia.DimSizer) (tensor.Shape, error) {
	dy, err := r.samples("gradient", r.n, in[0])
	if err != nil {
		return nil, err
	}
	return tensor.Shape{r.rows.Compiled, dy[1]}, nil
}

func (r *repeatBackward) Do(in ...gorgonia.Value) (out gorgonia.Value, err error) {
	defer r.end(&err)
	width := columns(in[0])
	dense, dx := r.dx.of(r.rows.Compiled, width)
	kernel.SumRepeated(r.rows.Live, r.n, width, floats(in[0]), dx)
	return dense, nil
}

// EveryClass declares the labels 0, 1, …, C−1 for each image (x: B×D, of which
// only the number of rows matters; result: BC×1). It has no gradient.
func EveryClass(name string, rows *Rows, classes int, x *gorgonia.Node) (*gorgonia.Node, error) {
	return apply(&everyClass{base: base{name: fmt.Sprintf("%s: each of %d classes", name, classes), rows: rows}, classes: classes}, x)
}

type everyClass struct {
	base
	classes int
	y       buffer
}

func (e *everyClass) Arity() int    { return 1 }
func (e *everyClass) Type() hm.Type { return hm.NewFnType(matrix(), matrix()) }

func (e *everyClass) InferShape(in ...gorgonia.DimSizer) (tensor.Shape, error) {
	x, err := e.batch("input", in[0])
	if err != nil {
		return nil, err
	}
	return tensor.Shape{x[0] * e.classes, 1}, nil
}

func (e *everyClass) Do(...gorgonia.Value) (out gorgonia.Value, err error) {
	defer e.end(&err)
	dense, y := e.y.of(e.rows.Compiled*e.classes, 1)
	for i := range y {
		y[i] = float32(i % e.classes)
	}
	return dense, nil
}
