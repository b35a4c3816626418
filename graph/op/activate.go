package op

import (
	"fmt"

	"github.com/chewxy/hm"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gaetrain/graph/kernel"
)

// Activate declares y = act(z) as an op of its own (z, y: B×D), for places
// where no layer can fuse the activation.
func Activate(name string, rows *Rows, act kernel.Activation, z *gorgonia.Node) (*gorgonia.Node, error) {
	return apply(&activate{base: base{name: fmt.Sprintf("%s: %s", name, act), rows: rows}, activation: act}, z)
}

type activate struct {
	base
	activation kernel.Activation
	y          buffer
}

func (a *activate) Arity() int    { return 1 }
func (a *activate) Type() hm.Type { return hm.NewFnType(matrix(), matrix()) }

func (a *activate) InferShape(in ...gorgonia.DimSizer) (tensor.Shape, error) {
	return a.batch("input", in[0])
}

func (a *activate) Do(in ...gorgonia.Value) (out gorgonia.Value, err error) {
	defer a.end(&err)
	width := columns(in[0])
	dense, y := a.y.of(a.rows.Compiled, width)
	live := a.rows.Live * width
	kernel.Activate(a.activation, y[:live], floats(in[0])[:live])
	return dense, nil
}

func (a *activate) DiffWRT(int) []bool { return []bool{true} }

func (a *activate) SymDiff(_ gorgonia.Nodes, y, dy *gorgonia.Node) (gorgonia.Nodes, error) {
	dz, err := gorgonia.ApplyOp(&activateBackward{base: a.derive("backward"), activation: a.activation}, y, dy)
	return gorgonia.Nodes{dz}, err
}

type activateBackward struct {
	base
	activation kernel.Activation
	dz         buffer
}

func (a *activateBackward) Arity() int    { return 2 }
func (a *activateBackward) Type() hm.Type { return hm.NewFnType(matrix(), matrix(), matrix()) }

func (a *activateBackward) InferShape(in ...gorgonia.DimSizer) (tensor.Shape, error) {
	return shapeOf(in[0])
}

func (a *activateBackward) Do(in ...gorgonia.Value) (out gorgonia.Value, err error) {
	defer a.end(&err)
	width := columns(in[0])
	dense, dz := a.dz.of(a.rows.Compiled, width)
	kernel.ActivationGradient(a.activation, a.rows.Live, width, floats(in[0]), floats(in[1]), dz, nil)
	return dense, nil
}
