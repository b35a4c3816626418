package graph

import (
	"gaetrain/graph/kernel"
	"gaetrain/graph/op"
	"gaetrain/graph/trace"
)

// Apply declares an operation of package op. f gets the rows of x, the node of
// x in its present layout, and the nodes of the other values. The result has
// the rows of x, or several rows for each image if its node has more.
func (s *Scope) Apply(f func(rows *op.Rows, x op.Node, more ...op.Node) (op.Node, error), x Value, more ...Value) Value {
	nodes, ok := s.nodesOf(x, more)
	if !ok {
		return Value{}
	}
	y, err := f(x.rows, nodes[0], nodes[1:]...)
	if err != nil {
		s.Fail(err)
		return Value{}
	}
	v := s.value(y, x.rows)
	v.constant, v.traced = x.constant, s.untraced(y)
	for _, other := range more {
		v.constant = v.constant && other.constant
	}
	return v
}

// ApplyTo declares an operation on a value that is not a batch, such as
// weights.
func (s *Scope) ApplyTo(f func(w op.Node) (op.Node, error), w Value) Value {
	nodes, ok := s.nodesOf(w, nil)
	if !ok {
		return Value{}
	}
	y, err := f(nodes[0])
	if err != nil {
		s.Fail(err)
		return Value{}
	}
	return Value{node: y, traced: s.untraced(y)}
}

// nodesOf returns the nodes of values. It reports false if the declaration has
// failed.
func (s *Scope) nodesOf(x Value, more []Value) ([]op.Node, bool) {
	if s.Failed() {
		return nil, false
	}
	nodes := []op.Node{x.node}
	for _, v := range more {
		nodes = append(nodes, v.node)
	}
	for _, node := range nodes {
		if node == nil {
			s.Failf("an input of an operation has no value")
			return nil, false
		}
	}
	return nodes, true
}

// value returns the Value of a node that was computed from the given rows.
func (s *Scope) value(node op.Node, rows *op.Rows) Value {
	shape := node.Shape()
	if len(shape) == 5 { // blocks, height, width, channels, lanes
		return Value{node: node, rows: rows, shape: Shape{shape[3], shape[1], shape[2]}}
	}
	if len(shape) == 2 && shape[0] != rows.Compiled {
		rows = s.Several(shape[0] / s.rows.Compiled)
	}
	if len(shape) != 2 {
		return Value{node: node, rows: rows}
	}
	return Value{node: node, rows: rows, shape: Row(shape[1])}
}

// Several returns the rows of a batch with the given number of rows for each
// image.
func (s *Scope) Several(samples int) *op.Rows {
	rows, ok := s.several[samples]
	if !ok {
		rows = s.rows.Several(samples)
		s.several[samples] = rows
	}
	return rows
}

// Rows returns a batch as rows. Images in lanes are converted to rows of C×H×W
// values. The name is that of the place that needs rows.
func (s *Scope) Rows(name string, x Value) Value {
	if s.Failed() || x.None() || !x.images() {
		return x
	}
	rows, err := op.ToRows(name, x.rows, x.node)
	if err != nil {
		s.Fail(err)
		return Value{}
	}
	s.lanes[rows] = x.node
	return Value{node: rows, rows: x.rows, shape: x.shape, constant: x.constant, traced: x.traced}
}

// Images returns a batch as images in lanes, the layout that convolutions use.
func (s *Scope) Images(name string, x Value) Value {
	if s.Failed() || x.None() || x.images() {
		return x
	}
	if lanes := s.lanes[x.node]; lanes != nil { // rows that were made from images
		if v := s.value(lanes, x.rows); v.shape == x.shape {
			v.constant, v.traced = x.constant, x.traced
			return v
		}
	}
	images, err := op.FromRows(name, x.rows, x.shape.Channels, x.shape.Height, x.shape.Width, x.constant, x.node)
	if err != nil {
		s.Fail(err)
		return Value{}
	}
	return Value{node: images, rows: x.rows, shape: x.shape, constant: x.constant, traced: x.traced}
}

// Repeat returns x with as many rows for each image as the other value has
// (x: B×D, other: BK×…, result: BK×D). It returns x if it has that many rows.
func (s *Scope) Repeat(name string, x, other Value) Value {
	if s.Failed() || x.None() || other.None() || other.rows.Compiled <= x.rows.Compiled {
		return x
	}
	x = s.Rows(name, x)
	y := s.Apply(func(rows *op.Rows, x op.Node, _ ...op.Node) (op.Node, error) {
		return op.Repeat(name, rows, other.rows.Compiled/rows.Compiled, x)
	}, x)
	return y.As(x.shape)
}

// First returns the first of the K rows of each image (x: BK×D, result: B×D).
// It returns x if there is one row for each image.
func (s *Scope) First(name string, x Value) Value {
	if s.Failed() || x.rows == s.rows {
		return x
	}
	x = s.Rows(name, x)
	y := s.Apply(func(rows *op.Rows, node op.Node, _ ...op.Node) (op.Node, error) {
		return op.EveryNth(name, s.rows, rows.Compiled/s.rows.Compiled, node)
	}, x)
	return Value{node: y.node, rows: s.rows, shape: x.shape, traced: y.traced}
}

// Activate declares y = act(x), with the shape of x.
func (s *Scope) Activate(name string, act kernel.Activation, x Value) Value {
	x = s.Rows(name, x)
	y := s.Apply(func(rows *op.Rows, x op.Node, _ ...op.Node) (op.Node, error) { return op.Activate(name, rows, act, x) }, x)
	return s.Traced(y.As(x.shape), func(n *trace.Network, in []*trace.Value) *trace.Value { return Activated(n, name, act, in[0]) }, x)
}

// VJP declares the vector–Jacobian product v·∂y/∂x of every row, which is the
// gradient of v·y in x (y, v: B×L; x: B×D, declared by Variable).
func (s *Scope) VJP(y, v, x Value) Value {
	nodes, ok := s.nodesOf(y, []Value{v, x})
	if !ok {
		return Value{}
	}
	gradient, err := backpropagate(nodes[0], nodes[1], nodes[2])
	if err != nil {
		s.Fail(err)
		return Value{}
	}
	return s.value(gradient, x.rows).As(x.shape)
}
