package op

import (
	"fmt"
	"slices"

	"gorgonia.org/gorgonia"

	"gaetrain/graph/kernel"
)

// Convolution declares a layer y = act(weights ∗ x + b) on images (x: images of
// C channels, weights: F×kh×kw×C, b: F or nil for none, y: images of F
// channels). If transposed is set, it is the transposed convolution y =
// act(weightsᵀ ∗ x + b) from F channels to C (b: C), which a tied decoder uses
// with the weights of its encoder. shape has the sizes of both. Its lanes are
// ignored: those of x are used.
//
// If constantInput is set, the gradient in x is not computed.
func Convolution(name string, rows *Rows, act kernel.Activation, shape kernel.Convolution, transposed, constantInput bool, x, w, b *gorgonia.Node) (*gorgonia.Node, error) {
	kind := "convolution"
	if transposed {
		kind = "transposed convolution"
	}
	o := base{name: fmt.Sprintf("%s: %s+%s", name, kind, act), rows: rows}
	given, err := o.images(x)
	if err != nil {
		return nil, err
	}
	shape.Image.Lanes, shape.Maps.Lanes = given.Lanes, given.Lanes
	shape.Prepare()
	from, to := shape.Small, shape.Maps
	if transposed {
		from, to = to, from
	}
	if given != from {
		return nil, fmt.Errorf("%s: input is %d×%d×%d, want %d×%d×%d", o.name, given.Channels, given.Height, given.Width, from.Channels, from.Height, from.Width)
	}
	if want := []int{shape.Maps.Channels, shape.Kernel.Height, shape.Kernel.Width, shape.Small.Channels}; !slices.Equal(w.Shape(), want) {
		return nil, fmt.Errorf("%s: weights are %v, want %v", o.name, w.Shape(), want)
	}
	in := gorgonia.Nodes{x, w}
	if b != nil {
		if !slices.Equal(b.Shape(), []int{to.Channels}) {
			return nil, fmt.Errorf("%s: bias is %v, want %d elements", o.name, b.Shape(), to.Channels)
		}
		in = append(in, b)
	}
	c := &convolution{Convolution: shape, activation: act, transposed: transposed, to: to}
	return declareLayer(o, c, imagesShape(to, rows), constantInput, in...)
}

type convolution struct {
	kernel.Convolution
	activation kernel.Activation
	transposed bool
	to         kernel.Images
	dz         []float32

	// How the backward pass is fused with those of its neighbours, see Fuse.
	before  kernel.Activation // that made the input: gradients[0] is the gradient before it
	ready   bool              // dy is already the gradient before the activation
	inPlace bool              // dy may be overwritten
}

func (c *convolution) forward(batch int, in [][]float32, y []float32) {
	var b []float32
	if len(in) > 2 {
		b = in[2]
	}
	if c.transposed {
		c.Spread(batch, c.activation, in[0], in[1], b, y)
	} else {
		c.Convolve(batch, c.activation, in[0], in[1], b, y)
	}
}

func (c *convolution) backward(batch int, in [][]float32, y, dy []float32, gradients [][]float32) {
	act, dz := c.activation, dy
	switch {
	case c.ready:
		act = kernel.Linear
	case act != kernel.Linear && !c.inPlace:
		c.dz = slices.Grow(c.dz[:0], len(y))[:len(y)]
		dz = c.dz
	}
	var db []float32
	if len(in) > 2 {
		db = gradients[2]
	}
	c.to.ActivationGradient(batch, act, y, dy, dz, db)
	image, maps := in[0], dz
	if c.transposed {
		image, maps = maps, image
	}
	if gradients[1] != nil {
		c.Gradient(batch, image, maps, gradients[1])
	}
	switch {
	case gradients[0] == nil:
	case c.transposed:
		c.MapsGradient(batch, c.before, in[0], dz, in[1], gradients[0])
	default:
		c.ImageGradient(batch, c.before, in[0], dz, in[1], gradients[0])
	}
}
