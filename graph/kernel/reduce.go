package kernel

import "sync/atomic"

// chunk is the number of values that are summed separately. The sums of chunks
// are added in order.
const chunk = 4096

// Sum returns Σ x, in float64.
func Sum(x []float32) float64 { return reduce(active.sum, x) }

// SumSquares returns Σ x², the squared norm of x, in float64.
func SumSquares(x []float32) float64 { return reduce(active.sumSquares, x) }

// reduce adds f of the chunks of x.
func reduce(f func([]float32) float64, x []float32) (total float64) {
	chunks := (len(x) + chunk - 1) / chunk
	t := reduceTasks.get()
	t.f, t.x = f, x
	for len(t.partial) < chunks {
		t.partial = append(t.partial, 0)
	}
	parallel(chunks, lightGrain/chunk, t)
	for _, part := range t.partial[:chunks] {
		total += part
	}
	reduceTasks.put(t)
	return total
}

type reduceTask struct {
	f       func([]float32) float64
	x       []float32
	partial []float64
}

var reduceTasks freeList[reduceTask]

func (t *reduceTask) run(lo, hi int) {
	for i := lo; i < hi; i++ {
		t.partial[i] = t.f(t.x[i*chunk : min((i+1)*chunk, len(t.x))])
	}
}

// Finite reports whether x holds no NaN and no infinity.
func Finite(x []float32) bool {
	t := finiteTasks.get()
	t.x = x
	t.failed.Store(false)
	parallel(len(x), lightGrain, t)
	failed := t.failed.Load()
	finiteTasks.put(t)
	return !failed
}

type finiteTask struct {
	x      []float32
	failed atomic.Bool
}

var finiteTasks freeList[finiteTask]

func (t *finiteTask) run(lo, hi int) {
	if !t.failed.Load() && !active.finite(t.x[lo:hi]) {
		t.failed.Store(true)
	}
}
