package layer

import (
	"fmt"

	"gaetrain/graph"
)

// Stack is a placed sequence. Its layers with weights have numbers from 1 and
// names such as "encoder/1". Layers without weights, such as pooling and
// dropout, share the number of the layer that they follow, and unpooling that
// of the layer after it.
type Stack struct {
	part   string
	in     graph.Shape
	layers []member
}

// member is a layer of a stack with its number, or that of its numbered
// neighbour.
type member struct {
	Placed
	number int
}

// NewStack places layers after an input of shape in. Errors wrap
// graph.ErrArchitecture.
func NewStack(part string, in graph.Shape, layers Sequence) (*Stack, error) {
	return stack(part, part, in, layers)
}

// stack places layers whose names start with a prefix.
func stack(part, prefix string, in graph.Shape, layers Sequence) (*Stack, error) {
	if err := in.Validate(); err != nil {
		return nil, err
	}
	s, number := &Stack{part: part, in: in}, 0
	for _, l := range layers.unfold() {
		at := max(1, number)
		if _, leads := l.(leader); leads || numbered(l) {
			at = number + 1
		}
		if numbered(l) {
			number++
		}
		p, err := l.Place(At{Part: part, Name: fmt.Sprintf("%s/%d", prefix, at), In: s.Out()})
		if err != nil {
			return nil, err
		}
		s.layers = append(s.layers, member{p, at})
	}
	return s, nil
}

// On declares the layers for the input x. The result is a batch of rows.
func (s *Stack) On(scope *graph.Scope, x graph.Value) graph.Value {
	y := s.declare(scope, x)
	if len(s.layers) == 0 {
		return y
	}
	return scope.Rows(s.Last().Name()+"/output", y)
}

// declare declares the layers. The result has the layout of the last layer.
func (s *Stack) declare(scope *graph.Scope, x graph.Value) graph.Value {
	if len(s.layers) == 0 || scope.Failed() {
		return x
	}
	first := s.layers[0].Name()
	if !x.None() && x.Shape() != s.in {
		if x.Size() != s.in.Size() {
			scope.Failf("%s takes %s, not %s", first, s.in, x.Shape())
			return graph.Value{}
		}
		x = scope.Rows(first, x).As(s.in)
	}
	for _, l := range s.layers {
		x = l.On(scope, x)
	}
	return x
}

// Part is the part of the model, such as "encoder".
func (s *Stack) Part() string { return s.part }

// In is the shape of the input of the first layer.
func (s *Stack) In() graph.Shape { return s.in }

// Out is the shape of the output of the last layer.
func (s *Stack) Out() graph.Shape {
	if len(s.layers) == 0 {
		return s.in
	}
	return s.Last().Out()
}

// Depth is the number of numbered layers.
func (s *Stack) Depth() int {
	n := 0
	for _, l := range s.layers {
		if numbered(l.Layer()) {
			n++
		}
	}
	return n
}

// First returns the first depth numbered layers, with the pooling and dropout
// after the last of them.
func (s *Stack) First(depth int) *Stack {
	end := 0
	for end < len(s.layers) && s.layers[end].number <= s.offset()+depth {
		end++
	}
	return &Stack{part: s.part, in: s.in, layers: s.layers[:end:end]}
}

// From returns the layers after First(depth).
func (s *Stack) From(depth int) *Stack {
	first := s.First(depth)
	return &Stack{part: s.part, in: first.Out(), layers: s.layers[len(first.layers):]}
}

// offset is the number of numbered layers that From has removed.
func (s *Stack) offset() int {
	if len(s.layers) == 0 {
		return 0
	}
	return s.layers[0].number - 1
}

// WithoutTrailingDropout returns the stack without dropout of its output.
func (s *Stack) WithoutTrailingDropout() *Stack {
	end := len(s.layers)
	for end > 0 && isDropout(s.layers[end-1].Layer()) {
		end--
	}
	return &Stack{part: s.part, in: s.in, layers: s.layers[:end:end]}
}

// Layers returns all placed layers, also those without a number.
func (s *Stack) Layers() []Placed {
	all := make([]Placed, len(s.layers))
	for i, l := range s.layers {
		all[i] = l.Placed
	}
	return all
}

// Last returns the last layer, or nil if there is none.
func (s *Stack) Last() Placed {
	if len(s.layers) == 0 {
		return nil
	}
	return s.layers[len(s.layers)-1].Placed
}

// Text returns the layers in the text form that Parse reads.
func (s *Stack) Text() string { return s.Sequence().String() }

// Sequence returns the layers as they were before they were placed.
func (s *Stack) Sequence() Sequence {
	all := make(Sequence, len(s.layers))
	for i, l := range s.layers {
		all[i] = l.Layer()
	}
	return all
}
