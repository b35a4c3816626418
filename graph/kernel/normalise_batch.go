package kernel

import "math"

// BatchNormalisation gives each channel mean 0 and variance 1 over the images
// and pixels of a batch, and then applies gain, bias and activation:
//
//	y = act(gain ⊙ (x − μ)/√(σ² + ε) + bias)
//
// (x, y: images; gain, bias, μ, σ²: C; Ioffe & Szegedy 2015). It keeps buffers
// and results of Forward for Backward, so it is not safe for concurrent use.
type BatchNormalisation struct {
	Images
	Activation Activation
	// Mean and Variance are those of the last batch. The variance is the biased
	// one, the mean of squares. If Settled is set, they are given and constant.
	Mean, Variance []float32
	Settled        bool

	inverse                 []float32 // 1/√(σ²+ε) of each channel
	all                     pixelPass // its patterns
	parts                   []batchPart
	batch                   int
	x, y, dy, dx            []float32
	phase                   func(*BatchNormalisation, *batchPart)
	firstTotal, secondTotal []float64
}

// batchPart is some pixels of blocks with equally many live lanes. Its sums are
// computed separately. The parts depend only on the size of the batch.
type batchPart struct {
	pixelPass
	from, to int // range of values
	lanes    int
}

// Count is the number of values of a channel in a batch.
func (n *BatchNormalisation) Count(batch int) int { return batch * n.Height * n.Width }

// Forward computes y (bias: nil for none).
func (n *BatchNormalisation) Forward(batch int, x, gain, bias, y []float32) {
	n.prepare(batch)
	n.x, n.y = x[:n.Size(batch)], y[:n.Size(batch)]
	if !n.Settled {
		n.measure()
	}
	for channel, variance := range n.Variance {
		n.inverse[channel] = float32(1 / math.Sqrt(float64(variance)+NormaliseEpsilon))
	}
	n.centre()
	n.spread(gain, n.all.scale)
	n.spread(n.inverse, n.all.shift)
	active.multiply(n.all.scale, n.all.scale, n.all.shift)
	n.spread(bias, n.all.shift)
	n.each(func(n *BatchNormalisation, p *batchPart) {
		n.all.normalise(n.Activation, n.x[p.from:p.to], n.y[p.from:p.to])
	})
}

// Backward computes the gradients from x, y and dy, after Forward on the same x
// (dbias: nil if there is no bias).
func (n *BatchNormalisation) Backward(batch int, x, y, dy, dx, dgain, dbias []float32) {
	size := n.Size(batch)
	n.x, n.y, n.dy, n.dx = x[:size], y[:size], dy[:size], dx[:size]
	n.each(func(n *BatchNormalisation, p *batchPart) {
		p.gradientSums(n.Activation, n.all.centre, n.x[p.from:p.to], n.y[p.from:p.to], n.dy[p.from:p.to], n.dx[p.from:p.to])
	})
	n.total()
	count := float64(n.Count(batch))
	for channel, first := range n.firstTotal {
		inverse, second := float64(n.inverse[channel]), n.secondTotal[channel]
		dgain[channel] = float32(inverse * second)
		if dbias != nil {
			dbias[channel] = float32(first)
		}
		for i := channel * n.Lanes; i < (channel+1)*n.Lanes; i++ {
			scale := float64(n.all.scale[i])
			n.all.offset[i], n.all.slope[i] = float32(-scale*first/count), float32(-scale*inverse*inverse*second/count)
		}
	}
	if n.Settled {
		clear(n.all.offset)
		clear(n.all.slope)
	}
	n.each(func(n *BatchNormalisation, p *batchPart) {
		n.all.gradient(n.x[p.from:p.to], n.dx[p.from:p.to], p.work)
		n.bury(p)
	})
	n.x, n.y, n.dy, n.dx = nil, nil, nil, nil
}

// bury clears the dead lanes of a part's gradient.
func (n *BatchNormalisation) bury(p *batchPart) {
	if p.lanes == n.Lanes {
		return
	}
	for at := p.from; at < p.to; at += n.Lanes {
		clear(n.dx[at+p.lanes : at+n.Lanes])
	}
}

// measure computes the mean and then the variance of the batch.
func (n *BatchNormalisation) measure() {
	count := float64(n.Count(n.batch))
	n.each(func(n *BatchNormalisation, p *batchPart) { p.sum(n.x[p.from:p.to]) })
	n.total()
	for channel, sum := range n.firstTotal {
		n.Mean[channel] = float32(sum / count)
	}
	n.centre()
	n.each(func(n *BatchNormalisation, p *batchPart) { p.squares(n.all.centre, n.x[p.from:p.to]) })
	n.total()
	for channel, sum := range n.secondTotal {
		n.Variance[channel] = float32(sum / count)
	}
}

// centre writes the pattern of −μ.
func (n *BatchNormalisation) centre() {
	n.spread(n.Mean, n.all.centre)
	active.scale(-1, n.all.centre)
}

// total adds the sums of the parts over live lanes, in order.
func (n *BatchNormalisation) total() {
	clear(n.firstTotal)
	clear(n.secondTotal)
	for i := range n.parts {
		p := &n.parts[i]
		for channel := range n.Channels {
			for lane := channel * n.Lanes; lane < channel*n.Lanes+p.lanes; lane++ {
				n.firstTotal[channel] += p.first.total[lane]
				n.secondTotal[channel] += p.second.total[lane]
			}
		}
	}
}

// prepare divides a batch into parts: of blocks with live lanes only, and of a
// last block with dead lanes.
func (n *BatchNormalisation) prepare(batch int) {
	if n.inverse == nil {
		n.inverse, n.firstTotal, n.secondTotal = make([]float32, n.Channels), make([]float64, n.Channels), make([]float64, n.Channels)
		n.all.prepare(n.Pixel())
	}
	if n.batch == batch {
		return
	}
	n.batch, n.parts = batch, n.parts[:0]
	whole, area := batch/n.Lanes*n.Height*n.Width, n.Height*n.Width
	n.cut(0, whole, n.Lanes)
	if live := batch % n.Lanes; live > 0 {
		n.cut(whole, whole+area, live)
	}
}

// cut adds parts for pixels with the given number of live lanes.
func (n *BatchNormalisation) cut(from, to, lanes int) {
	count := min(gradientParts, to-from)
	for i := range count {
		n.parts = lengthen(n.parts)
		p := &n.parts[len(n.parts)-1]
		p.from, p.to, p.lanes = (from+(to-from)*i/count)*n.Pixel(), (from+(to-from)*(i+1)/count)*n.Pixel(), lanes
		p.work = grow(p.work, n.Pixel())
		p.first.reset(n.Pixel())
		p.second.reset(n.Pixel())
	}
}

func (n *BatchNormalisation) each(phase func(*BatchNormalisation, *batchPart)) {
	n.phase = phase
	parallel(len(n.parts), ceil(lightGrain, n.Size(n.batch)/len(n.parts)), n)
}

func (n *BatchNormalisation) run(lo, hi int) {
	for i := lo; i < hi; i++ {
		n.phase(n, &n.parts[i])
	}
}
