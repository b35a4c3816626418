package layer

import (
	"strings"

	"gaetrain/graph"
)

// Sequence is a list of layers. Each takes the output of the layer before it. A
// sequence is itself a layer: a stack numbers its layers as its own, and a
// residual block numbers them separately.
type Sequence []Layer

// String returns the text form that Parse reads.
func (q Sequence) String() string { return q.join(Layer.String) }

// MarshalText writes the layers with all options, so UnmarshalText needs no
// default options. References to other layers are left out. Match restores
// those of a decoder.
func (q Sequence) MarshalText() ([]byte, error) { return []byte(q.join(full)), nil }

// UnmarshalText reads the text that MarshalText writes.
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

// full writes a layer with the options that String leaves out.
func full(l Layer) string {
	if f, ok := l.(interface{ full() string }); ok {
		return f.full()
	}
	return l.String()
}

func (q Sequence) full() string     { return q.join(full) }
func (q Sequence) inside() Sequence { return q }

// unfold returns the layers without nested sequences, with the dropout of each
// layer as a separate layer after it.
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

// depth is the number of numbered layers.
func (q Sequence) depth() int {
	n := 0
	for _, l := range q {
		if numbered(l) {
			n++
		}
	}
	return n
}

// Unpools reports whether layers need the positions of the maxima that an
// encoder has pooled. Such a decoder needs the image as well as its code.
func (q Sequence) Unpools() bool {
	return anyOf(q, func(l Layer) bool { _, ok := l.(Unpool); return ok })
}

// Place implements Layer. The names of the layers start with the name of the
// place.
func (q Sequence) Place(at At) (Placed, error) {
	s, err := stack(at.Part, at.Name, at.In, q)
	if err != nil {
		return nil, err
	}
	return placedSequence{place{at, q, s.Out()}, s}, nil
}

// placedSequence is a sequence inside of another layer.
type placedSequence struct {
	place
	stack *Stack
}

func (p placedSequence) On(s *graph.Scope, x graph.Value) graph.Value { return p.stack.declare(s, x) }
