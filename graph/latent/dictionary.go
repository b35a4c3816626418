package latent

import (
	"gaetrain/graph"
	"gaetrain/graph/op"
	"gaetrain/graph/trace"
)

// Dictionary is a sparse code of many units (batch top-k, Bussmann, Leask &
// Nanda 2024). In training the B·K largest positive activations of a batch of B
// images are kept, so the number of active units differs between images. In
// evaluation all activations above a bound are kept, so codes do not depend on
// the batch. The bound is the running mean of the smallest activation that was
// kept in training.
type Dictionary struct {
	Code        graph.Value // B×L
	activations graph.Value // B×L
	topK        op.BatchTopK
}

// NewDictionary declares the code of the activations h (B×L), and the output
// "code". A unit is dead if it was kept for no image in more than deadAfter
// consecutive batches.
func NewDictionary(s *graph.Scope, k, deadAfter int, h graph.Value) Dictionary {
	statistic := func(name string, size int) []float32 {
		return s.Statistic(graph.Spec{Name: "code/" + name, Part: "encoder", Shape: []int{size}})
	}
	d := Dictionary{activations: h, topK: op.BatchTopK{
		K: k, Bound: statistic("bound", 1), Batches: statistic("bound_batches", 1), Settled: !s.Training(),
		Silent: statistic("silent_batches", h.Size()), DeadAfter: deadAfter,
	}}
	d.Code = s.Apply(func(rows *op.Rows, h op.Node, _ ...op.Node) (op.Node, error) {
		z, update, err := d.topK.Declare(code, rows, h)
		s.After(update)
		return z, err
	}, h)
	d.Code = s.Traced(d.Code, func(n *trace.Network, in []*trace.Value) *trace.Value {
		return Above(n, max(0, d.topK.Bound[0]), false, in[0])
	}, h)
	s.Output(code, d.Code)
	return d
}

// Dead declares a code of dead units only (B×L): the B·k largest positive
// activations of these units (Gao et al. 2024).
func (d Dictionary) Dead(s *graph.Scope, k int) graph.Value {
	d.topK.K = k
	return s.Apply(func(rows *op.Rows, h op.Node, _ ...op.Node) (op.Node, error) {
		return d.topK.Dead("dead units", rows, h)
	}, d.activations)
}
