package graph

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"gaetrain/graph/op"
)

// Unpool makes the images that a convolution of the decoder takes larger first:
// each value goes to where the greatest one of its window was when the layer of
// the encoder that this one mirrors, counted from the image, pooled it; the rest
// is 0 (Zeiler & Fergus 2014). Such a decoder needs more than the code.
type Unpool struct {
	Window        Extent `json:"window"`
	Stride        Extent `json:"stride"`
	OutputPadding Extent `json:"output_padding,omitzero"` // rows and columns more, which no window reached
}

// output returns the shape that unpooling makes of its input's.
func (u Unpool) output(in Shape) (Shape, error) {
	if u == (Unpool{}) {
		return in, nil
	}
	side := func(in, window, stride, extra int) (int, error) {
		for _, n := range []int{in, window, stride, extra} {
			if n < 0 || n > maxSide {
				return 0, fmt.Errorf("%d is out of bounds; hint: from 0 to %d", n, maxSide)
			}
		}
		if window < 1 || stride < 1 || extra >= stride {
			return 0, fmt.Errorf("unpooling of windows of %d with stride %d and output padding %d; hint: at least 1, and less padding than stride", window, stride, extra)
		}
		if out := (in-1)*stride + window + extra; out <= maxSide {
			return out, nil
		}
		return 0, fmt.Errorf("unpooling of %d by windows of %d with stride %d is too large", in, window, stride)
	}
	height, err := side(in.Height, u.Window.Height, u.Stride.Height, u.OutputPadding.Height)
	if err != nil {
		return in, err
	}
	width, err := side(in.Width, u.Window.Width, u.Stride.Width, u.OutputPadding.Width)
	return Shape{in.Channels, height, width}, err
}

// unpools reports whether the decoder needs to know where the encoder has found
// the greatest values.
func (a Architecture) unpools() bool {
	for _, l := range a.Decoder {
		if l.Unpool != (Unpool{}) {
			return true
		}
	}
	return false
}

// validateUnpooling checks that whatever is unpooled was pooled.
func (a Architecture) validateUnpooling() error {
	for _, l := range append(a.encoder(), a.classifier()...) {
		if l.Unpool != (Unpool{}) {
			return fmt.Errorf("%w: %s unpools; hint: only layers of the decoder can", ErrArchitecture, l.name)
		}
	}
	encoder := a.encoder()
	decoder := a.decoder()
	for i, l := range decoder {
		if l.Unpool == (Unpool{}) {
			continue
		}
		impossible := func(format string, values ...any) error {
			return fmt.Errorf("%w: %s unpools, but %s", ErrArchitecture, l.name, fmt.Sprintf(format, values...))
		}
		if a.Code == Gaussian {
			return impossible("a %s code is to be decoded without an image; hint: up:2, bilinear:2 or a transposed convolution", a.Code)
		}
		mirrored := len(decoder) - 1 - i
		if mirrored >= len(encoder) {
			return impossible("the encoder has no such layer; hint: as many layers from the image on as the decoder has to it")
		}
		from := encoder[mirrored]
		switch {
		case from.Pool == (Pool{}) || from.Pool.Average:
			return impossible("%s, which it mirrors, has no max pooling; hint: maxpool there, or up:2 or a transposed convolution here", from.name)
		case from.Pool.Window != l.Unpool.Window || from.Pool.Stride != l.Unpool.Stride:
			return impossible("%s pools other windows; hint: the same window and stride", from.name)
		case from.out != l.in || from.maps != l.taken:
			return impossible("from %s to %s, and %s pooled %s to %s; hint: the same shapes", l.in, l.taken, from.name, from.maps, from.out)
		}
	}
	return nil
}

// unpool declares what a layer's filters take of x, images in lanes.
func (n *Network) unpool(l namedLayer, x *gorgonia.Node) (*gorgonia.Node, error) {
	if l.Unpool == (Unpool{}) {
		return x, nil
	}
	pooled, ok := n.pooled[l.undoes]
	if !ok {
		return nil, fmt.Errorf("%w: %s unpools what nothing has pooled", ErrArchitecture, l.name)
	}
	return op.Unpool(l.name, n.rows, pooled, x)
}
