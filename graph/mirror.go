package graph

import "fmt"

// Upsampling says how the decoder of a convolutional autoencoder makes images
// larger again.
type Upsampling string

// The kinds of upsampling.
const (
	// Transposed convolutions with kernels of twice the stride, so that every
	// pixel is made of as many taps (Odena 2016).
	Transposed Upsampling = "transposed"
	Nearest    Upsampling = "nearest"  // pixels are repeated, then convolved
	Bilinear   Upsampling = "bilinear" // pixels are interpolated, then convolved
	// Unpooling puts values where max pooling has found the greatest ones, then
	// convolves; what strides have made smaller is as with Transposed.
	Unpooling Upsampling = "unpool"
)

// ParseUpsampling finds a kind of upsampling by its name.
func ParseUpsampling(name string) (Upsampling, error) {
	switch u := Upsampling(name); u {
	case Transposed, Nearest, Bilinear, Unpooling:
		return u, nil
	}
	return "", fmt.Errorf("unknown upsampling %q; hint: one of %s, %s, %s, %s", name, Transposed, Nearest, Bilinear, Unpooling)
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (u *Upsampling) UnmarshalText(text []byte) (err error) {
	*u, err = ParseUpsampling(string(text))
	return err
}

// Mirror gives an architecture the decoder that takes the shapes of its encoder
// back, layer by layer, each like hidden and the last one like output. With
// tied the convolutions are those of the encoder, transposed.
func (a Architecture) Mirror(hidden, output Layer, tied bool, u Upsampling) (Architecture, error) {
	layers := a.encoder()
	a.Decoder, a.Tied = nil, tied
	for i := range layers {
		from := layers[len(layers)-1-i]
		if err := from.validate(); err != nil {
			return a, err
		}
		l := hidden
		if from.name == layers[0].name {
			l = output
		}
		l, err := from.mirror(l, tied, u)
		if err != nil {
			return a, fmt.Errorf("%w: no mirror of %s from %s to %s: %w", ErrArchitecture, from.name, from.in, from.out, err)
		}
		a.Decoder = append(a.Decoder, l)
	}
	if u == Unpooling && !a.unpools() {
		return a, fmt.Errorf("%w: upsampling by %s, and an encoder without max pooling; hint: --encoder such as 'conv:32,3 maxpool:2 conv:64,3 maxpool:2 dense:64'", ErrArchitecture, u)
	}
	return a, nil
}

// mirror returns the layer from the output's shape to the input's.
func (l namedLayer) mirror(like Layer, tied bool, u Upsampling) (Layer, error) {
	if !l.Convolutional() {
		like.Units = l.in.Size()
		if l.in.Channels > 1 || l.in.Height > 1 {
			like.Shape = l.in
		}
		return like, nil
	}
	like.Units, like.Filters = l.in.Channels, l.Filters
	if u == Unpooling {
		if l.Pool.Average {
			return like, fmt.Errorf("average pooling keeps no place to unpool to; hint: maxpool, or another --upsampling")
		}
		like.Unpool = l.Pool.undo(l.maps, l.out)
		l.out, l.Pool, u = l.maps, Pool{}, Transposed
	}
	f := &like.Filters
	factor := l.Filters.Stride.Height * max(1, l.Pool.Stride.Height)
	exact := f.Stride.Width*max(1, l.Pool.Stride.Width) == factor && l.in.Height == factor*l.out.Height && l.in.Width == factor*l.out.Width
	switch {
	case l.Filters.Transposed || l.Filters.Enlarge > 1 || l.Unpool != (Unpool{}):
		return like, fmt.Errorf("the encoder makes images larger; hint: --decoder can say how to go back")
	case tied && l.Pool != (Pool{}):
		return like, fmt.Errorf("tied weights cannot undo pooling; hint: strides in place of pooling, or --upsampling unpool")
	case !exact && l.Pool != (Pool{}):
		return like, fmt.Errorf("pooling leaves pixels out; hint: sides that are multiples of the windows")
	case tied || !exact && u == Transposed:
		f.Transposed = true
		f.OutputPadding = Extent{
			Height: l.in.Height - f.transposedSide(l.out.Height, func(e Extent) int { return e.Height }),
			Width:  l.in.Width - f.transposedSide(l.out.Width, func(e Extent) int { return e.Width }),
		}
	case !exact:
		return like, fmt.Errorf("%s upsampling needs a whole factor; hint: --upsampling transposed", u)
	case factor == 1: // a convolution of the same size is its own mirror
	case u == Transposed:
		padding := max(1, factor/2)
		*f = Filters{Kernel: square(factor + 2*padding), Stride: square(factor), Padding: square(padding), Transposed: true}
	default:
		f.Stride, f.Enlarge, f.Bilinear = square(1), factor, u == Bilinear
	}
	if out, err := like.units(l.out); err != nil {
		return like, err
	} else if out != l.in {
		return like, fmt.Errorf("%s makes images of %s; hint: odd kernels with the padding that keeps the size, or --decoder", like, out)
	}
	return like, nil
}

// undo is the unpooling of what was pooled to a shape.
func (p Pool) undo(from, to Shape) Unpool {
	if p == (Pool{}) {
		return Unpool{}
	}
	return Unpool{p.Window, p.Stride, Extent{
		Height: from.Height - (to.Height-1)*p.Stride.Height - p.Window.Height,
		Width:  from.Width - (to.Width-1)*p.Stride.Width - p.Window.Width,
	}}
}

// transposedSide is what a transposed convolution without output padding makes
// of one side.
func (f Filters) transposedSide(in int, of func(Extent) int) int {
	return (in-1)*of(f.Stride) - 2*of(f.Padding) + max(1, of(f.Dilation))*(of(f.Kernel)-1) + 1
}

func square(side int) Extent { return Extent{Height: side, Width: side} }
