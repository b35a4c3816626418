package graph

import "gaetrain/graph/op"

// Value is one value of a declaration: a batch of rows, or of images in lanes,
// which is how convolutions want them (see kernel.Images); a parameter; or a
// scalar. The zero Value stands for none.
type Value struct {
	node     op.Node
	rows     *op.Rows // nil: no batch
	shape    Shape    // of one row
	constant bool     // nothing that is trained leads to it, so it needs no gradient
}

// Shape is the shape of one row of a batch.
func (v Value) Shape() Shape { return v.shape }

// Size is the number of values in one row of a batch.
func (v Value) Size() int { return v.shape.Size() }

// Constant reports whether no gradient in the value is needed: it is an input,
// or computed from inputs alone.
func (v Value) Constant() bool { return v.constant }

// None reports whether there is no value.
func (v Value) None() bool { return v.node == nil }

// As is the value with its rows seen as images of another shape of that size.
func (v Value) As(s Shape) Value {
	v.shape = s
	return v
}

// images reports whether the batch lies in lanes.
func (v Value) images() bool { return v.node.Dims() == 5 }
