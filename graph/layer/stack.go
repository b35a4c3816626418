package layer

import (
	"fmt"

	"gaetrain/graph"
)

// Stack is a sequence in its place. Its layers with weights are numbered from 1
// and named such as "encoder/1"; what has none, such as pooling and dropout, goes
// with the layer that it follows.
type Stack struct {
	part   string
	in     graph.Shape
	layers []member
}

// member is a layer of a stack with its number, or that of the one it goes with.
type member struct {
	Placed
	number int
}

// NewStack places layers behind an input. Errors wrap graph.ErrArchitecture.
func NewStack(part string, in graph.Shape, layers Sequence) (*Stack, error) {
	return stack(part, part, in, layers)
}

// stack places layers with names below a prefix.
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

// On declares the layers behind x. The result are rows.
func (s *Stack) On(scope *graph.Scope, x graph.Value) graph.Value {
	y := s.declare(scope, x)
	if len(s.layers) == 0 {
		return y
	}
	return scope.Rows(s.Last().Name()+"/output", y)
}

// declare declares the layers; the result lies as the last one leaves it.
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

// Part is the part of the model that the stack is.
func (s *Stack) Part() string { return s.part }

// In is the shape of what the first layer takes.
func (s *Stack) In() graph.Shape { return s.in }

// Out is the shape of what the last layer gives.
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

// First is the stack up to a number of numbered layers, with the pooling and
// dropout behind the last of them.
func (s *Stack) First(depth int) *Stack {
	end := 0
	for end < len(s.layers) && s.layers[end].number <= s.offset()+depth {
		end++
	}
	return &Stack{part: s.part, in: s.in, layers: s.layers[:end:end]}
}

// From is what follows First(depth).
func (s *Stack) From(depth int) *Stack {
	first := s.First(depth)
	return &Stack{part: s.part, in: first.Out(), layers: s.layers[len(first.layers):]}
}

// offset is how many numbered layers the stack was cut off from.
func (s *Stack) offset() int {
	if len(s.layers) == 0 {
		return 0
	}
	return s.layers[0].number - 1
}

// WithoutTrailingDropout is the stack without dropout of its output.
func (s *Stack) WithoutTrailingDropout() *Stack {
	end := len(s.layers)
	for end > 0 && isDropout(s.layers[end-1].Layer()) {
		end--
	}
	return &Stack{part: s.part, in: s.in, layers: s.layers[:end:end]}
}

// Layers lists the placed layers, also those without a number.
func (s *Stack) Layers() []Placed {
	all := make([]Placed, len(s.layers))
	for i, l := range s.layers {
		all[i] = l.Placed
	}
	return all
}

// Last is the last layer; nil where there is none.
func (s *Stack) Last() Placed {
	if len(s.layers) == 0 {
		return nil
	}
	return s.layers[len(s.layers)-1].Placed
}

// Text returns the layers as Parse reads them.
func (s *Stack) Text() string { return s.sequence().String() }

func (s *Stack) sequence() Sequence {
	all := make(Sequence, len(s.layers))
	for i, l := range s.layers {
		all[i] = l.Layer()
	}
	return all
}
