package latent

import (
	"gaetrain/graph"
	"gaetrain/graph/op"
)

// Dictionary is a sparse code over many units: of a batch of B images, the B·K
// largest positive activations are kept, so that an image may use more units than
// another (batch top-k, Bussmann 2024). Once training is over, activations above
// the running mean of the smallest one that was kept are kept, so that no code
// depends on its batch.
type Dictionary struct {
	Code        graph.Value // B×L
	activations graph.Value // B×L
	topK        op.BatchTopK
}

// NewDictionary declares the code of activations h (h: B×L). A unit that has been
// kept for no image of more than deadAfter batches counts as dead.
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
	s.Output(code, d.Code)
	return d
}

// Dead declares the code of dead units alone: the B·k largest activations among
// theirs (Gao 2024).
func (d Dictionary) Dead(s *graph.Scope, k int) graph.Value {
	d.topK.K = k
	return s.Apply(func(rows *op.Rows, h op.Node, _ ...op.Node) (op.Node, error) {
		return d.topK.Dead("dead units", rows, h)
	}, d.activations)
}
