package export

import (
	"cmp"
	"context"
	"math"
	"runtime"
	"slices"
	"sync"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/lapack/lapack64"

	"gaetrain/graph/kernel"
	"gaetrain/graph/trace"
)

// feedback rounds the weights of a dense layer column by column. The error of each column
// is made up for by the columns that follow, as far as the inputs x of the layer are
// correlated (GPTQ: Frantar et al., ICLR 2023): with H = E[x·xᵀ], it reduces the error
// tr(Δ·H·Δᵀ) of the sums.
type feedback struct {
	order []int     // of the columns: those with the largest inputs first
	upper []float32 // D×D: the upper triangular U with UᵀU = H⁻¹, each row divided by its diagonal
}

const (
	leastColumns, mostColumns = 32, 1024
	ridge                     = 1e-3 // of the mean square of the inputs, is added to the diagonal of H
)

// prepare measures the inputs of the dense layers for rows of inputs of the network.
func (r *rounding) prepare(ctx context.Context, rows []row) error {
	uses := make(map[*trace.Tensor]int)
	places := make(map[*trace.Tensor]int) // of the tensor among the weights
	for _, node := range r.program.Nodes {
		for i, in := range node.In {
			if in == nil || in.Constant == nil {
				continue
			}
			uses[in.Constant]++
			w := slices.IndexFunc(r.weights, func(w *weight) bool { return w.Tensor == in.Constant })
			if width := in.Shape; node.Kind == "Gemm" && i == 1 && w >= 0 && width[1] >= leastColumns && width[1] <= mostColumns {
				places[in.Constant] = w
			}
		}
	}
	squares := make(map[*trace.Tensor][]float32) // Σ x·xᵀ of the inputs of each layer
	for t := range places {
		if uses[t] > 1 {
			delete(places, t)
			continue
		}
		squares[t] = make([]float32, t.Shape[1]*t.Shape[1])
	}
	if len(places) == 0 || len(rows) == 0 {
		return nil
	}
	_, err := r.program.Run(ctx, rows, func(node trace.Node, _ int, in [][]float32) {
		if node.Kind == "Gemm" && squares[node.In[1].Constant] != nil {
			d := len(in[0])
			x := slices.Concat(in...)
			kernel.Gemm(true, false, d, d, len(in), 1, x, d, x, d, 1, squares[node.In[1].Constant], d)
		}
	})
	if err != nil {
		return err
	}
	var group sync.WaitGroup
	free := make(chan bool, runtime.GOMAXPROCS(0)) // each of them needs memory
	for t, w := range places {
		free <- true
		h := squares[t]
		delete(squares, t)
		group.Go(func() {
			r.weights[w].feedback = newFeedback(h, t.Shape[1])
			<-free
		})
	}
	group.Wait()
	return context.Cause(ctx)
}

// newFeedback returns the feedback for the inputs of a layer (h: Σ x·xᵀ, D×D); nil if it has
// none. With J, which reverses the order, and the Cholesky factor J·H·J = L·Lᵀ, U is
// J·L⁻¹·J.
func newFeedback(h []float32, d int) *feedback {
	f := &feedback{order: make([]int, d), upper: make([]float32, d*d)}
	trace := 0.0
	for i := range f.order {
		f.order[i] = i
		trace += float64(h[i*d+i])
	}
	if !(trace > 0) || math.IsInf(trace, 0) {
		return nil
	}
	slices.SortStableFunc(f.order, func(a, b int) int { return cmp.Compare(h[b*d+b], h[a*d+a]) })
	reversed := blas64.Symmetric{N: d, Stride: d, Data: make([]float64, d*d), Uplo: blas.Lower}
	for i := range d {
		row, from := reversed.Data[i*d:], f.order[d-1-i]*d
		for j := range i + 1 {
			row[j] = float64(h[from+f.order[d-1-j]])
		}
		row[i] += ridge * trace / float64(d)
	}
	factor, ok := lapack64.Potrf(reversed)
	if !ok || !lapack64.Trtri(factor) {
		return nil
	}
	for i := range d {
		row := factor.Data[(d-1-i)*d:]
		for j := i; j < d; j++ {
			f.upper[i*d+j] = float32(row[d-1-j] / row[d-1-i])
		}
	}
	return f
}

// round rounds the values of a constant to multiples of a step.
func (w *weight) round(step float64) {
	w.step, w.rounded = step, make([]float32, len(w.Floats))
	if w.feedback != nil {
		w.feedback.round(w.Floats, w.rounded, w.Shape[0], step)
		return
	}
	for i, v := range w.Floats {
		w.rounded[i] = nearest(v, step)
	}
}

// feedbackBlock is the number of columns whose errors are spread over the columns that
// follow in one product.
const feedbackBlock = 32

// round rounds the weights of all units (from, to: units×D). It works on columns, so that
// vectors are as long as there are units.
func (f *feedback) round(from, to []float32, units int, step float64) {
	d := len(f.order)
	rest, errs := make([]float32, d*units), make([]float32, feedbackBlock*units)
	f.each(units, func(column, weight int) { rest[column] = from[weight] })
	inverse := 1 / step
	for first := 0; first < d; first += feedbackBlock {
		end := min(first+feedbackBlock, d)
		for i := first; i < end; i++ {
			e := errs[(i-first)*units:][:units]
			column := rest[i*units:][:units]
			for unit, v := range column {
				q := math.RoundToEven(float64(v)*inverse) * step
				column[unit], e[unit] = float32(q), float32(float64(v)-q)
			}
			for j := i + 1; j < end; j++ {
				kernel.Axpy(-f.upper[i*d+j], e, rest[j*units:][:units])
			}
		}
		if end < d {
			kernel.Gemm(true, false, d-end, units, end-first, -1, f.upper[first*d+end:], d, errs, units, 1, rest[end*units:], units)
		}
	}
	f.each(units, func(column, weight int) { to[weight] = rest[column] })
}

// each calls do with the places of each weight among the columns in their order (D×units)
// and among the weights (units×D), for a few units at a time, whose rows stay in the cache.
func (f *feedback) each(units int, do func(column, weight int)) {
	const few = 16
	d := len(f.order)
	for first := 0; first < units; first += few {
		for i, at := range f.order {
			for unit := first; unit < min(first+few, units); unit++ {
				do(i*units+unit, unit*d+at)
			}
		}
	}
}
