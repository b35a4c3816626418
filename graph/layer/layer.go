package layer

import (
	"fmt"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
)

// Layer is one layer, or several that belong together.
type Layer interface {
	fmt.Stringer // as Parse reads it
	// Place puts the layer in its place. It is here that shapes are checked; errors
	// wrap graph.ErrArchitecture and name the layer and its shapes.
	Place(at At) (Placed, error)
}

// At is the place of a layer.
type At struct {
	Part string      // of the model, such as "encoder"
	Name string      // such as "encoder/1"; a layer without weights has that of the one that it follows
	In   graph.Shape // of what it takes
}

// Placed is a layer in its place.
type Placed interface {
	Layer() Layer // as it was declared
	Name() string
	In() graph.Shape
	Out() graph.Shape
	On(s *graph.Scope, x graph.Value) graph.Value // declares the layer behind x
}

// Weighted is a placed layer with weights of its own.
type Weighted interface {
	Placed
	Units() int // channels, of a convolution
	Options() Options
	Weights() graph.Spec
}

// Extent is a size along the height and the width of images.
type Extent = kernel.Extent

func square(side int) Extent { return Extent{Height: side, Width: side} }

// place is what all placed layers have in common.
type place struct {
	at    At
	layer Layer
	out   graph.Shape
}

func (p place) Layer() Layer     { return p.layer }
func (p place) Name() string     { return p.at.Name }
func (p place) In() graph.Shape  { return p.at.In }
func (p place) Out() graph.Shape { return p.out }

// A follower has no weights, and the number of the layer that it follows.
type follower interface{ follows() }

// A leader has no weights, and the number of the layer that it leads to.
type leader interface{ leads() }

// numbered reports whether a layer has a number of its own in its stack.
func numbered(l Layer) bool {
	_, follows := l.(follower)
	_, leads := l.(leader)
	return !follows && !leads
}

// An unfolder stands for several layers of the stack that it is in.
type unfolder interface{ unfold() Sequence }

// A composite consists of layers, such as the body of a residual block.
type composite interface{ inside() Sequence }

// anyOf reports whether a layer, or one inside it, has a property.
func anyOf(layers Sequence, has func(l Layer) bool) bool {
	for _, l := range layers {
		if has(l) {
			return true
		}
		if c, ok := l.(composite); ok && anyOf(c.inside(), has) {
			return true
		}
	}
	return false
}

// IsConvolution reports whether a layer has filters that move over images.
func IsConvolution(p Placed) bool {
	_, ok := p.(*convolved)
	return ok
}

// Linear reports whether all activations of a stack are linear.
func Linear(s *Stack) bool {
	return !anyOf(s.sequence(), func(l Layer) bool {
		o, ok := l.(optioned)
		return ok && o.options().Activation != LinearUnits
	})
}

// impossible is an error that wraps graph.ErrArchitecture.
func impossible(format string, values ...any) error {
	return fmt.Errorf("%w: %w", graph.ErrArchitecture, fmt.Errorf(format, values...))
}
