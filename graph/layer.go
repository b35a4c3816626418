package graph

import (
	"fmt"
	"math"
	"slices"

	"gaetrain/graph/kernel"
)

// Layer is one layer: fully connected, y = act(x·W + b), or, with filters, a
// convolution of images. What may be before and after that happens in the order
// of unpooling, enlarging, weights, normalisation, activation, pooling,
// threshold, top-k and dropout.
type Layer struct {
	Units       int               `json:"units"` // of a convolution: channels of its output
	Activation  kernel.Activation `json:"activation"`
	NoBias      bool              `json:"no_bias,omitempty"`
	Initialiser Initialiser       `json:"initialiser"`      // of the weights; biases start at zero
	Filters     Filters           `json:"filters,omitzero"` // zero: fully connected
	Pool        Pool              `json:"pool,omitzero"`    // of the output of a convolution; zero: none
	// Shape is what a fully connected layer's units are to the layers behind
	// it; zero: a row.
	Shape Shape `json:"shape,omitzero"`
	// Threshold θ makes a unit of the encoder give 0 unless its activation a
	// exceeds it: h = a·(a > θ) of ReLU units, TRec, and h = a·(a² > θ) of
	// linear ones, TLin (Konda 2014). It is for learning features, not for
	// using them: Encoding programs take θ = 0.
	Threshold float64 `json:"threshold,omitempty"`
	// TopK is how many of a fully connected layer's outputs stay for each
	// image, the largest ones; the others are 0 (Makhzani & Frey 2014). 0 for all.
	TopK int `json:"top_k,omitempty"`
	// Normalisation of the sums, before they are activated.
	Normalisation Normalisation `json:"normalisation,omitempty"`
	// Dropout is the share of the outputs that training puts to 0, others in each
	// step and image; what is left grows by 1/(1−Dropout) (Srivastava 2014).
	Dropout float64 `json:"dropout,omitempty"`
	Unpool  Unpool  `json:"unpool,omitzero"` // before the filters; zero: not
	// Spectral divides the weights by their largest singular value, so that the
	// layer's slope is 1 at most (Miyato 2018): of a discriminator.
	Spectral bool `json:"spectral,omitempty"`
}

// bound is what |a| must exceed to be above the threshold.
func (l Layer) bound() float32 {
	if l.Activation == kernel.Linear {
		return float32(math.Sqrt(l.Threshold))
	}
	return float32(l.Threshold)
}

// Extent is a size along the height and the width of images.
type Extent = kernel.Extent

// Filters are the filters of a convolutional layer, y = act(W ∗ x + b), or of a
// transposed one, y = act(Wᵀ ∗ x + b), which undoes the shapes of a convolution
// with the same filters.
type Filters struct {
	Kernel        Extent `json:"kernel"`
	Stride        Extent `json:"stride"`
	Padding       Extent `json:"padding,omitzero"`  // of zeros, on either side
	Dilation      Extent `json:"dilation,omitzero"` // between the taps of a kernel; zero counts as 1
	Transposed    bool   `json:"transposed,omitempty"`
	OutputPadding Extent `json:"output_padding,omitzero"` // rows and columns more, of a transposed convolution
	// Enlarge makes the input of a convolution larger first, by this factor.
	Enlarge  int  `json:"enlarge,omitempty"`  // 0 and 1: not
	Bilinear bool `json:"bilinear,omitempty"` // interpolated rather than repeated
}

// Pool makes the output of a convolution smaller: each window gives its
// greatest or its mean value.
type Pool struct {
	Window  Extent `json:"window"`
	Stride  Extent `json:"stride"`
	Average bool   `json:"average,omitempty"`
}

// output returns the shape that pooling makes of its input's.
func (p Pool) output(in Shape) (Shape, error) {
	if p == (Pool{}) {
		return in, nil
	}
	if min(p.Window.Height, p.Window.Width, p.Stride.Height, p.Stride.Width) < 1 || p.Window.Height > in.Height || p.Window.Width > in.Width {
		return in, fmt.Errorf("windows of %v with stride %v do not fit into %s", p.Window, p.Stride, in)
	}
	return Shape{in.Channels, (in.Height-p.Window.Height)/p.Stride.Height + 1, (in.Width-p.Window.Width)/p.Stride.Width + 1}, nil
}

// Convolutional reports whether the layer has filters.
func (l Layer) Convolutional() bool { return l.Filters != Filters{} }

// units returns the shape of a layer's units, given that of what they take: the
// input, or what is unpooled of it.
func (l Layer) units(in Shape) (Shape, error) {
	if !l.Convolutional() {
		if l.Pool != (Pool{}) {
			return in, fmt.Errorf("pooling of fully connected units; hint: only convolutions have it")
		}
		if l.Unpool != (Unpool{}) {
			return in, fmt.Errorf("unpooling before fully connected units; hint: only before convolutions")
		}
		out := l.Shape
		if out == (Shape{}) {
			out = Shape{1, 1, l.Units}
		}
		if out.Size() != l.Units {
			return out, fmt.Errorf("%d units are no images of %s", l.Units, out)
		}
		return out, nil
	}
	if l.Shape != (Shape{}) {
		return in, fmt.Errorf("a convolution of %s is given the shape %s; hint: only fully connected layers need one", in, l.Shape)
	}
	height, err := l.Filters.side(in.Height, func(e Extent) int { return e.Height })
	if err != nil {
		return in, fmt.Errorf("height of %s: %w", in, err)
	}
	width, err := l.Filters.side(in.Width, func(e Extent) int { return e.Width })
	if err != nil {
		return in, fmt.Errorf("width of %s: %w", in, err)
	}
	return Shape{l.Units, height, width}, nil
}

// maxSide bounds the numbers that describe filters.
const maxSide = 1 << 15

// side returns what the filters make of one side of images.
func (f Filters) side(in int, of func(Extent) int) (int, error) {
	kernel, stride, padding, dilation, extra := of(f.Kernel), of(f.Stride), of(f.Padding), max(1, of(f.Dilation)), of(f.OutputPadding)
	for _, n := range []int{in, kernel, stride, padding, dilation, extra, f.Enlarge} {
		if n < 0 || n > maxSide {
			return 0, fmt.Errorf("%d is out of bounds; hint: from 0 to %d", n, maxSide)
		}
	}
	if kernel < 1 || stride < 1 {
		return 0, fmt.Errorf("a kernel of %d with stride %d; hint: at least 1 each", kernel, stride)
	}
	reach := dilation*(kernel-1) + 1
	if f.Transposed {
		if f.Enlarge > 1 {
			return 0, fmt.Errorf("a transposed convolution enlarges by its stride; hint: no further factor %d", f.Enlarge)
		}
		if extra >= max(stride, dilation) {
			return 0, fmt.Errorf("output padding %d with stride %d and dilation %d; hint: less than one of them", extra, stride, dilation)
		}
		if out := f.transposedSide(in, of) + extra; out >= 1 && out <= maxSide {
			return out, nil
		}
		return 0, fmt.Errorf("a transposed kernel of %d with stride %d and padding %d makes nothing of %d", kernel, stride, padding, in)
	}
	if extra > 0 {
		return 0, fmt.Errorf("output padding %d of a convolution; hint: only transposed ones have it", extra)
	}
	in *= max(1, f.Enlarge)
	if in+2*padding < reach || in > maxSide {
		return 0, fmt.Errorf("a kernel that reaches over %d does not fit into %d with padding %d", reach, in, padding)
	}
	return (in+2*padding-reach)/stride + 1, nil
}

// namedLayer is a layer in its place.
type namedLayer struct {
	Layer
	name       string // "encoder/1"
	in, out    Shape
	taken      Shape  // by the units: in, or what is unpooled of it
	maps       Shape  // of the units: out, or what is pooled to it
	weights    string // name of the parameter
	transposed bool   // the weights are those of the mirrored encoder layer
	undoes     string // name of the mirrored encoder layer
	frames     int    // that it treats apart, each with its own rows of the weights
	classes    int    // labels that it takes besides its input; 0: none
	err        error  // why there is no such layer
}

// chain names the layers of a part behind an input, of which before are left
// out in front.
func chain(part string, before int, in Shape, layers []Layer) []namedLayer {
	named := make([]namedLayer, len(layers))
	for i, l := range layers {
		name := fmt.Sprintf("%s/%d", part, before+i+1)
		taken, err := l.Unpool.output(in)
		maps := taken
		if err == nil {
			maps, err = l.units(taken)
		}
		out := maps
		if err == nil {
			out, err = l.Pool.output(maps)
		}
		named[i] = namedLayer{Layer: l, name: name, in: in, taken: taken, maps: maps, out: out, weights: name + "/weights", err: err}
		in = out
	}
	return named
}

func (l namedLayer) bias() string { return l.name + "/bias" }

// weightShape is the shape of the weights: inputs×units, and of filters
// F×kh×kw×C, with the channels of the side they convolve last.
func (l namedLayer) weightShape() []int {
	if !l.Convolutional() {
		shape := []int{l.in.Size(), l.Units}
		if l.transposed {
			slices.Reverse(shape)
		}
		return shape
	}
	image, maps := l.in.Channels, l.Units
	if l.Filters.Transposed {
		image, maps = maps, image
	}
	return []int{maps, l.Filters.Kernel.Height, l.Filters.Kernel.Width, image}
}

// fans are the numbers of inputs of a unit and of units of an input.
func (l namedLayer) fans() (in, out int) {
	if !l.Convolutional() {
		return l.in.Size(), l.Units
	}
	taps, strides := l.Filters.Kernel.Height*l.Filters.Kernel.Width, l.Filters.Stride.Height*l.Filters.Stride.Width
	in, out = l.in.Channels*taps, l.Units*taps
	if l.Filters.Transposed { // a unit sees one tap in strides
		return max(1, in/strides), out
	}
	return in, max(1, out/strides)
}

// convolution is the layer as the kernels know it.
func (l namedLayer) convolution() kernel.Convolution {
	f := l.Filters
	image := kernel.Images{Channels: l.taken.Channels, Height: l.taken.Height * max(1, f.Enlarge), Width: l.taken.Width * max(1, f.Enlarge)}
	maps := kernel.Images{Channels: l.Units, Height: l.maps.Height, Width: l.maps.Width}
	if f.Transposed {
		image, maps = maps, image
	}
	f.Dilation = Extent{Height: max(1, f.Dilation.Height), Width: max(1, f.Dilation.Width)}
	return kernel.Convolution{
		Image: image, Maps: maps, Kernel: f.Kernel, Stride: f.Stride, Padding: f.Padding, Dilation: f.Dilation,
		Enlarge: kernel.Enlargement{Factor: f.Enlarge, Bilinear: f.Bilinear},
	}
}

// flops is the number of floating-point operations in the product of one image
// and the weights.
func (l namedLayer) flops() float64 {
	if !l.Convolutional() {
		return 2 * float64(l.in.Size()) * float64(l.Units)
	}
	c := l.convolution()
	c.Prepare()
	return c.FLOPs()
}

// validate reports what is impossible about the layer in its place.
func (l namedLayer) validate() error {
	if l.Units < 1 {
		return fmt.Errorf("%w: %s has %d units; hint: at least 1", ErrArchitecture, l.name, l.Units)
	}
	if l.err != nil {
		return fmt.Errorf("%w: %s: %w", ErrArchitecture, l.name, l.err)
	}
	if !l.Convolutional() && l.Units > maxParameters/l.in.Size() {
		return fmt.Errorf("%w: %s would have %d×%d weights; hint: at most %d in one layer", ErrArchitecture, l.name, l.in.Size(), l.Units, maxParameters)
	}
	if weights := l.weightShape(); l.Convolutional() && (weights[0] > maxParameters/weights[1]/weights[2]/weights[3] || l.Units > maxParameters/l.maps.Height/l.maps.Width) {
		return fmt.Errorf("%w: %s would have %d×%d×%d×%d weights and make images of %s; hint: at most %d numbers each", ErrArchitecture, l.name, weights[0], weights[1], weights[2], weights[3], l.maps, maxParameters)
	}
	if l.TopK < 0 || l.TopK > l.Units {
		return fmt.Errorf("%w: top-k of %s is %d; hint: from 1 to its %d units, or 0 for all", ErrArchitecture, l.name, l.TopK, l.Units)
	}
	if l.TopK > 0 && l.Convolutional() {
		return fmt.Errorf("%w: top-k of %s, a convolution; hint: only fully connected layers have it", ErrArchitecture, l.name)
	}
	if err := l.validateExtras(); err != nil {
		return err
	}
	if _, err := kernel.ParseActivation(l.Activation.String()); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrArchitecture, l.name, err)
	}
	if _, err := ParseInitialiser(string(l.Initialiser)); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrArchitecture, l.name, err)
	}
	return nil
}

// mirrors reports what keeps a layer of the decoder from using the weights of
// a layer of the encoder.
func (l namedLayer) mirrors(encoder namedLayer) error {
	if l.Convolutional() != encoder.Convolutional() {
		return fmt.Errorf("%w: tied %s mirrors %s; hint: both fully connected, or both with filters", ErrArchitecture, l.name, encoder.name)
	}
	if l.Convolutional() {
		if encoder.Pool != (Pool{}) && l.Unpool == (Unpool{}) || l.Pool != (Pool{}) {
			return fmt.Errorf("%w: tied %s mirrors %s with pooling; hint: strides make images smaller in a way that weights can undo, or max pooling in one that unpooling can", ErrArchitecture, l.name, encoder.name)
		}
		want := encoder.Filters
		want.Transposed, want.OutputPadding = !want.Transposed, l.Filters.OutputPadding
		if want.Enlarge > 1 || l.Filters != want {
			return fmt.Errorf("%w: tied %s has other filters than %s; hint: the same, transposed", ErrArchitecture, l.name, encoder.name)
		}
	}
	if l.out.Size() != encoder.in.Size() || l.Convolutional() && l.out != encoder.in {
		return fmt.Errorf("%w: tied %s has %d units; hint: %d, as %s has inputs", ErrArchitecture, l.name, l.out.Size(), encoder.in.Size(), encoder.name)
	}
	return nil
}
