package op

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"gaetrain/graph/kernel"
)

// BatchTopK keeps the largest values of a whole batch, so that a row can keep more
// of them than another (Bussmann 2024).
type BatchTopK struct {
	K int // values of a row that are kept on average
	// Bound is the running mean, over past batches, of the smallest value that is
	// kept, and Batches the number of batches in it; one number each.
	Bound, Batches []float32
	// Settled keeps the values above the bound instead of the largest of the batch,
	// so that no row depends on the others.
	Settled bool
	// Silent counts for how many batches in a row each of the L units has kept no
	// value. A unit that is silent for more than DeadAfter batches is dead.
	Silent    []float32
	DeadAfter int
}

// Declare declares y with the K·B largest positive values of a batch of B live
// rows, and zeros in place of the others; of equal values the first ones stay (x, y:
// B×L). Gradients reach the values that stay. It returns how to bring the bound and
// the counts up to date after a run; a run alone leaves them as they are.
func (k BatchTopK) Declare(name string, rows *Rows, x *gorgonia.Node) (*gorgonia.Node, func(), error) {
	t := &batchTopK{BatchTopK: k}
	y, err := t.declare(base{name: name + ": batch top-k", rows: rows}, x)
	return y, func() {
		t.moveBound()
		t.countSilence(floats(y.Value()), rows.Live)
	}, err
}

// Dead declares the same of dead units alone: y has the K·B largest positive values
// among those of units that are dead. Decoded to what the code leaves unexplained,
// it gives them a gradient that can revive them (Gao 2024).
func (k BatchTopK) Dead(name string, rows *Rows, x *gorgonia.Node) (*gorgonia.Node, error) {
	k.Settled = false
	return (&batchTopK{BatchTopK: k, dead: true}).declare(base{name: name + ": batch top-k of dead units", rows: rows}, x)
}

type batchTopK struct {
	BatchTopK
	columns  int
	dead     bool      // of dead units alone
	among    []float32 // B×L, x with zeros in place of values of other units
	kept     []float32 // B×L, of the last run
	count    int       // of the last run
	smallest float32
}

func (t *batchTopK) declare(b base, x *gorgonia.Node) (*gorgonia.Node, error) {
	shape, err := b.batch("input", x.Shape())
	if err != nil {
		return nil, err
	}
	if t.columns = shape[1]; t.K < 1 || len(t.Bound) != 1 || len(t.Batches) != 1 || len(t.Silent) != t.columns {
		return nil, fmt.Errorf("%s: k is %d, with %d bounds of %d batches and counts of %d units; want at least 1, and 1, 1 and %d", b.name, t.K, len(t.Bound), len(t.Batches), len(t.Silent), t.columns)
	}
	return declareLayer(b, t, shape, false, x)
}

func (t *batchTopK) forward(batch int, in [][]float32, y []float32) {
	if t.kept == nil {
		t.kept = make([]float32, len(y))
	}
	x := in[0][:batch*t.columns]
	if t.Settled {
		kernel.Above(max(t.Bound[0], 0), x, y, t.kept)
		return
	}
	if t.dead {
		x = t.ofDead(x)
	}
	t.count, t.smallest = kernel.BatchTopK(batch, t.columns, t.K, x, y, t.kept)
}

// ofDead is x with the values of dead units alone.
func (t *batchTopK) ofDead(x []float32) []float32 {
	if t.among == nil {
		t.among = make([]float32, len(t.kept))
	}
	among := t.among[:len(x)]
	for i := range x {
		among[i] = 0
		if t.Silent[i%t.columns] > float32(t.DeadAfter) {
			among[i] = x[i]
		}
	}
	return among
}

func (t *batchTopK) backward(batch int, _ [][]float32, _, dy []float32, gradients [][]float32) {
	if gradients[0] != nil {
		kernel.Multiply(gradients[0][:batch*t.columns], dy, t.kept)
	}
}

// boundMomentum is the weight of the past in the bound after enough batches. Until
// then all batches have the same weight.
const boundMomentum = 0.99

// moveBound adds the last batch to the bound. A batch without positive values does
// not count.
func (t *batchTopK) moveBound() {
	if t.count == 0 {
		return
	}
	fresh := max(1-boundMomentum, 1/(1+float64(t.Batches[0])))
	t.Batches[0] = min(t.Batches[0]+1, 1/(1-boundMomentum))
	t.Bound[0] = float32((1-fresh)*float64(t.Bound[0]) + fresh*float64(t.smallest))
}

// countSilence adds the last batch to the counts (y: B×L).
func (t *batchTopK) countSilence(y []float32, rows int) {
	for unit := range t.Silent {
		t.Silent[unit]++
	}
	for i, v := range y[:rows*t.columns] {
		if v != 0 {
			t.Silent[i%t.columns] = 0
		}
	}
}
