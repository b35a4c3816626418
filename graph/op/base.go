package op

import (
	"errors"
	"fmt"
	"hash"
	"hash/fnv"

	"github.com/chewxy/hm"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Rows says how much of the batch is alive. One Rows is shared by all ops of a
// program: a partial last batch runs on the program compiled for a full one.
type Rows struct {
	Live     int  // rows to compute, at most Compiled
	Compiled int  // rows of every buffer
	Repeated bool // the layers' inputs and weights are those of the last run: what costs most to compute again is not

	stop    <-chan struct{}
	several []*Rows
}

// Several are the rows of buffers that hold samples rows for each of these.
func (r *Rows) Several(samples int) *Rows {
	if samples == 1 {
		return r
	}
	several := &Rows{Live: r.Live * samples, Compiled: r.Compiled * samples}
	r.several = append(r.several, several)
	return several
}

// SetLive says how many rows to compute, also of what holds several for each.
func (r *Rows) SetLive(rows int) {
	r.Live = rows
	for _, several := range r.several {
		several.SetLive(rows * (several.Compiled / r.Compiled))
	}
}

// Until makes the next run one that ends once stop is closed: the op in hand
// is finished, and then gives ErrStopped. nil is never closed.
func (r *Rows) Until(stop <-chan struct{}) {
	r.stop = stop
	for _, several := range r.several {
		several.Until(stop)
	}
}

// ErrStopped is the error of an op that ended a run, see Rows.Until.
var ErrStopped = errors.New("stopped")

// Node is a node of an expression graph.
type Node = *gorgonia.Node

// base is what all ops have in common. Its name identifies an op within its
// graph: Gorgonia merges ops of equal hash and equal inputs, which an op with
// a buffer of its own must not suffer.
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

// end is deferred by every op that computes. It turns a panic into an error:
// the machine runs ops on a goroutine of its own, where nobody else could catch
// it. And it ends a run that is to stop, here because nothing but an op's error
// does that. A closed channel is looked for without a lock, so this costs nothing
// beside the smallest of ops.
func (b *base) end(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("%s: %v", b.name, r)
	}
	if b.rows == nil {
		return // of weights alone
	}
	select {
	case <-b.rows.stop:
		*err = ErrStopped
	default:
	}
}

// buffer is an output that is allocated when it is first needed.
type buffer struct{ dense *tensor.Dense }

// of returns the buffer as a tensor of the given shape, and its values.
func (b *buffer) of(shape ...int) (*tensor.Dense, []float32) {
	if b.dense == nil {
		b.dense = tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(shape...))
	}
	return b.dense, b.dense.Float32s()
}

// matrix is a fresh type of a matrix of a's: Gorgonia recycles the types it is
// given, so they cannot be kept.
func matrix() hm.Type { return gorgonia.TensorType{Dims: 2, Of: hm.TypeVariable('a')} }
func vector() hm.Type { return gorgonia.TensorType{Dims: 1, Of: hm.TypeVariable('a')} }
func scalar() hm.Type { return hm.TypeVariable('a') }

func floats(v gorgonia.Value) []float32 { return v.(*tensor.Dense).Float32s() }

func columns(v gorgonia.Value) int { return v.(*tensor.Dense).Shape()[1] }

// apply puts an op on the graph of its inputs. Shapes are checked first:
// Gorgonia would wrap the op's error in words of its own.
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

// shape returns the shape of the input called what, which must have the given
// number of dimensions: Gorgonia's types let a vector pass for a matrix.
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

// batch returns the shape of the input called what, which must be a matrix
// with the compiled batch along its rows.
func (b *base) batch(what string, s gorgonia.DimSizer) (tensor.Shape, error) {
	return b.samples(what, 1, s)
}

// samples returns the shape of the input called what, which must be a matrix
// with so many rows for each image of the compiled batch.
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
