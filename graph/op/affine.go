package op

import (
	"fmt"

	"github.com/chewxy/hm"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gaetrain/graph/kernel"
)

// Affine declares a fully connected layer y = act(x·W + b) as one node (x: B×D,
// W: D×H, b: H or nil for none, y: B×H). If transposed is set, W is H×D and y =
// act(x·Wᵀ + b), which a tied decoder uses with the weights of its encoder.
//
// If constantInput is set, the gradient in x is not computed.
func Affine(name string, rows *Rows, act kernel.Activation, transposed, constantInput bool, x, w, b *gorgonia.Node) (*gorgonia.Node, error) {
	a := &affine{
		base:          base{name: fmt.Sprintf("%s: affine+%s", name, act), rows: rows},
		activation:    act,
		transposed:    transposed,
		constantInput: constantInput,
		bias:          b != nil,
	}
	in := gorgonia.Nodes{x, w}
	if a.bias {
		in = append(in, b)
	}
	return apply(a, in...)
}

type affine struct {
	base
	activation    kernel.Activation
	transposed    bool
	constantInput bool
	bias          bool
	x, w          *tensor.Dense // of the last run
	y             buffer
}

func (a *affine) Arity() int {
	if a.bias {
		return 3
	}
	return 2
}

func (a *affine) Type() hm.Type {
	if a.bias {
		return hm.NewFnType(matrix(), matrix(), vector(), matrix())
	}
	return hm.NewFnType(matrix(), matrix(), matrix())
}

func (a *affine) InferShape(in ...gorgonia.DimSizer) (tensor.Shape, error) {
	x, err := a.batch("input", in[0])
	if err != nil {
		return nil, err
	}
	w, err := a.shape("weights", in[1], 2)
	if err != nil {
		return nil, err
	}
	from, to := w[0], w[1]
	if a.transposed {
		from, to = to, from
	}
	if x[1] != from {
		return nil, fmt.Errorf("%s: input is %d×%d, want B×%d", a.name, x[0], x[1], from)
	}
	if a.bias {
		b, err := a.shape("bias", in[2], 1)
		if err != nil {
			return nil, err
		}
		if b[0] != to {
			return nil, fmt.Errorf("%s: bias has %d elements, want %d", a.name, b[0], to)
		}
	}
	return tensor.Shape{x[0], to}, nil
}

// sizes returns the widths of the input and the output of the layer.
func (a *affine) sizes() (from, to int) {
	shape := a.w.Shape()
	if a.transposed {
		return shape[1], shape[0]
	}
	return shape[0], shape[1]
}

func (a *affine) Do(in ...gorgonia.Value) (out gorgonia.Value, err error) {
	defer a.end(&err)
	a.x, a.w = in[0].(*tensor.Dense), in[1].(*tensor.Dense)
	from, to := a.sizes()
	var b []float32
	if a.bias {
		b = floats(in[2])
	}
	dense, y := a.y.of(a.rows.Compiled, to)
	if a.rows.Repeated {
		return dense, nil
	}
	kernel.Affine(a.rows.Precision, a.activation, a.transposed, a.rows.Live, to, from, floats(in[0]), floats(in[1]), b, y)
	return dense, nil
}

func (a *affine) DiffWRT(inputs int) []bool {
	return []bool{!a.constantInput, true, true}[:inputs]
}

// SymDiff adds the backward pass. One op computes all gradients and is the node
// of dW. Each other gradient has a node of its own.
func (a *affine) SymDiff(in gorgonia.Nodes, y, dy *gorgonia.Node) (gorgonia.Nodes, error) {
	backward := &affineBackward{base: a.derive("backward"), affine: a, shape: in[1].Shape()}
	dw, err := gorgonia.ApplyOp(backward, y, dy)
	if err != nil {
		return nil, err
	}
	gradients := gorgonia.Nodes{nil, dw, nil}[:len(in)]
	if !a.constantInput {
		if gradients[0], err = output(a.derive("dx"), &backward.dx, in[0].Shape(), dw); err != nil {
			return nil, err
		}
	}
	if a.bias {
		gradients[2], err = output(a.derive("db"), &backward.db, in[2].Shape(), dw)
	}
	return gradients, err
}

// affineBackward computes dz = dy ⊙ act′, dW = xᵀ·dz, db = Σ_B dz and, if
// needed, dx = dz·Wᵀ. Its inputs are only y and dy, because each input costs
// the machine memory in each run. It takes x and W from the forward op. If
// deferred is set, it does not compute dW.
type affineBackward struct {
	base
	affine         *affine
	shape          tensor.Shape // of W
	dz, dw, db, dx buffer
	product        kernel.Gradient // dW of the last run
	deferred       bool
	placeholder    buffer // value of the node if dW is deferred
}

func (a *affineBackward) Arity() int    { return 2 }
func (a *affineBackward) Type() hm.Type { return hm.NewFnType(matrix(), matrix(), matrix()) }

func (a *affineBackward) InferShape(...gorgonia.DimSizer) (tensor.Shape, error) {
	return a.shape.Clone(), nil
}

func (a *affineBackward) Do(in ...gorgonia.Value) (out gorgonia.Value, err error) {
	defer a.end(&err)
	x, w, y, dy := a.affine.x.Float32s(), a.affine.w.Float32s(), floats(in[0]), floats(in[1])
	rows, transposed := a.rows.Live, a.affine.transposed
	from, to := a.affine.sizes()

	_, dz := a.dz.of(a.rows.Compiled, to)
	var db []float32
	if a.affine.bias {
		_, db = a.db.of(to)
	}
	kernel.ActivationGradient(a.affine.activation, rows, to, y, dy, dz, db)

	a.product = kernel.Gradient{Rows: rows, Inputs: from, Outputs: to, X: x, Z: dz, Precision: a.rows.Precision}
	if transposed {
		a.product.Inputs, a.product.Outputs, a.product.X, a.product.Z = to, from, dz, x
	}
	dense, _ := a.placeholder.of(1, 1)
	if !a.deferred {
		var dw []float32
		dense, dw = a.dw.of(a.shape...)
		a.product.Compute(dw)
	}
	if !a.affine.constantInput {
		_, dx := a.dx.of(a.rows.Compiled, from)
		ldw := to
		if transposed {
			ldw = from
		}
		kernel.MatMul(a.rows.Precision, false, !transposed, rows, from, to, dz, to, w, ldw, dx, from)
	}
	return dense, nil
}

// Defer makes the backward op of a node leave the gradient of a layer's weights
// as a product. The function that it returns gives the product after each run,
// valid until the next run. The value of the node is then not computed. Defer
// returns nil for any other node, and if another node needs the value.
func Defer(gradient *gorgonia.Node) func() kernel.Gradient {
	a, ok := gradient.Op().(*affineBackward)
	if !ok || len(users(gradient)) > 0 {
		return nil
	}
	a.deferred = true
	return func() kernel.Gradient { return a.product }
}
