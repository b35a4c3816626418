package kernel

// Extent is a size along the height and the width of images.
type Extent struct {
	Height int `json:"height"`
	Width  int `json:"width"`
}

// Convolution is a set of filters between images and feature maps (image:
// B×C×H×W, maps: B×F×H′×W′, weights: F×kh×kw×C), with
//
//	maps[f,y,x] = Σ_c,i,j weights[f,i,j,c] · image[c, y·stride−padding+i·dilation, x·…]
//
// where values outside of the image are 0. Scaling the image up before the
// convolution (Enlarge) is fused with it: filters read the smaller image
// through sums of their taps, which needs fewer operations and no larger image.
// Set the fields and call Prepare before the other methods. A Convolution keeps
// buffers, so it is not safe for concurrent use.
type Convolution struct {
	Image, Maps                       Images // as the filters read and write them, with equal lanes
	Kernel, Stride, Padding, Dilation Extent
	Enlarge                           Enlargement // Image is its result

	Small            Images // the input: Image before it is scaled up
	convolve, spread mapping
	alike            []alike   // groups of positions along a row of the maps, see alike
	parts            []float32 // work space of Gradient
}

// Prepare computes which pixels are multiplied by which taps.
func (c *Convolution) Prepare() {
	c.Small = c.Enlarge.Input(c.Image)
	rows := c.weightings(c.Kernel.Height, c.Stride.Height, c.Padding.Height, c.Dilation.Height, c.Small.Height, c.Image.Height, c.Maps.Height)
	columns := c.weightings(c.Kernel.Width, c.Stride.Width, c.Padding.Width, c.Dilation.Width, c.Small.Width, c.Image.Width, c.Maps.Width)
	stride := c.Kernel.Height * c.Kernel.Width * c.Small.Channels
	c.convolve = mapping{
		from: c.Small, to: c.Maps, kernel: c.Kernel,
		rows: newAxis(c.Small.Height, rows), columns: newAxis(c.Small.Width, columns),
		toStride: stride, tapStride: c.Small.Channels, fromStride: 1,
	}
	c.spread = mapping{
		from: c.Maps, to: c.Small, kernel: c.Kernel,
		rows:     newAxis(c.Maps.Height, adjoint(c.Small.Height, rows)),
		columns:  newAxis(c.Maps.Width, adjoint(c.Small.Width, columns)),
		toStride: 1, tapStride: c.Small.Channels, fromStride: stride,
	}
	c.convolve.prepare()
	c.spread.prepare()
	c.alike = c.group()
}

// weightings lists the inputs of each position along an axis of the maps.
func (c *Convolution) weightings(kernel, stride, padding, dilation, small, image, maps int) []weighting {
	larger := c.Enlarge.weightings(small, image)
	all := make([]weighting, maps)
	for at := range all {
		for tap := range kernel {
			i := at*stride - padding + tap*dilation
			if i < 0 || i >= image {
				continue
			}
			for _, r := range larger[i] {
				all[at] = all[at].add(r.at, kernel, tap, r.taps[0])
			}
		}
	}
	return all
}

// add adds a factor to a tap of the reading at a position, which is that of the
// last reading or next to it.
func (w weighting) add(at, kernel, tap int, factor float32) weighting {
	for _, r := range w {
		if r.at == at {
			r.taps[tap] += factor
			return w
		}
	}
	taps := make([]float32, kernel)
	taps[tap] = factor
	return append(w, reading{at, taps})
}

// Weights is the number of weights.
func (c *Convolution) Weights() int {
	return c.Maps.Channels * c.Kernel.Height * c.Kernel.Width * c.Small.Channels
}

// Convolve computes maps = act(weights ∗ image + bias) of a batch of images
// (bias: F, or nil for none).
func (c *Convolution) Convolve(batch int, act Activation, image, weights, bias, maps []float32) {
	c.convolve.apply(batch, act, image, weights[:c.Weights()], bias, nil, maps)
}

// Spread computes the transposed convolution image = act(weightsᵀ ∗ maps +
// bias) (bias: C, or nil for none).
func (c *Convolution) Spread(batch int, act Activation, maps, weights, bias, image []float32) {
	c.spread.apply(batch, act, maps, weights[:c.Weights()], bias, nil, image)
}

// ImageGradient computes the gradient in the image, weightsᵀ ∗ dmaps. If the
// image is act(z), it computes the gradient in z, (weightsᵀ ∗ dmaps) ⊙ act′.
// dimage may not be image.
func (c *Convolution) ImageGradient(batch int, act Activation, image, dmaps, weights, dimage []float32) {
	c.spread.apply(batch, act, dmaps, weights[:c.Weights()], nil, image, dimage)
}

// MapsGradient is the same for the maps of a transposed convolution: weights ∗
// dimage or, if the maps are act(z), (weights ∗ dimage) ⊙ act′.
func (c *Convolution) MapsGradient(batch int, act Activation, maps, dimage, weights, dmaps []float32) {
	c.convolve.apply(batch, act, dimage, weights[:c.Weights()], nil, maps, dmaps)
}

// FLOPs is the number of floating-point operations of Convolve, and of Spread,
// for one image.
func (c *Convolution) FLOPs() float64 {
	return 2 * float64(c.Maps.Channels) * float64(c.Small.Channels) * c.convolve.rows.reads() * c.convolve.columns.reads()
}

// reads is the number of inputs of all outputs together.
func (a axis) reads() float64 {
	var n float64
	for _, p := range a.points {
		for _, r := range p.runs {
			n += float64(r.count)
		}
	}
	return n
}
