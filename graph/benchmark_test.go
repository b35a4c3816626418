package graph_test

import (
	"fmt"
	"testing"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
)

// BenchmarkTrainingStep measures whole training steps, forward, backward and
// Adam, of a dense autoencoder 784-512-64-512-784.
func BenchmarkTrainingStep(b *testing.B) {
	a := fullyConnected(graph.Shape{Channels: 1, Height: 28, Width: 28}, []int{512}, 64, kernel.ReLU, kernel.Linear, kernel.Linear, graph.GlorotUniform)
	weights := a.Input.Size()*512 + 512*64 + 64*512 + 512*a.Input.Size()
	for _, batch := range []int{16, 128, 512} {
		b.Run(fmt.Sprintf("batch=%d", batch), func(b *testing.B) {
			x := images(batch, a.Input.Size())
			training := compile(b, a, graph.Objective{Reconstruction: graph.CrossEntropy}, parameters(b, a, 1), graph.Training, batch)
			var solver adam
			step := func() {
				run(b, training, batch, x, x)
				solver.descend(training)
			}
			step()
			b.ReportAllocs()
			for b.Loop() {
				step()
			}
			// Forward, dW and dx each take 2 operations per weight and image; the input needs no dx.
			operations := float64(batch) * (6*float64(weights) - 2*784*512)
			seconds := b.Elapsed().Seconds() / float64(b.N)
			b.ReportMetric(seconds*1e3, "ms/step")
			b.ReportMetric(float64(batch)/seconds, "images/s")
			b.ReportMetric(operations/seconds/1e9, "GFLOP/s")
		})
	}
}
