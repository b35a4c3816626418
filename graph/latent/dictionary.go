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
	silence     op.Silence
}

// NewDictionary declares the code of activations h (h: B×L). A unit that has been
// kept for no image of so many batches counts as dead.
func NewDictionary(s *graph.Scope, k, deadAfter int, h graph.Value) Dictionary {
	statistic := func(name string, size int) []float32 {
		return s.Statistic(graph.Spec{Name: "code/" + name, Part: "encoder", Shape: []int{size}})
	}
	threshold := op.CodeThreshold{Mean: statistic("threshold", 1), Batches: statistic("threshold_batches", 1), Settled: !s.Training()}
	d := Dictionary{activations: h, silence: op.Silence{Batches: statistic("silent_batches", h.Size()), Limit: deadAfter}}
	d.Code = s.Apply(func(rows *op.Rows, h op.Node, _ ...op.Node) (op.Node, error) {
		z, update, err := op.BatchTopK(code, rows, k, threshold, h)
		if err == nil {
			s.After(update)
			s.After(d.silence.Count(rows, z))
		}
		return z, err
	}, h)
	s.Output(code, d.Code)
	return d
}

// Dead declares the code of dead units alone, the k largest activations of each
// image among them (Gao 2024).
func (d Dictionary) Dead(s *graph.Scope, k int) graph.Value {
	return s.Apply(func(rows *op.Rows, h op.Node, _ ...op.Node) (op.Node, error) {
		return op.DeadUnits("dead units", rows, k, d.silence, h)
	}, d.activations)
}
