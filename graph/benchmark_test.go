package graph_test

import (
	"fmt"
	"testing"

	"gaetrain/graph"
)

// BenchmarkTrainingStep measures training steps (forward, backward and Adam) of
// a dense autoencoder 784-512-64-512-784.
func BenchmarkTrainingStep(b *testing.B) {
	a := spelled(b, graph.Shape{Channels: 1, Height: 28, Width: 28}, "dense:512 dense:64", "dense:512 dense:784,1x28x28", true)
	for _, batch := range []int{16, 128, 512} {
		b.Run(fmt.Sprintf("batch=%d", batch), func(b *testing.B) { benchmarkSteps(b, a, batch) })
	}
}

func benchmarkSteps(b *testing.B, a autoencoder, batch int) {
	x := both(images(batch, a.encoder.In().Size()))
	training := trainingOf(b, parameters(b, 1, a.declare), batch, a.declare)
	var solver adam
	step := func() {
		run(b, training, batch, x)
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
	b.ReportMetric(training.FLOPs()/seconds/1e9, "GFLOP/s")
}

// BenchmarkConvolutionalStep measures training steps of two convolutional
// autoencoders. One has channels 1→16→32 with strides and a decoder that
// repeats pixels. The other has 1→16→32→64 and a decoder of transposed
// convolutions.
func BenchmarkConvolutionalStep(b *testing.B) {
	for name, texts := range map[string][2]string{
		"enlarged":   {"conv:16,3,s2 conv:32,3,s2,relu", "up:2 conv:16,3 up:2 conv:1,3"},
		"transposed": {"conv:16,3,s2 conv:32,3,s2 conv:64,7,p0,relu", "transposed:32,7,p0 transposed:16,3,s2,o1 transposed:1,3,s2,o1"},
	} {
		a := spelled(b, graph.Shape{Channels: 1, Height: 28, Width: 28}, texts[0], texts[1], true)
		for _, batch := range []int{16, 128, 512} {
			b.Run(fmt.Sprintf("%s/batch=%d", name, batch), func(b *testing.B) { benchmarkSteps(b, a, batch) })
		}
	}
}
