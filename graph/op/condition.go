package op

import (
	"fmt"

	"github.com/chewxy/hm"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gaetrain/graph/kernel"
)

// Condition declares y = act(z + E_c) for the linear part z of a layer and the
// class c of each image. It equals a layer on an input with a one-hot vector of
// the class appended (Sohn, Lee & Yan 2015; z, y: BK×H, the K rows of an image
// in consecutive rows; E: C×H; labels: B×1, whole numbers from 0 to C−1,
// without gradient).
func Condition(name string, rows *Rows, act kernel.Activation, z, classes, labels *gorgonia.Node) (*gorgonia.Node, error) {
	return apply(&condition{base: base{name: fmt.Sprintf("%s: class+%s", name, act), rows: rows}, activation: act}, z, classes, labels)
}

type condition struct {
	base
	activation kernel.Activation
	y          buffer
}

func (c *condition) Arity() int { return 3 }

func (c *condition) Type() hm.Type {
	return hm.NewFnType(matrix(), matrix(), matrix(), matrix())
}

func (c *condition) InferShape(in ...gorgonia.DimSizer) (tensor.Shape, error) {
	z, err := c.batch("input", in[0])
	if err != nil {
		return nil, err
	}
	classes, err := c.shape("classes", in[1], 2)
	if err != nil {
		return nil, err
	}
	labels, err := c.shape("labels", in[2], 2)
	if err != nil {
		return nil, err
	}
	if z[1] != classes[1] || labels[1] != 1 || labels[0] == 0 || z[0]%labels[0] != 0 {
		return nil, fmt.Errorf("%s: input is %v, classes are %v, labels %v; want BK×H, C×H, B×1", c.name, z, classes, labels)
	}
	return z, nil
}

// samples returns the number of rows for each label.
func (c *condition) samples(labels gorgonia.Value) int {
	return c.rows.Compiled / labels.(*tensor.Dense).Shape()[0]
}

func (c *condition) Do(in ...gorgonia.Value) (out gorgonia.Value, err error) {
	defer c.end(&err)
	width := columns(in[0])
	dense, y := c.y.of(c.rows.Compiled, width)
	live := y[:c.rows.Live*width]
	kernel.AddClasses(c.rows.Live, c.samples(in[2]), width, floats(in[2]), floats(in[1]), floats(in[0]), live)
	if c.activation != kernel.Linear {
		kernel.Activate(c.activation, live, live)
	}
	return dense, nil
}

func (c *condition) DiffWRT(int) []bool { return []bool{true, true, false} }

func (c *condition) SymDiff(in gorgonia.Nodes, y, dy *gorgonia.Node) (gorgonia.Nodes, error) {
	backward := &conditionBackward{base: c.derive("backward"), condition: c}
	dclasses, err := gorgonia.ApplyOp(backward, in[1], in[2], y, dy)
	if err != nil {
		return nil, err
	}
	dz, err := output(c.derive("dz"), &backward.dz, in[0].Shape(), dclasses)
	return gorgonia.Nodes{dz, dclasses, nil}, err
}

// conditionBackward computes dz = dy ⊙ act′ and the gradient in E.
type conditionBackward struct {
	base
	condition    *condition
	dz, dclasses buffer
}

func (c *conditionBackward) Arity() int { return 4 }

func (c *conditionBackward) Type() hm.Type {
	return hm.NewFnType(matrix(), matrix(), matrix(), matrix(), matrix())
}

func (c *conditionBackward) InferShape(in ...gorgonia.DimSizer) (tensor.Shape, error) {
	return shapeOf(in[0])
}

func (c *conditionBackward) Do(in ...gorgonia.Value) (out gorgonia.Value, err error) {
	defer c.end(&err)
	width := columns(in[2])
	_, dz := c.dz.of(c.rows.Compiled, width)
	dense, dclasses := c.dclasses.of(in[0].Shape()...)
	kernel.ActivationGradient(c.condition.activation, c.rows.Live, width, floats(in[2]), floats(in[3]), dz, nil)
	kernel.ClassesGradient(c.rows.Live, c.condition.samples(in[1]), width, floats(in[1]), dz, dclasses)
	return dense, nil
}
