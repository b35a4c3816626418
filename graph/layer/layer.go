package layer

import (
	"fmt"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
)

// Layer is one layer, or a composition of several.
type Layer interface {
	fmt.Stringer // in the text form that Parse reads
	// Place checks the shapes and returns the placed layer. Errors wrap
	// graph.ErrArchitecture and name the layer and its shapes.
	Place(at At) (Placed, error)
}

// At is the place of a layer in a model.
type At struct {
	Part string      // part of the model, such as "encoder"
	Name string      // such as "encoder/1"; a layer without a number has the name of a numbered neighbour
	In   graph.Shape // shape of the input
}

// Placed is a layer with known input and output shapes.
type Placed interface {
	Layer() Layer // the layer that was placed
	Name() string
	In() graph.Shape
	Out() graph.Shape
	On(s *graph.Scope, x graph.Value) graph.Value // declares the output of the layer for the input x
}

// Weighted is a placed layer with weights.
type Weighted interface {
	Placed
	Units() int // units of a dense layer, channels of a convolution
	Options() Options
	Weights() graph.Spec
}

// Extent is a size along the height and along the width of images, in pixels.
type Extent = kernel.Extent

func square(side int) Extent { return Extent{Height: side, Width: side} }

// place is the common part of all placed layers.
type place struct {
	at    At
	layer Layer
	out   graph.Shape
}

func (p place) Layer() Layer     { return p.layer }
func (p place) Name() string     { return p.at.Name }
func (p place) In() graph.Shape  { return p.at.In }
func (p place) Out() graph.Shape { return p.out }

// A follower has no weights. It has the number of the preceding layer.
type follower interface{ follows() }

// A leader has no weights. It has the number of the following layer.
type leader interface{ leads() }

// numbered reports whether a layer has its own number in its stack.
func numbered(l Layer) bool {
	_, follows := l.(follower)
	_, leads := l.(leader)
	return !follows && !leads
}

// An unfolder stands for several layers of its stack.
type unfolder interface{ unfold() Sequence }

// A composite contains layers, such as the body of a residual block.
type composite interface{ inside() Sequence }

// anyOf reports whether a layer, or a layer inside of it, has a property.
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

// IsConvolution reports whether a layer is a convolution, transposed or not.
func IsConvolution(p Placed) bool {
	_, ok := p.(*convolved)
	return ok
}

// Linear reports whether all activations of a stack are linear.
func Linear(s *Stack) bool {
	return !anyOf(s.Sequence(), func(l Layer) bool {
		o, ok := l.(optioned)
		return ok && o.options().Activation != LinearUnits
	})
}

// impossible returns an error that wraps graph.ErrArchitecture.
func impossible(format string, values ...any) error {
	return fmt.Errorf("%w: %w", graph.ErrArchitecture, fmt.Errorf(format, values...))
}
