package op

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"gaetrain/graph/kernel"
	"gaetrain/graph/kernel/noise"
)

// streamDropout is the stream of the random masks. The number of the layer is
// in the bits above the lowest eight. The step of the key holds epoch and
// batch.
const streamDropout noise.Stream = 9

// Dropout declares y = x ⊙ m/(1 − share). Each value of m is 0 with probability
// share, else 1 (x, y: B×C or images; Srivastava et al. 2014). The mask depends
// only on the key, which is set before each run, and on the number of the
// layer.
func Dropout(name string, rows *Rows, share float64, key *noise.Key, layer int, x *gorgonia.Node) (*gorgonia.Node, error) {
	b := base{name: name + ": dropout", rows: rows}
	if !(share >= 0 && share < 1) {
		return nil, fmt.Errorf("%s: a share of %g, want at least 0 and below 1", b.name, share)
	}
	s, err := b.layout(x)
	if err != nil {
		return nil, err
	}
	d := &dropout{layout: s, kept: float32(1 - share), key: key, stream: streamDropout + noise.Stream(layer)<<8}
	return declareLayer(b, d, x.Shape(), false, x)
}

type dropout struct {
	layout kernel.Images
	kept   float32 // 1 − share
	key    *noise.Key
	stream noise.Stream
	mask   []float32 // m/(1 − share)
}

func (d *dropout) forward(batch int, in [][]float32, y []float32) {
	if len(d.mask) < len(y) {
		d.mask = make([]float32, len(y))
	}
	live, key := d.layout.Size(batch), *d.key
	key.Stream = d.stream
	noise.Bernoulli(d.mask[:live], d.kept, key)
	kernel.Scale(1/d.kept, d.mask[:live])
	kernel.Multiply(y[:live], in[0], d.mask)
}

func (d *dropout) backward(batch int, _ [][]float32, _, dy []float32, gradients [][]float32) {
	kernel.Multiply(gradients[0][:d.layout.Size(batch)], dy, d.mask)
}
