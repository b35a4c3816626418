package kernel

import "math"

// ImageNormalisation gives each image mean 0 and variance 1 over all its
// values, and then applies gain, bias and activation of each channel:
//
//	y = act(gain ⊙ (x − μ)/√(σ² + ε) + bias)
//
// (x, y: images; gain, bias: C; μ, σ²: one each for an image; Ba, Kiros &
// Hinton 2016). With several groups, the channels are divided into groups of
// neighbours, and μ and σ² are those of an image's values in one group (Wu & He
// 2018). It keeps buffers and results of Forward for Backward, so it is not
// safe for concurrent use.
type ImageNormalisation struct {
	Images
	Activation Activation
	Groups     int // a divisor of C; 0 means 1

	mean, inverse []float32 // of each block, group and lane: μ and 1/√(σ²+ε)
	parts         []imagePart
	gain, bias    []float32
	x, y, dy, dx  []float32
	back          bool
}

// imagePart is some blocks. The parts depend only on the size of the batch.
type imagePart struct {
	pixelPass
	from, to     int       // blocks
	dgain, dbias []float64 // Pixel
}

// Forward computes y (bias: nil for none).
func (n *ImageNormalisation) Forward(batch int, x, gain, bias, y []float32) {
	n.prepare(batch)
	n.gain, n.bias, n.x, n.y, n.back = gain, bias, x, y, false
	n.each(batch)
}

// Backward computes the gradients from x, y and dy, after Forward on the same x
// (dbias: nil if there is no bias).
func (n *ImageNormalisation) Backward(batch int, x, y, dy, dx, dgain, dbias []float32) {
	n.x, n.y, n.dy, n.dx, n.back = x, y, dy, dx, true
	n.each(batch)
	for channel := range n.Channels {
		var gain, bias float64
		for i := range n.parts {
			for lane := channel * n.Lanes; lane < (channel+1)*n.Lanes; lane++ {
				gain += n.parts[i].dgain[lane]
				bias += n.parts[i].dbias[lane]
			}
		}
		dgain[channel] = float32(gain)
		if dbias != nil {
			dbias[channel] = float32(bias)
		}
	}
	n.x, n.y, n.dy, n.dx = nil, nil, nil, nil
}

func (n *ImageNormalisation) prepare(batch int) {
	blocks, width := n.Blocks(batch), n.Pixel()
	n.mean, n.inverse = grow(n.mean, blocks*n.figures()), grow(n.inverse, blocks*n.figures())
	count := min(gradientParts, blocks)
	n.parts = n.parts[:0]
	for i := range count {
		n.parts = lengthen(n.parts)
		p := &n.parts[i]
		p.pixelPass.prepare(width)
		p.from, p.to = blocks*i/count, blocks*(i+1)/count
		p.dgain, p.dbias = grow(p.dgain, width), grow(p.dbias, width)
	}
}

// groups is the number of groups of channels.
func (n *ImageNormalisation) groups() int { return max(n.Groups, 1) }

// figures is the number of means in a block: one for each group and lane.
func (n *ImageNormalisation) figures() int { return n.groups() * n.Lanes }

func (n *ImageNormalisation) each(batch int) {
	parallel(len(n.parts), ceil(lightGrain, n.Size(batch)/len(n.parts)), n)
}

func (n *ImageNormalisation) run(lo, hi int) {
	for i := lo; i < hi; i++ {
		p := &n.parts[i]
		clear(p.dgain)
		clear(p.dbias)
		n.spread(n.bias, p.shift)
		for block := p.from; block < p.to; block++ {
			if n.back {
				n.backward(p, block)
			} else {
				n.forward(p, block)
			}
		}
	}
}

// forward normalises the images of a block.
func (n *ImageNormalisation) forward(p *imagePart, block int) {
	from, to := block*n.Block(), (block+1)*n.Block()
	mean, inverse := n.mean[block*n.figures():][:n.figures()], n.inverse[block*n.figures():][:n.figures()]
	p.sum(n.x[from:to])
	for at := range mean {
		mean[at] = float32(n.over(at, p.first.total, nil))
	}
	n.pattern(p, mean, inverse)
	p.squares(p.centre, n.x[from:to])
	for at := range inverse {
		inverse[at] = float32(1 / math.Sqrt(n.over(at, p.second.total, nil)+NormaliseEpsilon))
	}
	n.pattern(p, mean, inverse)
	p.normalise(n.Activation, n.x[from:to], n.y[from:to])
}

// backward computes the gradient of a block. With g = gain ⊙ dz it is
//
//	dx = (g − mean(g) − x̂·mean(g ⊙ x̂))/√(σ² + ε),
//
// It adds its part of the gradients of gain and bias to the sums of p.
func (n *ImageNormalisation) backward(p *imagePart, block int) {
	from, to := block*n.Block(), (block+1)*n.Block()
	mean, inverse := n.mean[block*n.figures():][:n.figures()], n.inverse[block*n.figures():][:n.figures()]
	n.pattern(p, mean, inverse)
	p.gradientSums(n.Activation, p.centre, n.x[from:to], n.y[from:to], n.dy[from:to], n.dx[from:to])
	group := len(p.offset) / n.groups() // number of values of a pixel in a group
	for at := range inverse {
		r := float64(inverse[at])
		offset := float32(-r * n.over(at, p.first.total, n.gain))
		slope := float32(-r * r * r * n.over(at, p.second.total, n.gain))
		first := at / n.Lanes * group
		for i := first + at%n.Lanes; i < first+group; i += n.Lanes {
			p.offset[i], p.slope[i] = offset, slope
			p.dbias[i] += p.first.total[i]
			p.dgain[i] += float64(r * p.second.total[i])
		}
	}
	p.gradient(n.x[from:to], n.dx[from:to], p.work)
}

// over returns the mean over the values of an image in a group of sums by
// channel, weighted by factor if that is not nil. The index at gives the group
// and the lane of the image.
func (n *ImageNormalisation) over(at int, sums []float64, factor []float32) (total float64) {
	group, lane, channels := at/n.Lanes, at%n.Lanes, n.Channels/n.groups()
	for channel := group * channels; channel < (group+1)*channels; channel++ {
		v := sums[channel*n.Lanes+lane]
		if factor != nil {
			v *= float64(factor[channel])
		}
		total += v
	}
	return total / float64(n.Values()/n.groups())
}

// pattern writes −μ and gain/√(σ²+ε) of the images in a block.
func (n *ImageNormalisation) pattern(p *imagePart, mean, inverse []float32) {
	channels := n.Channels / n.groups()
	for channel := range n.Channels {
		centre, scale := p.centre[channel*n.Lanes:][:n.Lanes], p.scale[channel*n.Lanes:][:n.Lanes]
		mean, inverse := mean[channel/channels*n.Lanes:], inverse[channel/channels*n.Lanes:]
		for lane := range centre {
			centre[lane], scale[lane] = -mean[lane], n.gain[channel]*inverse[lane]
		}
	}
}
