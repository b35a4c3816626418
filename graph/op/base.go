package op

import (
	"errors"
	"fmt"
	"hash"
	"hash/fnv"

	"github.com/chewxy/hm"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gaetrain/graph/kernel"
)

// Rows says how many rows of a batch are computed, and how. All ops of a program share
// it, so a program that was compiled for a full batch can run a partial one.
type Rows struct {
	Live     int  // rows to compute, at most Compiled
	Compiled int  // rows of every buffer
	Repeated bool // the inputs and weights of layers are those of the last run, so expensive results are kept

	Precision kernel.Precision // of the products of fully connected layers

	stop    <-chan struct{}
	several []*Rows
}

// Several returns the rows of buffers with the given number of rows for each
// row of r.
func (r *Rows) Several(samples int) *Rows {
	if samples == 1 {
		return r
	}
	several := &Rows{Live: r.Live * samples, Compiled: r.Compiled * samples, Precision: r.Precision}
	r.several = append(r.several, several)
	return several
}

// SetLive sets the number of rows to compute, also in the rows made by Several.
func (r *Rows) SetLive(rows int) {
	r.Live = rows
	for _, several := range r.several {
		several.SetLive(rows * (several.Compiled / r.Compiled))
	}
}

// Until makes the next run end after stop is closed. The current op then
// finishes and returns ErrStopped. A nil channel never stops a run.
func (r *Rows) Until(stop <-chan struct{}) {
	r.stop = stop
	for _, several := range r.several {
		several.Until(stop)
	}
}

// ErrStopped is the error of an op that ends a run, see Rows.Until.
var ErrStopped = errors.New("stopped")

// Node is a node of an expression graph.
type Node = *gorgonia.Node

// base is the common part of all ops. The name identifies an op within its
// graph. Gorgonia merges ops with equal hashes and equal inputs, which is wrong
// for ops that own a buffer.
type base struct {
	name string // place and kind, such as "encoder/1: affine+relu"
	rows *Rows
}

func (b *base) ReturnsPtr() bool        { return false } // so the machine allocates no output
func (b *base) CallsExtern() bool       { return false }
func (b *base) OverwritesInput() int    { return -1 }
func (b *base) WriteHash(h hash.Hash)   { fmt.Fprint(h, b.name) }
func (b *base) String() string          { return b.name }
func (b *base) derive(what string) base { return base{b.name + " " + what, b.rows} }

// Hashcode implements gorgonia.Op.
func (b *base) Hashcode() uint32 {
	h := fnv.New32a()
	b.WriteHash(h)
	return h.Sum32()
}

// end is deferred by every op that computes. It turns a panic into an error,
// because the machine runs ops on its own goroutine, where no caller could
// recover. It also ends a run that must stop, because only the error of an op
// ends a run. The test of the channel takes no lock, so its cost is small even
// for the smallest op.
func (b *base) end(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("%s: %v", b.name, r)
	}
	if b.rows == nil {
		return // an op on weights alone
	}
	select {
	case <-b.rows.stop:
		*err = ErrStopped
	default:
	}
}

// buffer is an output that is allocated at its first use.
type buffer struct {
	dense  *tensor.Dense
	shared *shared // memory that other buffers use too; nil: its own
}

// of returns the buffer as a tensor of the given shape, and its values.
func (b *buffer) of(shape ...int) (*tensor.Dense, []float32) {
	switch {
	case b.dense != nil:
	case b.shared != nil:
		b.dense = tensor.New(tensor.WithShape(shape...), tensor.WithBacking(b.shared.take(tensor.Shape(shape).TotalSize())))
	default:
		b.dense = tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(shape...))
	}
	return b.dense, b.dense.Float32s()
}

// matrix returns a new type of a matrix. Gorgonia recycles types, so they
// cannot be shared.
func matrix() hm.Type { return gorgonia.TensorType{Dims: 2, Of: hm.TypeVariable('a')} }
func vector() hm.Type { return gorgonia.TensorType{Dims: 1, Of: hm.TypeVariable('a')} }
func scalar() hm.Type { return hm.TypeVariable('a') }

func floats(v gorgonia.Value) []float32 { return v.(*tensor.Dense).Float32s() }

func columns(v gorgonia.Value) int { return v.(*tensor.Dense).Shape()[1] }

// apply adds an op to the graph of its inputs. It checks shapes first, because
// Gorgonia would wrap the error of the op in a text of its own.
func apply(o gorgonia.Op, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	shapes := make([]gorgonia.DimSizer, len(in))
	for i, n := range in {
		shapes[i] = n.Shape()
	}
	if _, err := o.InferShape(shapes...); err != nil {
		return nil, err
	}
	return gorgonia.ApplyOp(o, in...)
}

// shape returns the shape of an input, which must have the given number of
// dimensions. Gorgonia's types accept a vector in place of a matrix.
func (b *base) shape(what string, s gorgonia.DimSizer, dimensions int) (tensor.Shape, error) {
	shape, err := shapeOf(s)
	if err != nil {
		return nil, fmt.Errorf("%s: %s: %w", b.name, what, err)
	}
	if len(shape) != dimensions {
		return nil, fmt.Errorf("%s: %s has shape %v, want %d dimensions", b.name, what, shape, dimensions)
	}
	return shape, nil
}

// batch returns the shape of an input that must be a matrix with the compiled
// rows.
func (b *base) batch(what string, s gorgonia.DimSizer) (tensor.Shape, error) {
	return b.samples(what, 1, s)
}

// samples returns the shape of an input that must be a matrix with the given
// number of rows for each compiled row.
func (b *base) samples(what string, samples int, s gorgonia.DimSizer) (tensor.Shape, error) {
	shape, err := b.shape(what, s, 2)
	if err == nil && shape[0] != b.rows.Compiled*samples {
		return nil, fmt.Errorf("%s: %s has %d rows, compiled for a batch of %d", b.name, what, shape[0], b.rows.Compiled*samples)
	}
	return shape, err
}

func shapeOf(s gorgonia.DimSizer) (tensor.Shape, error) {
	if shape, ok := s.(tensor.Shape); ok {
		return shape, nil
	}
	return nil, fmt.Errorf("input of unknown shape %v", s)
}
