package op

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"gaetrain/graph/kernel"
)

// CodeThreshold is the running mean, over past batches, of the smallest value that
// BatchTopK keeps.
type CodeThreshold struct {
	Mean    []float32 // 1
	Batches []float32 // 1: the number of batches in it, up to the number from which the oldest fade
	// Settled keeps the values above the mean instead of the largest of the batch,
	// so that no row depends on the other rows of its batch.
	Settled bool
}

// thresholdMomentum is the weight of the past in a CodeThreshold after enough
// batches. Until then all batches have the same weight.
const thresholdMomentum = 0.99

func (s CodeThreshold) advance(kept int, smallest float32) {
	if kept == 0 {
		return
	}
	fresh := max(1-thresholdMomentum, 1/(1+float64(s.Batches[0])))
	s.Batches[0] = min(s.Batches[0]+1, 1/(1-thresholdMomentum))
	s.Mean[0] = float32((1-fresh)*float64(s.Mean[0]) + fresh*float64(smallest))
}

// BatchTopK declares y with the k·B largest positive values of a batch of B live
// rows, and zeros in place of the others; of equal values the first ones stay
// (Bussmann 2024; x, y: B×L). A row can keep more or fewer than k values. Gradients
// reach the values that stay.
//
// It returns a function that updates the threshold after a run; a run alone does
// not change it.
func BatchTopK(name string, rows *Rows, k int, s CodeThreshold, x *gorgonia.Node) (*gorgonia.Node, func(), error) {
	b := base{name: name + ": batch top-k", rows: rows}
	shape, err := b.batch("input", x.Shape())
	if err != nil {
		return nil, nil, err
	}
	if k < 1 || len(s.Mean) != 1 || len(s.Batches) != 1 {
		return nil, nil, fmt.Errorf("%s: k is %d and the threshold has %d and %d values, want at least 1, and 1 and 1", b.name, k, len(s.Mean), len(s.Batches))
	}
	t := &batchTopK{k: k, columns: shape[1], threshold: s, kept: make([]float32, shape.TotalSize())}
	y, err := declareLayer(b, t, shape, false, x)
	return y, func() {
		if !s.Settled {
			s.advance(t.count, t.smallest)
		}
	}, err
}

type batchTopK struct {
	k, columns int
	threshold  CodeThreshold
	kept       []float32 // B×L, of the last run
	count      int       // of the last run
	smallest   float32
}

func (t *batchTopK) forward(batch int, in [][]float32, y []float32) {
	if t.threshold.Settled {
		kernel.Above(max(t.threshold.Mean[0], 0), in[0][:batch*t.columns], y, t.kept)
		return
	}
	t.count, t.smallest = kernel.BatchTopK(batch, t.columns, t.k, in[0], y, t.kept)
}

func (t *batchTopK) backward(batch int, _ [][]float32, _, dy []float32, gradients [][]float32) {
	if gradients[0] != nil {
		kernel.Multiply(gradients[0][:batch*t.columns], dy, t.kept)
	}
}
