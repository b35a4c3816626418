package layer

import (
	"strings"

	"gaetrain/graph"
)

// Sequence is layers in order, each of which takes what the one before gives.
// It is a layer itself. Within a stack its layers are the stack's, in a residual
// block they are numbered on their own.
type Sequence []Layer

// String returns the layers as Parse reads them.
func (q Sequence) String() string { return q.join(Layer.String) }

// MarshalText writes the layers with all that they are, so that UnmarshalText
// needs no options to read them. What relates them to other layers is left out:
// Match relates a decoder to its encoder again.
func (q Sequence) MarshalText() ([]byte, error) { return []byte(q.join(full)), nil }

// UnmarshalText reads what MarshalText has written.
func (q *Sequence) UnmarshalText(text []byte) (err error) {
	if len(text) == 0 {
		*q = nil
		return nil
	}
	*q, err = Parse(string(text), Options{}, Options{})
	return err
}

func (q Sequence) join(write func(Layer) string) string {
	words := make([]string, len(q))
	for i, l := range q {
		words[i] = write(l)
	}
	return strings.Join(words, " ")
}

// full writes a layer with what String leaves out.
func full(l Layer) string {
	if f, ok := l.(interface{ full() string }); ok {
		return f.full()
	}
	return l.String()
}

func (q Sequence) full() string     { return q.join(full) }
func (q Sequence) inside() Sequence { return q }

// unfold is the sequence without others inside, and with the dropout of each
// layer as a layer behind it.
func (q Sequence) unfold() Sequence {
	var all Sequence
	for _, l := range q {
		switch l := l.(type) {
		case unfolder:
			all = append(all, l.unfold()...)
		case optioned:
			o := l.options()
			share := o.Dropout
			o.Dropout = 0
			if all = append(all, l.with(o)); share != 0 {
				all = append(all, Dropout{share})
			}
		default:
			all = append(all, l)
		}
	}
	return all
}

// depth is the number of layers with a number.
func (q Sequence) depth() int {
	n := 0
	for _, l := range q {
		if numbered(l) {
			n++
		}
	}
	return n
}

// Unpools reports whether layers need to know where an encoder has found the
// greatest values, so that codes cannot be decoded without their images.
func (q Sequence) Unpools() bool {
	return anyOf(q, func(l Layer) bool { _, ok := l.(Unpool); return ok })
}

// Place numbers the layers below the name of the place.
func (q Sequence) Place(at At) (Placed, error) {
	s, err := stack(at.Part, at.Name, at.In, q)
	if err != nil {
		return nil, err
	}
	return placedSequence{place{at, q, s.Out()}, s}, nil
}

// placedSequence is a sequence inside another layer.
type placedSequence struct {
	place
	stack *Stack
}

func (p placedSequence) On(s *graph.Scope, x graph.Value) graph.Value { return p.stack.declare(s, x) }
