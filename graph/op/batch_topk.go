package op

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"gaetrain/graph/kernel"
)

// BatchTopK keeps the largest values of a whole batch, so the number of values
// that are kept differs between rows (Bussmann, Leask & Nanda 2024).
type BatchTopK struct {
	K int // average number of values that are kept in a row
	// Bound is the running mean over batches of the smallest value that was
	// kept. Batches is the number of batches in this mean. Each has one value.
	Bound, Batches []float32
	// Settled keeps the values above the bound instead of the largest of the
	// batch. A row then does not depend on other rows.
	Settled bool
	// Silent counts the consecutive batches in which a unit kept no value (L).
	// A unit is dead if it was silent for more than DeadAfter batches.
	Silent    []float32
	DeadAfter int
}

// Declare declares y with the K·B largest positive values of a batch of B live
// rows and zeros elsewhere (x, y: B×L). Of equal values, the first are kept.
// Gradients reach the values that are kept. The returned function updates the
// bound and the counts with the last run. A run alone does not change them.
func (k BatchTopK) Declare(name string, rows *Rows, x *gorgonia.Node) (*gorgonia.Node, func(), error) {
	t := &batchTopK{BatchTopK: k}
	y, err := t.declare(base{name: name + ": batch top-k", rows: rows}, x)
	return y, func() {
		t.moveBound()
		t.countSilence(floats(y.Value()), rows.Live)
	}, err
}

// Dead is Declare restricted to dead units: y has the K·B largest positive
// values of dead units. If y is decoded to the residual of the reconstruction,
// dead units get a gradient and can become active again (Gao et al. 2024).
func (k BatchTopK) Dead(name string, rows *Rows, x *gorgonia.Node) (*gorgonia.Node, error) {
	k.Settled = false
	return (&batchTopK{BatchTopK: k, dead: true}).declare(base{name: name + ": batch top-k of dead units", rows: rows}, x)
}

type batchTopK struct {
	BatchTopK
	columns  int
	dead     bool      // only of dead units
	among    []float32 // B×L: x with zeros for units that are not dead
	kept     []float32 // B×L: 1 where a value of the last run was kept, else 0
	count    int       // number of values that the last run kept
	smallest float32
}

func (t *batchTopK) declare(b base, x *gorgonia.Node) (*gorgonia.Node, error) {
	shape, err := b.batch("input", x.Shape())
	if err != nil {
		return nil, err
	}
	if t.columns = shape[1]; t.K < 1 || len(t.Bound) != 1 || len(t.Batches) != 1 || len(t.Silent) != t.columns {
		return nil, fmt.Errorf("%s: k is %d, with %d bounds, %d counts of batches and %d counts of units; want at least 1, and 1, 1 and %d", b.name, t.K, len(t.Bound), len(t.Batches), len(t.Silent), t.columns)
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

// ofDead returns x with zeros for units that are not dead.
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

// boundMomentum is the weight of past batches in the bound. The first batches
// have equal weights.
const boundMomentum = 0.99

// moveBound adds the last batch to the bound, unless it had no positive values.
func (t *batchTopK) moveBound() {
	if t.count == 0 {
		return
	}
	fresh := max(1-boundMomentum, 1/(1+float64(t.Batches[0])))
	t.Batches[0] = min(t.Batches[0]+1, 1/(1-boundMomentum))
	t.Bound[0] = float32(float64((1-fresh)*float64(t.Bound[0])) + float64(fresh*float64(t.smallest)))
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
