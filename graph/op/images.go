package op

import (
	"fmt"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gaetrain/graph/kernel"
)

// FromRows declares a batch of rows as images in lanes, the layout of
// convolutions (x: B×D, each row C×H×W; see kernel.Images). If constantInput is
// set, the gradient in x is not computed.
func FromRows(name string, rows *Rows, channels, height, width int, constantInput bool, x *gorgonia.Node) (*gorgonia.Node, error) {
	b := base{name: name + ": images", rows: rows}
	shape, err := b.batch("input", x.Shape())
	if err != nil {
		return nil, err
	}
	s := kernel.Images{Channels: channels, Height: height, Width: width, Lanes: kernel.LanesFor(rows.Compiled)}
	if shape[1] != s.Values() {
		return nil, fmt.Errorf("%s: rows of %d values, want %d×%d×%d", b.name, shape[1], channels, height, width)
	}
	return declareLayer(b, fromRows{s}, imagesShape(s, rows), constantInput, x)
}

// ToRows declares the inverse of FromRows: images in lanes as rows of C×H×W
// values.
func ToRows(name string, rows *Rows, x *gorgonia.Node) (*gorgonia.Node, error) {
	b := base{name: name + ": rows", rows: rows}
	s, err := b.images(x)
	if err != nil {
		return nil, err
	}
	return declareLayer(b, toRows{s}, tensor.Shape{rows.Compiled, s.Values()}, false, x)
}

// IsConversion reports whether a node is a result of FromRows or ToRows.
func IsConversion(node Node) bool {
	l, ok := node.Op().(*layer)
	if !ok {
		return false
	}
	switch l.computation.(type) {
	case fromRows, toRows:
		return true
	}
	return false
}

type fromRows struct{ kernel.Images }

func (f fromRows) forward(batch int, in [][]float32, y []float32) {
	f.FromRows(batch, in[0], y)
}

func (f fromRows) backward(batch int, _ [][]float32, _, dy []float32, gradients [][]float32) {
	if gradients[0] != nil {
		f.ToRows(batch, dy, gradients[0])
	}
}

type toRows struct{ kernel.Images }

func (t toRows) forward(batch int, in [][]float32, y []float32) {
	t.ToRows(batch, in[0], y)
}

func (t toRows) backward(batch int, _ [][]float32, _, dy []float32, gradients [][]float32) {
	t.FromRows(batch, dy, gradients[0])
}
