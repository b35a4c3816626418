package op

import (
	"fmt"
	"slices"

	"github.com/chewxy/hm"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gaetrain/graph/kernel"
)

// Add declares y = act(a + b), elementwise, for residual blocks (a, b, y: B×C,
// or images of the same layout; He et al. 2016). Where constant is true, no
// gradient in a or b is computed.
func Add(name string, rows *Rows, act kernel.Activation, constant [2]bool, a, b *gorgonia.Node) (*gorgonia.Node, error) {
	s := &addition{base: base{name: fmt.Sprintf("%s: sum+%s", name, act), rows: rows}, activation: act, constant: constant}
	var err error
	if s.layout, err = s.base.layout(a); err != nil {
		return nil, err
	}
	if !slices.Equal(a.Shape(), b.Shape()) {
		return nil, fmt.Errorf("%s: the inputs are %v and %v, want the same shape", s.name, a.Shape(), b.Shape())
	}
	s.shape = a.Shape().Clone()
	return apply(s, a, b)
}

type addition struct {
	base
	activation kernel.Activation
	constant   [2]bool
	layout     kernel.Images
	shape      tensor.Shape
	y          buffer
}

func (s *addition) Arity() int { return 2 }

func (s *addition) Type() hm.Type {
	dimensions := len(s.shape)
	return hm.NewFnType(typeOf(dimensions), typeOf(dimensions), typeOf(dimensions))
}

func (s *addition) InferShape(...gorgonia.DimSizer) (tensor.Shape, error) {
	return s.shape.Clone(), nil
}

func (s *addition) Do(in ...gorgonia.Value) (out gorgonia.Value, err error) {
	defer s.end(&err)
	dense, y := s.y.of(s.shape...)
	live := y[:s.layout.Size(s.rows.Live)]
	kernel.Add(live, floats(in[0]), floats(in[1]))
	if s.activation != kernel.Linear {
		kernel.Activate(s.activation, live, live)
	}
	return dense, nil
}

func (s *addition) DiffWRT(int) []bool { return []bool{!s.constant[0], !s.constant[1]} }

// SymDiff returns one node as the gradient in both inputs. Without an
// activation this is the node of dy, so nothing is computed. Gorgonia
// overwrites the value of a node only after the last op that reads it. It knows
// all of them, because the ops share the node.
func (s *addition) SymDiff(_ gorgonia.Nodes, y, dy *gorgonia.Node) (gorgonia.Nodes, error) {
	gradient := dy
	if s.activation != kernel.Linear {
		var err error
		if gradient, err = gorgonia.ApplyOp(&additionBackward{base: s.derive("backward"), forward: s}, y, dy); err != nil {
			return nil, err
		}
	}
	gradients := gorgonia.Nodes{gradient, gradient}
	for i, constant := range s.constant {
		if constant {
			gradients[i] = nil
		}
	}
	return gradients, nil
}

// additionBackward computes dy ⊙ act′ from y and dy.
type additionBackward struct {
	base
	forward *addition
	dz      buffer
}

func (s *additionBackward) Arity() int    { return 2 }
func (s *additionBackward) Type() hm.Type { return s.forward.Type() }

func (s *additionBackward) InferShape(...gorgonia.DimSizer) (tensor.Shape, error) {
	return s.forward.shape.Clone(), nil
}

func (s *additionBackward) Do(in ...gorgonia.Value) (out gorgonia.Value, err error) {
	defer s.end(&err)
	dense, dz := s.dz.of(s.forward.shape...)
	kernel.ActivationGradient(s.forward.activation, 1, s.forward.layout.Size(s.rows.Live), floats(in[0]), floats(in[1]), dz, nil)
	return dense, nil
}
