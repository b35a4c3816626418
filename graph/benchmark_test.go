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
	for _, batch := range []int{16, 128, 512} {
		b.Run(fmt.Sprintf("batch=%d", batch), func(b *testing.B) { benchmarkSteps(b, a, batch) })
	}
}

func benchmarkSteps(b *testing.B, a graph.Architecture, batch int) {
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
	seconds := b.Elapsed().Seconds() / float64(b.N)
	b.ReportMetric(seconds*1e3, "ms/step")
	b.ReportMetric(float64(batch)/seconds, "images/s")
	b.ReportMetric(a.FLOPs(batch, 1)/seconds/1e9, "GFLOP/s")
}

// BenchmarkConvolutionalStep measures whole training steps of convolutional
// autoencoders: 1→16→32 with strides, and back through enlarged images, and
// 1→16→32→64 and back through transposed convolutions.
func BenchmarkConvolutionalStep(b *testing.B) {
	for name, texts := range map[string][2]string{
		"enlarged":   {"conv:16,3,s2 conv:32,3,s2", "up:2 conv:16,3 up:2 conv:1,3,linear"},
		"transposed": {"conv:16,3,s2 conv:32,3,s2 conv:64,7,p0", "transposed:32,7,p0 transposed:16,3,s2,o1 transposed:1,3,s2,o1,linear"},
	} {
		a := graph.Architecture{Input: graph.Shape{Channels: 1, Height: 28, Width: 28}}
		like := graph.Layer{Activation: kernel.ReLU, Initialiser: graph.HeUniform}
		var err error
		if a.Encoder, err = graph.ParseLayers(texts[0], like, like); err != nil {
			b.Fatal(err)
		}
		if a.Decoder, err = graph.ParseLayers(texts[1], like, like); err != nil {
			b.Fatal(err)
		}
		for _, batch := range []int{16, 128, 512} {
			b.Run(fmt.Sprintf("%s/batch=%d", name, batch), func(b *testing.B) { benchmarkSteps(b, a, batch) })
		}
	}
}
