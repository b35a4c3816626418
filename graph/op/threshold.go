package op

import (
	"fmt"

	"github.com/chewxy/hm"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gaetrain/graph/kernel"
)

// Threshold declares y = a where |a| > bound, and 0 elsewhere (a, y: B×D; bound
// ≥ 0). The gradient passes where y is not 0 (Konda, Memisevic & Krueger 2015).
func Threshold(name string, rows *Rows, bound float32, a *gorgonia.Node) (*gorgonia.Node, error) {
	return apply(&threshold{base: base{name: fmt.Sprintf("%s: threshold %g", name, bound), rows: rows}, bound: bound}, a)
}

type threshold struct {
	base
	bound float32
	y     buffer
}

func (t *threshold) Arity() int    { return 1 }
func (t *threshold) Type() hm.Type { return hm.NewFnType(matrix(), matrix()) }

func (t *threshold) InferShape(in ...gorgonia.DimSizer) (tensor.Shape, error) {
	return t.batch("input", in[0])
}

func (t *threshold) Do(in ...gorgonia.Value) (out gorgonia.Value, err error) {
	defer t.end(&err)
	width, a := columns(in[0]), floats(in[0])
	dense, y := t.y.of(t.rows.Compiled, width)
	kernel.Threshold(y[:t.rows.Live*width], a, a, t.bound)
	return dense, nil
}

func (t *threshold) DiffWRT(int) []bool { return []bool{true} }

func (t *threshold) SymDiff(_ gorgonia.Nodes, y, dy *gorgonia.Node) (gorgonia.Nodes, error) {
	da, err := gorgonia.ApplyOp(&thresholdBackward{base: t.derive("backward")}, y, dy)
	return gorgonia.Nodes{da}, err
}

type thresholdBackward struct {
	base
	da buffer
}

func (t *thresholdBackward) Arity() int    { return 2 }
func (t *thresholdBackward) Type() hm.Type { return hm.NewFnType(matrix(), matrix(), matrix()) }

func (t *thresholdBackward) InferShape(in ...gorgonia.DimSizer) (tensor.Shape, error) {
	return shapeOf(in[0])
}

func (t *thresholdBackward) Do(in ...gorgonia.Value) (out gorgonia.Value, err error) {
	defer t.end(&err)
	width := columns(in[0])
	dense, da := t.da.of(t.rows.Compiled, width)
	kernel.Threshold(da[:t.rows.Live*width], floats(in[1]), floats(in[0]), 0)
	return dense, nil
}
