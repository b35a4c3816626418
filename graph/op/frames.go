package op

import (
	"fmt"

	"github.com/chewxy/hm"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gaetrain/graph/kernel"
)

// FrameAffine declares a fully connected layer that is applied to each frame
// separately. For x = (x₁ … x_K) and the blocks W₁ … W_K of the rows of W it is
// y = (x₁·W₁ … x_K·W_K) + b (x: B×K·D, W: K·D×H, b: K·H or nil for none, y:
// B×K·H). If transposed is set, it is y = (x₁·W₁ᵀ … x_K·W_Kᵀ) + b (x: B×K·H, b:
// K·D, y: B×K·D).
//
// If constantInput is set, the gradient in x is not computed.
func FrameAffine(name string, rows *Rows, frames int, transposed, constantInput bool, x, w, b *gorgonia.Node) (*gorgonia.Node, error) {
	a := &frameAffine{
		base:          base{name: fmt.Sprintf("%s: affine of %d frames", name, frames), rows: rows},
		frames:        frames,
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

type frameAffine struct {
	base
	frames        int
	transposed    bool
	constantInput bool
	bias          bool
	y             buffer
}

func (a *frameAffine) Arity() int {
	if a.bias {
		return 3
	}
	return 2
}

func (a *frameAffine) Type() hm.Type {
	if a.bias {
		return hm.NewFnType(matrix(), matrix(), vector(), matrix())
	}
	return hm.NewFnType(matrix(), matrix(), matrix())
}

func (a *frameAffine) InferShape(in ...gorgonia.DimSizer) (tensor.Shape, error) {
	x, err := a.batch("input", in[0])
	if err != nil {
		return nil, err
	}
	w, err := a.shape("weights", in[1], 2)
	if err != nil {
		return nil, err
	}
	if w[0]%a.frames != 0 {
		return nil, fmt.Errorf("%s: weights have %d rows, want equally many for each frame", a.name, w[0])
	}
	from, to := a.sizes(w)
	if x[1] != a.frames*from {
		return nil, fmt.Errorf("%s: input is %d×%d, want B×%d", a.name, x[0], x[1], a.frames*from)
	}
	if a.bias {
		b, err := a.shape("bias", in[2], 1)
		if err != nil {
			return nil, err
		}
		if b[0] != a.frames*to {
			return nil, fmt.Errorf("%s: bias has %d elements, want %d", a.name, b[0], a.frames*to)
		}
	}
	return tensor.Shape{x[0], a.frames * to}, nil
}

// sizes returns the widths of one frame of the input and of the output.
func (a *frameAffine) sizes(w tensor.Shape) (from, to int) {
	from, to = w[0]/a.frames, w[1]
	if a.transposed {
		from, to = to, from
	}
	return from, to
}

// block is the part of a matrix that belongs to a frame, with the stride of its
// rows.
type block struct {
	values []float32
	stride int
}

// frame returns the columns of frame k of a batch.
func (a *frameAffine) frame(values []float32, k, width int) block {
	return block{values[k*width:], a.frames * width}
}

// weights returns the block of W of frame k, D×H.
func (a *frameAffine) weights(w gorgonia.Value, values []float32, k int) block {
	shape := w.(*tensor.Dense).Shape()
	return block{values[k*shape[0]/a.frames*shape[1]:], shape[1]}
}

// multiply computes c = op(a)·op(b), m×n with k terms.
func multiply(p kernel.Precision, transA, transB bool, m, n, k int, a, b, c block) {
	kernel.MatMul(p, transA, transB, m, n, k, a.values, a.stride, b.values, b.stride, c.values, c.stride)
}

func (a *frameAffine) Do(in ...gorgonia.Value) (out gorgonia.Value, err error) {
	defer a.end(&err)
	from, to := a.sizes(in[1].(*tensor.Dense).Shape())
	x, w, live := floats(in[0]), floats(in[1]), a.rows.Live
	dense, y := a.y.of(a.rows.Compiled, a.frames*to)
	for k := range a.frames {
		multiply(a.rows.Precision, false, a.transposed, live, to, from, a.frame(x, k, from), a.weights(in[1], w, k), a.frame(y, k, to))
	}
	if a.bias {
		b := floats(in[2])
		for row := range live {
			kernel.Axpy(1, b, y[row*len(b):(row+1)*len(b)])
		}
	}
	return dense, nil
}

func (a *frameAffine) DiffWRT(inputs int) []bool {
	return []bool{!a.constantInput, true, true}[:inputs]
}

func (a *frameAffine) SymDiff(in gorgonia.Nodes, _, dy *gorgonia.Node) (gorgonia.Nodes, error) {
	backward := &frameAffineBackward{base: a.derive("backward"), affine: a}
	dw, err := gorgonia.ApplyOp(backward, in[0], in[1], dy)
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

// frameAffineBackward computes dW_k = x_kᵀ·dy_k, or its transpose, db = Σ_B dy
// and, if needed, dx_k = dy_k·W_kᵀ.
type frameAffineBackward struct {
	base
	affine     *frameAffine
	dw, db, dx buffer
}

func (a *frameAffineBackward) Arity() int { return 3 }

func (a *frameAffineBackward) Type() hm.Type {
	return hm.NewFnType(matrix(), matrix(), matrix(), matrix())
}

func (a *frameAffineBackward) InferShape(in ...gorgonia.DimSizer) (tensor.Shape, error) {
	return shapeOf(in[1])
}

func (a *frameAffineBackward) Do(in ...gorgonia.Value) (out gorgonia.Value, err error) {
	defer a.end(&err)
	f, live := a.affine, a.rows.Live
	shape := in[1].(*tensor.Dense).Shape()
	from, to := f.sizes(shape)
	x, w, dy := floats(in[0]), floats(in[1]), floats(in[2])
	dense, dw := a.dw.of(shape...)
	for k := range f.frames {
		input, output := f.frame(x, k, from), f.frame(dy, k, to)
		if f.transposed {
			input, output = output, input
		}
		multiply(a.rows.Precision, true, false, shape[0]/f.frames, shape[1], live, input, output, f.weights(in[1], dw, k))
	}
	if f.bias {
		_, db := a.db.of(f.frames * to)
		kernel.ActivationGradient(kernel.Linear, live, len(db), dy, dy, dy, db) // the activation is linear, so dy is not changed
	}
	if !f.constantInput {
		_, dx := a.dx.of(a.rows.Compiled, f.frames*from)
		for k := range f.frames {
			multiply(a.rows.Precision, false, !f.transposed, live, from, to, f.frame(dy, k, to), f.weights(in[1], w, k), f.frame(dx, k, from))
		}
	}
	return dense, nil
}
