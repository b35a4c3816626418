package graph

import (
	"gaetrain/graph/op"
	"gaetrain/graph/trace"
)

// Value is one value of a declaration: a batch of rows, a batch of images in
// lanes (the layout that convolutions use, see kernel.Images), a parameter, or
// a scalar. The zero Value means that there is none.
type Value struct {
	node     op.Node
	rows     *op.Rows     // nil: not a batch
	shape    Shape        // of one row
	constant bool         // computed from inputs and statistics alone, so no gradient in it is needed
	traced   *trace.Value // in a scope of Trace: its form in ONNX; nil otherwise
}

// Shape is the shape of one row of a batch.
func (v Value) Shape() Shape { return v.shape }

// Size is the number of values in one row of a batch.
func (v Value) Size() int { return v.shape.Size() }

// Constant reports whether the value needs no gradient: it is an input or a
// statistic, or is computed from these alone.
func (v Value) Constant() bool { return v.constant }

// None reports whether there is no value.
func (v Value) None() bool { return v.node == nil }

// As returns the value with its rows read as images of another shape of equal
// size.
func (v Value) As(s Shape) Value {
	v.shape = s
	return v
}

// images reports whether the batch is in lanes.
func (v Value) images() bool { return v.node.Dims() == 5 }
