package op

import (
	"fmt"

	"github.com/chewxy/hm"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gaetrain/graph/kernel"
)

// Standardise declares y = (x − m)/s in each row (x, y: B×D, mean m: D,
// deviation s: 1). Mean and deviation get no gradient.
func Standardise(name string, rows *Rows, x, mean, deviation *gorgonia.Node) (*gorgonia.Node, error) {
	return apply(&standardise{base: base{name: name + ": standardise", rows: rows}}, x, mean, deviation)
}

type standardise struct {
	base
	y buffer
}

func (s *standardise) Arity() int    { return 3 }
func (s *standardise) Type() hm.Type { return hm.NewFnType(matrix(), vector(), vector(), matrix()) }

func (s *standardise) InferShape(in ...gorgonia.DimSizer) (tensor.Shape, error) {
	x, err := s.batch("input", in[0])
	if err != nil {
		return nil, err
	}
	mean, err := s.shape("mean", in[1], 1)
	if err != nil {
		return nil, err
	}
	deviation, err := s.shape("deviation", in[2], 1)
	if err != nil {
		return nil, err
	}
	if mean[0] != x[1] || deviation[0] != 1 {
		return nil, fmt.Errorf("%s: mean and deviation have %d and %d elements, want %d and 1", s.name, mean[0], deviation[0], x[1])
	}
	return x, nil
}

func (s *standardise) Do(in ...gorgonia.Value) (out gorgonia.Value, err error) {
	defer s.end(&err)
	width, x, mean, scale := columns(in[0]), floats(in[0]), floats(in[1]), 1/floats(in[2])[0]
	dense, y := s.y.of(s.rows.Compiled, width)
	for first := 0; first < s.rows.Live*width; first += width {
		row := y[first : first+width]
		copy(row, x[first:])
		kernel.Axpy(-1, mean, row)
	}
	kernel.Scale(scale, y[:s.rows.Live*width])
	return dense, nil
}

func (s *standardise) DiffWRT(int) []bool { return []bool{true, false, false} }

func (s *standardise) SymDiff(in gorgonia.Nodes, _, dy *gorgonia.Node) (gorgonia.Nodes, error) {
	dx, err := gorgonia.ApplyOp(&standardiseBackward{base: s.derive("backward")}, dy, in[2])
	return gorgonia.Nodes{dx, nil, nil}, err
}

// standardiseBackward computes dx = dy/s.
type standardiseBackward struct {
	base
	dx buffer
}

func (s *standardiseBackward) Arity() int    { return 2 }
func (s *standardiseBackward) Type() hm.Type { return hm.NewFnType(matrix(), vector(), matrix()) }

func (s *standardiseBackward) InferShape(in ...gorgonia.DimSizer) (tensor.Shape, error) {
	return shapeOf(in[0])
}

func (s *standardiseBackward) Do(in ...gorgonia.Value) (out gorgonia.Value, err error) {
	defer s.end(&err)
	width := columns(in[0])
	dense, dx := s.dx.of(s.rows.Compiled, width)
	live := dx[:s.rows.Live*width]
	copy(live, floats(in[0]))
	kernel.Scale(1/floats(in[1])[0], live)
	return dense, nil
}
