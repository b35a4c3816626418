package op

import (
	"fmt"
	"slices"

	"gorgonia.org/gorgonia"

	"gaetrain/graph/kernel"
)

// BatchStatistics are the running mean and variance of each unit or channel,
// which evaluation uses to normalise.
type BatchStatistics struct {
	Mean, Variance []float32 // of each unit or channel, C
	Batches        []float32 // one value: number of batches in the statistics, up to 1/(1 − momentum)
	// Settled uses the running statistics instead of those of the batch, so the
	// output for an image does not depend on its batch.
	Settled bool
}

// batchMomentum is the weight of past batches in the running statistics. The
// first batches have equal weights.
const batchMomentum = 0.9

// advance adds the mean and the variance of count values to the statistics. The
// running variance is unbiased, as in PyTorch. A single value has no variance,
// so it is ignored.
func (s BatchStatistics) advance(mean, variance []float32, count int) {
	if count < 2 {
		return
	}
	fresh := max(1-batchMomentum, 1/(1+float64(s.Batches[0])))
	s.Batches[0] = min(s.Batches[0]+1, 1/(1-batchMomentum))
	unbiased := float64(count) / float64(count-1)
	for i := range s.Mean {
		s.Mean[i] = float32(float64((1-fresh)*float64(s.Mean[i])) + float64(fresh*float64(mean[i])))
		s.Variance[i] = float32(float64((1-fresh)*float64(s.Variance[i])) + float64(fresh*unbiased*float64(variance[i])))
	}
}

// BatchNormalise declares y = act(gain ⊙ (x − μ)/√(σ² + ε) + bias) with mean
// and variance of each unit over the batch, or of each channel over images and
// pixels (x, y: B×C or images; gain, bias: C, bias nil for none; Ioffe &
// Szegedy 2015). The returned function updates the statistics with the last
// run. A run alone does not change them.
func BatchNormalise(name string, rows *Rows, act kernel.Activation, s BatchStatistics, x, gain, bias *gorgonia.Node) (*gorgonia.Node, func(), error) {
	n := &batchNormalisation{BatchNormalisation: kernel.BatchNormalisation{Activation: act, Settled: s.Settled, Mean: s.Mean, Variance: s.Variance}}
	if !s.Settled {
		n.Mean, n.Variance = make([]float32, len(s.Mean)), make([]float32, len(s.Mean))
	}
	b := base{name: fmt.Sprintf("%s: batch normalisation+%s", name, act), rows: rows}
	var err error
	if n.Images, err = b.layout(x); err != nil {
		return nil, nil, err
	}
	y, err := b.normalise(n, n.Images, x, gain, bias)
	return y, func() { s.advance(n.Mean, n.Variance, n.Count(rows.Live)) }, err
}

// ImageNormalise declares y = act(gain ⊙ (x − μ)/√(σ² + ε) + bias) with mean
// and variance of each image over all its values (layer normalisation, Ba,
// Kiros & Hinton 2016; x, y: B×C or images; gain, bias: C, bias nil for none).
func ImageNormalise(name string, rows *Rows, act kernel.Activation, x, gain, bias *gorgonia.Node) (*gorgonia.Node, error) {
	return base{name: fmt.Sprintf("%s: layer normalisation+%s", name, act), rows: rows}.groupNormalise(1, act, x, gain, bias)
}

// GroupNormalise declares y = act(gain ⊙ (x − μ)/√(σ² + ε) + bias) with mean
// and variance of each image over each group of neighbouring units or channels
// (x, y: B×C or images; gain, bias: C, bias nil for none; Wu & He 2018). With
// one group it is layer normalisation, and with one group per channel instance
// normalisation.
func GroupNormalise(name string, rows *Rows, groups int, act kernel.Activation, x, gain, bias *gorgonia.Node) (*gorgonia.Node, error) {
	return base{name: fmt.Sprintf("%s: normalisation of %d groups+%s", name, groups, act), rows: rows}.groupNormalise(groups, act, x, gain, bias)
}

func (b base) groupNormalise(groups int, act kernel.Activation, x, gain, bias *gorgonia.Node) (*gorgonia.Node, error) {
	n := &imageNormalisation{ImageNormalisation: kernel.ImageNormalisation{Activation: act, Groups: groups}}
	var err error
	if n.Images, err = b.layout(x); err != nil {
		return nil, err
	}
	if groups < 1 || n.Channels%groups != 0 {
		return nil, fmt.Errorf("%s: %d units or channels, want a multiple of the %d groups", b.name, n.Channels, groups)
	}
	return b.normalise(n, n.Images, x, gain, bias)
}

// layout returns the layout of a batch of rows or of images.
func (b *base) layout(x *gorgonia.Node) (kernel.Images, error) {
	if x.Dims() == 5 {
		return b.images(x)
	}
	shape, err := b.batch("input", x.Shape())
	if err != nil {
		return kernel.Images{}, err
	}
	return kernel.RowsOf(shape[1]), nil
}

func (b *base) normalise(c computation, s kernel.Images, x, gain, bias *gorgonia.Node) (*gorgonia.Node, error) {
	in := gorgonia.Nodes{x, gain}
	if bias != nil {
		in = append(in, bias)
	}
	for i, parameter := range in[1:] {
		if !slices.Equal(parameter.Shape(), []int{s.Channels}) {
			return nil, fmt.Errorf("%s: %s is %v, want %d elements", b.name, [...]string{"gain", "bias"}[i], parameter.Shape(), s.Channels)
		}
	}
	return declareLayer(*b, c, x.Shape(), false, in...)
}

type batchNormalisation struct{ kernel.BatchNormalisation }

func (n *batchNormalisation) forward(batch int, in [][]float32, y []float32) {
	n.Forward(batch, in[0], in[1], third(in), y)
}

func (n *batchNormalisation) backward(batch int, in [][]float32, y, dy []float32, gradients [][]float32) {
	n.Backward(batch, in[0], y, dy, gradients[0], gradients[1], third(gradients))
}

type imageNormalisation struct{ kernel.ImageNormalisation }

func (n *imageNormalisation) forward(batch int, in [][]float32, y []float32) {
	n.Forward(batch, in[0], in[1], third(in), y)
}

func (n *imageNormalisation) backward(batch int, in [][]float32, y, dy []float32, gradients [][]float32) {
	n.Backward(batch, in[0], y, dy, gradients[0], gradients[1], third(gradients))
}

// third returns the bias, or nil if there is none.
func third(in [][]float32) []float32 {
	if len(in) < 3 {
		return nil
	}
	return in[2]
}
