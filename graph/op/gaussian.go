package op

import (
	"fmt"

	"github.com/chewxy/hm"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gaetrain/graph/kernel"
)

// Reparametrise declares K codes z = μ + σ·ε for each image, drawn from its
// Gaussian posterior (Kingma & Welling 2014; statistics: B×2L, in each row L
// means, then L log-variances; noise ε: B×KL; z: BK×L, the codes of an image in
// consecutive rows). Gradients reach the statistics. The noise gets no
// gradient.
func Reparametrise(name string, rows *Rows, statistics, noise *gorgonia.Node) (*gorgonia.Node, error) {
	return apply(&reparametrise{base: base{name: name + ": reparametrise", rows: rows}}, statistics, noise)
}

type reparametrise struct {
	base
	z, deviation buffer
	weights      []float32 // of the samples in the gradient of the statistics; nil: all 1
}

func (r *reparametrise) Arity() int    { return 2 }
func (r *reparametrise) Type() hm.Type { return hm.NewFnType(matrix(), matrix(), matrix()) }

func (r *reparametrise) InferShape(in ...gorgonia.DimSizer) (tensor.Shape, error) {
	statistics, err := r.batch("statistics", in[0])
	if err != nil {
		return nil, err
	}
	noise, err := r.batch("noise", in[1])
	if err != nil {
		return nil, err
	}
	size := statistics[1] / 2
	if statistics[1]%2 != 0 || noise[1] == 0 || noise[1]%size != 0 {
		return nil, fmt.Errorf("%s: statistics are %v and noise is %v, want B×2L and B×KL", r.name, statistics, noise)
	}
	return tensor.Shape{noise[0] * noise[1] / size, size}, nil
}

func (r *reparametrise) Do(in ...gorgonia.Value) (out gorgonia.Value, err error) {
	defer r.end(&err)
	size := columns(in[0]) / 2
	samples := columns(in[1]) / size
	dense, z := r.z.of(r.rows.Compiled*samples, size)
	_, deviation := r.deviation.of(r.rows.Compiled, size)
	kernel.Reparametrise(r.rows.Live, samples, size, floats(in[0]), floats(in[1]), z, deviation)
	return dense, nil
}

func (r *reparametrise) DiffWRT(int) []bool { return []bool{true, false} }

func (r *reparametrise) SymDiff(in gorgonia.Nodes, z, dz *gorgonia.Node) (gorgonia.Nodes, error) {
	backward := &reparametriseBackward{base: r.derive("backward"), forward: r}
	node, err := gorgonia.ApplyOp(backward, in[0], in[1], z, dz)
	return gorgonia.Nodes{node, nil}, err
}

type reparametriseBackward struct {
	base
	forward  *reparametrise
	gradient buffer
}

func (r *reparametriseBackward) Arity() int { return 4 }

func (r *reparametriseBackward) Type() hm.Type {
	return hm.NewFnType(matrix(), matrix(), matrix(), matrix(), matrix())
}

func (r *reparametriseBackward) InferShape(in ...gorgonia.DimSizer) (tensor.Shape, error) {
	return shapeOf(in[0])
}

func (r *reparametriseBackward) Do(in ...gorgonia.Value) (out gorgonia.Value, err error) {
	defer r.end(&err)
	size := columns(in[0]) / 2
	samples := columns(in[1]) / size
	dense, gradient := r.gradient.of(r.rows.Compiled, 2*size)
	_, deviation := r.forward.deviation.of(r.rows.Compiled, size)
	kernel.ReparametriseGradient(r.rows.Live, samples, size, floats(in[0]), floats(in[1]), deviation, floats(in[3]), r.forward.weights, gradient)
	return dense, nil
}

// GaussianDivergence declares mean_B KL(N(μ, σ²) ‖ N(0, I)) in nats
// (statistics: B×2L, in each row L means, then L log-variances).
func GaussianDivergence(name string, rows *Rows, statistics *gorgonia.Node) (Loss, error) {
	var variance buffer
	loss, err := declareLoss(name+": Gaussian divergence", rows, func(l *loss, scale float32, in [][]float32, gradient []float32) {
		_, v := variance.of(l.rows.Compiled, l.columns/2)
		kernel.GaussianDivergence(l.rows.Live, l.columns/2, scale, in[0], gradient, l.perImage, v)
	}, statistics)
	return loss.holding(numbers(statistics.Shape())/2, err)
}

// FirstColumns declares the first columns of a matrix (x: B×D, y: B×columns).
func FirstColumns(name string, rows *Rows, columns int, x *gorgonia.Node) (*gorgonia.Node, error) {
	return apply(&firstColumns{base: base{name: name + ": first columns", rows: rows}, columns: columns}, x)
}

type firstColumns struct {
	base
	columns int
	y       buffer
}

func (f *firstColumns) Arity() int    { return 1 }
func (f *firstColumns) Type() hm.Type { return hm.NewFnType(matrix(), matrix()) }

func (f *firstColumns) InferShape(in ...gorgonia.DimSizer) (tensor.Shape, error) {
	x, err := f.batch("input", in[0])
	if err != nil {
		return nil, err
	}
	if f.columns > x[1] {
		return nil, fmt.Errorf("%s: input is %v, want at least %d columns", f.name, x, f.columns)
	}
	return tensor.Shape{x[0], f.columns}, nil
}

func (f *firstColumns) Do(in ...gorgonia.Value) (out gorgonia.Value, err error) {
	defer f.end(&err)
	dense, y := f.y.of(f.rows.Compiled, f.columns)
	x, width := floats(in[0]), columns(in[0])
	for i := range f.rows.Live {
		copy(y[i*f.columns:(i+1)*f.columns], x[i*width:])
	}
	return dense, nil
}

func (f *firstColumns) DiffWRT(int) []bool { return []bool{true} }

func (f *firstColumns) SymDiff(in gorgonia.Nodes, _, dy *gorgonia.Node) (gorgonia.Nodes, error) {
	node, err := gorgonia.ApplyOp(&firstColumnsBackward{base: f.derive("backward")}, in[0], dy)
	return gorgonia.Nodes{node}, err
}

// firstColumnsBackward fills the other columns with zeros.
type firstColumnsBackward struct {
	base
	dx buffer
}

func (f *firstColumnsBackward) Arity() int    { return 2 }
func (f *firstColumnsBackward) Type() hm.Type { return hm.NewFnType(matrix(), matrix(), matrix()) }

func (f *firstColumnsBackward) InferShape(in ...gorgonia.DimSizer) (tensor.Shape, error) {
	return shapeOf(in[0])
}

func (f *firstColumnsBackward) Do(in ...gorgonia.Value) (out gorgonia.Value, err error) {
	defer f.end(&err)
	width, kept := columns(in[0]), columns(in[1])
	dense, dx := f.dx.of(f.rows.Compiled, width)
	for i := range f.rows.Live {
		copy(dx[i*width:], floats(in[1])[i*kept:(i+1)*kept])
	}
	return dense, nil
}

// EveryNth declares every n-th row of a matrix, beginning with the first (x:
// Bn×D, y: B×D). The other rows have the gradient 0.
func EveryNth(name string, rows *Rows, n int, x *gorgonia.Node) (*gorgonia.Node, error) {
	return apply(&everyNth{base: base{name: fmt.Sprintf("%s: 1 of %d samples", name, n), rows: rows}, n: n}, x)
}

type everyNth struct {
	base
	n int
	y buffer
}

func (e *everyNth) DiffWRT(int) []bool { return []bool{true} }

func (e *everyNth) SymDiff(in gorgonia.Nodes, _, dy *gorgonia.Node) (gorgonia.Nodes, error) {
	node, err := gorgonia.ApplyOp(&everyNthBackward{base: e.derive("backward"), n: e.n}, in[0], dy)
	return gorgonia.Nodes{node}, err
}

type everyNthBackward struct {
	base
	n  int
	dx buffer
}

func (e *everyNthBackward) Arity() int    { return 2 }
func (e *everyNthBackward) Type() hm.Type { return hm.NewFnType(matrix(), matrix(), matrix()) }

func (e *everyNthBackward) InferShape(in ...gorgonia.DimSizer) (tensor.Shape, error) {
	return shapeOf(in[0])
}

func (e *everyNthBackward) Do(in ...gorgonia.Value) (out gorgonia.Value, err error) {
	defer e.end(&err)
	width := columns(in[0])
	dense, dx := e.dx.of(e.rows.Compiled*e.n, width) // rows that get no gradient stay 0
	for i := range e.rows.Live {
		copy(dx[i*e.n*width:], floats(in[1])[i*width:(i+1)*width])
	}
	return dense, nil
}

func (e *everyNth) Arity() int    { return 1 }
func (e *everyNth) Type() hm.Type { return hm.NewFnType(matrix(), matrix()) }

func (e *everyNth) InferShape(in ...gorgonia.DimSizer) (tensor.Shape, error) {
	x, err := e.samples("input", e.n, in[0])
	if err != nil {
		return nil, err
	}
	return tensor.Shape{e.rows.Compiled, x[1]}, nil
}

func (e *everyNth) Do(in ...gorgonia.Value) (out gorgonia.Value, err error) {
	defer e.end(&err)
	width := columns(in[0])
	dense, y := e.y.of(e.rows.Compiled, width)
	for i := range e.rows.Live {
		copy(y[i*width:(i+1)*width], floats(in[0])[i*e.n*width:])
	}
	return dense, nil
}
