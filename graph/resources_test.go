package graph_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"gaetrain/graph"
)

// TestConcurrentPrograms runs two programs with shared parameters at the same
// time.
func TestConcurrentPrograms(t *testing.T) {
	t.Parallel()
	a := small(t, "selu", true)
	p := parameters(t, 1, a.declare)
	x := images(64, 20)
	want := evaluationOf(t, p, 64, a.declare)
	run(t, want, 64, both(x))
	var programs []*graph.Program
	for _, batch := range []int{3, 16} {
		programs = append(programs, evaluationOf(t, p, batch, a.declare))
	}
	var group sync.WaitGroup
	for _, program := range programs {
		group.Go(func() {
			for i := range 100 {
				if err := program.Run(context.Background(), graph.Batch{Rows: 3, Inputs: both(x[i%60*20:])}); err != nil {
					t.Error(err)
					return
				}
				if got := program.Terms()[0].PerImage()[0]; got != want.Terms()[0].PerImage()[i%60] {
					t.Errorf("loss of image %d is %g, want %g", i%60, got, want.Terms()[0].PerImage()[i%60])
					return
				}
			}
		})
	}
	group.Wait()
}

// TestThreads trains with one thread and with more. The results must be equal.
func TestThreads(t *testing.T) { eachPath(t, testThreads) }

func testThreads(t *testing.T) {
	a := spelled(t, graph.Shape{Channels: 1, Height: 14, Width: 14}, "dense:96,sigmoid dense:16", "dense:96,sigmoid dense:196,1x14x14", true)
	x := both(images(64, 196))
	train := func(threads int) *graph.Parameters {
		setThreads(t, threads)
		p := parameters(t, 1, a.declare)
		training := trainingOf(t, p, 64, a.declare)
		var solver adam
		for range 5 {
			run(t, training, 64, x)
			solver.descend(training)
		}
		return p
	}
	want := train(1)
	for _, threads := range []int{2, 3} {
		for i, got := range train(threads).All() {
			same(t, fmt.Sprintf("%s with %d threads", got.Name, threads), got.Values(), want.All()[i].Values())
		}
	}
}

// TestAllocations bounds the bytes that a run allocates. They must not grow
// with the batch, whether it is whole, partial, or in a buffer that is too
// short.
func TestAllocations(t *testing.T) {
	a := small(t, "relu", true)
	training := trainingOf(t, parameters(t, 1, a.declare), 256, a.declare)
	x := images(256, 20)
	for _, c := range []struct {
		name        string
		rows, holds int
	}{{"a whole batch", 256, 256}, {"a partial batch", 100, 256}, {"a short buffer", 100, 100}} {
		inputs := both(x[:c.holds*20])
		if got := bytesPerRun(func() { run(t, training, c.rows, inputs) }); got > 4096 {
			t.Errorf("%s: %d bytes a run", c.name, got)
		}
	}
}

// TestLayersAllocateLittle checks that a run of many layers allocates little
// more than the machine itself.
func TestLayersAllocateLittle(t *testing.T) {
	setThreads(t, 2)
	const rows = 16
	shape := graph.Shape{Channels: 1, Height: 8, Width: 8}
	bytes := func(encoder, decoder string) uint64 {
		a := spelled(t, shape, encoder, decoder, true)
		training := trainingOf(t, parameters(t, 1, a.declare), rows, a.declare)
		inputs := both(images(rows, 64))
		return bytesPerRun(func() { run(t, training, rows, inputs); training.Advance() })
	}
	if got := bytes("conv:4,3,s2 conv:5,3,s2 dense:4", "dense:20,5x2x2 transposed:4,4,s2 transposed:1,4,s2"); got > 4700 {
		t.Errorf("convolutions: %d bytes a run", got)
	}
	plain := bytes("conv:3,3,s2 dense:6 dense:4", "dense:64 dense:64,1x8x8")
	if got := bytes("conv:3,3,s2,batchnorm dense:6,layernorm dropout:0.5 dense:4", "dense:64,batchnorm dropout:0.2 dense:64,1x8x8"); got > plain+2000 {
		t.Errorf("normalisation and dropout: %d bytes a run, without them %d", got, plain)
	}
}

// TestFLOPs compares the number of operations with a count by hand. Evaluation
// has one product per layer. Training has three, but two for the first layer,
// whose input needs no gradient, and two for a frozen layer, whose weights need
// none.
func TestFLOPs(t *testing.T) {
	t.Parallel()
	const batch = 6
	const first, second, third, fourth = 2 * 20 * 13, 2 * 13 * 3, 2 * 3 * 13, 2 * 13 * 20 // of one image
	a := small(t, "relu", false)
	p := parameters(t, 1, a.declare)
	frozenDecoder := func(s *graph.Scope) {
		x := s.Input("input", graph.Data, image)
		s.Minimise(graph.Sum(squaredError(s, a.decoder.On(s.Frozen(), a.encoder.On(s, x)), x)))
	}
	frozenEncoder := func(s *graph.Scope) {
		x := s.Input("input", graph.Data, image)
		s.Minimise(graph.Sum(squaredError(s, a.decoder.On(s, a.encoder.On(s.Frozen(), x)), x)))
	}
	variable := func(s *graph.Scope) {
		x := s.Variable("input", image)
		s.Minimise(graph.Sum(squaredError(s, a.decoder.On(s, a.encoder.On(s, x)), x)))
	}
	conv := spelled(t, image, "conv:3,3,s2", "dense:20,1x4x5", false) // 1×4×5 to 3×2×3
	q := parameters(t, 1, conv.declare)
	const taps = (2 + 3) * (2 + 3 + 2) // positions inside the image, summed along height and width
	const filters, out = 2 * 3 * taps, 2 * 18 * 20
	for _, c := range []struct {
		name     string
		p        *graph.Parameters
		training bool
		declare  graph.Declaration
		want     float64 // of one image
	}{
		{"evaluation", p, false, a.declare, first + second + third + fourth},
		{"training", p, true, a.declare, 2*first + 3*second + 3*third + 3*fourth},
		{"frozen decoder", p, true, frozenDecoder, 2*first + 3*second + 2*third + 2*fourth},
		{"frozen encoder", p, true, frozenEncoder, first + 2*second + 3*third + 3*fourth},
		{"variable", p, true, variable, 3*first + 3*second + 3*third + 3*fourth},
		{"convolution, evaluation", q, false, conv.declare, filters + out},
		{"convolution, training", q, true, conv.declare, 2*filters + 3*out},
	} {
		program := compile(t, c.p, graph.Options{Batch: batch, Training: c.training}, c.declare)
		if got := program.FLOPs(); got != batch*c.want {
			t.Errorf("%s: %g operations, want %g", c.name, got, batch*c.want)
		}
	}
}
