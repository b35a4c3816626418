package export

import (
	"cmp"
	"context"
	"math"
	"slices"
	"sync"

	"gonum.org/v1/gonum/mat"

	"gaetrain/graph/trace"
)

// feedback rounds the weights of a dense layer column by column. The error of each column
// is made up for by the columns that follow, as far as the inputs x of the layer are
// correlated (GPTQ: Frantar et al., ICLR 2023): with H = E[x·xᵀ], it reduces the error
// tr(Δ·H·Δᵀ) of the sums.
type feedback struct {
	order []int       // of the columns: those with the largest inputs first
	upper [][]float64 // row i of the upper triangular U with UᵀU = H⁻¹, divided by its diagonal
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
	if len(rows) == 0 {
		return nil
	}
	inputs := make(map[*trace.Tensor]*mat.Dense)
	for t := range places {
		if uses[t] > 1 {
			delete(places, t)
			continue
		}
		inputs[t] = mat.NewDense(len(rows), t.Shape[1], nil)
	}
	if len(places) == 0 {
		return nil
	}
	err := together(ctx, len(rows), func(i int) error {
		_, err := r.program.Run(rows[i], func(node trace.Node, in [][]float32) {
			if node.Kind != "Gemm" || node.In[1].Constant == nil || inputs[node.In[1].Constant] == nil {
				return
			}
			to := inputs[node.In[1].Constant].RawRowView(i)
			for k, v := range in[0] {
				to[k] = float64(v)
			}
		})
		return err
	})
	for t, w := range places {
		if err == nil {
			err = context.Cause(ctx)
		}
		if err == nil {
			r.weights[w].feedback = newFeedback(inputs[t])
		}
	}
	return err
}

// newFeedback returns the feedback for the inputs of a layer (x: N×D); nil if it has none.
func newFeedback(x *mat.Dense) *feedback {
	n, d := x.Dims()
	var h mat.SymDense
	h.SymOuterK(1/float64(n), x.T())
	trace := mat.Trace(&h)
	if !(trace > 0) || math.IsInf(trace, 0) {
		return nil
	}
	f := &feedback{order: make([]int, d)}
	for i := range f.order {
		f.order[i] = i
	}
	slices.SortStableFunc(f.order, func(a, b int) int { return cmp.Compare(h.At(b, b), h.At(a, a)) })
	sorted := mat.NewSymDense(d, nil)
	for i, from := range f.order {
		for j := i; j < d; j++ {
			sorted.SetSym(i, j, h.At(from, f.order[j]))
		}
		sorted.SetSym(i, i, sorted.At(i, i)+ridge*trace/float64(d))
	}
	var chol mat.Cholesky
	var inverse mat.SymDense
	if !chol.Factorize(sorted) || chol.InverseTo(&inverse) != nil || !chol.Factorize(&inverse) {
		return nil
	}
	var u mat.TriDense
	chol.UTo(&u)
	for i := range d {
		row := make([]float64, d)
		for j := i; j < d; j++ {
			row[j] = u.At(i, j) / u.At(i, i)
		}
		f.upper = append(f.upper, row)
	}
	return f
}

// round rounds the values of a constant to multiples of a step.
func (w *weight) round(step float64) {
	w.step, w.rounded = step, make([]float32, len(w.Floats))
	if w.feedback == nil {
		for i, v := range w.Floats {
			w.rounded[i] = nearest(v, step)
		}
		return
	}
	width := w.Shape[1]
	var group sync.WaitGroup
	for _, half := range [][2]int{{0, w.Shape[0] / 2}, {w.Shape[0] / 2, w.Shape[0]}} {
		group.Go(func() {
			rest := make([]float64, width)
			for unit := half[0]; unit < half[1]; unit++ {
				w.feedback.round(w.Floats[unit*width:][:width], w.rounded[unit*width:][:width], rest, step)
			}
		})
	}
	group.Wait()
}

// round rounds the weights of one unit. rest is memory for as many numbers.
func (f *feedback) round(from, to []float32, rest []float64, step float64) {
	for i, at := range f.order {
		rest[i] = float64(from[at])
	}
	for i, at := range f.order {
		to[at] = float32(math.RoundToEven(rest[i]/step) * step)
		e, row := rest[i]-float64(to[at]), f.upper[i]
		for j := i + 1; j < len(row); j++ {
			rest[j] -= e * row[j]
		}
	}
}
