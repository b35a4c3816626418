package graph_test

import (
	"math"
	"slices"
	"testing"

	"gaetrain/graph"
)

func TestNotFinite(t *testing.T) {
	t.Parallel()
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, c := range []struct {
		name   string
		logits bool
		spoil  func(p *graph.Parameters, input, target []float32)
		want   string
	}{
		{"nothing", true, func(*graph.Parameters, []float32, []float32) {}, ""},
		{"weights", true, func(p *graph.Parameters, _, _ []float32) {
			values(t, p, "decoder/2/bias")[2] = nan
			values(t, p, "encoder/2/weights")[5] = nan
		}, "encoder/2/weights"},
		{"bias", false, func(p *graph.Parameters, _, _ []float32) { values(t, p, "decoder/2/bias")[19] = inf }, "decoder/2/bias"},
		{"input", true, func(_ *graph.Parameters, input, _ []float32) { input[39] = nan }, "input"},
		{"target", true, func(_ *graph.Parameters, _, target []float32) { target[39] = inf }, "target"},
		{"output of a layer", false, func(p *graph.Parameters, _, _ []float32) {
			fill(values(t, p, "encoder/1/weights"), 1e30)
			fill(values(t, p, "encoder/2/weights"), 1e30)
		}, "encoder/2: affine+linear"},
		{"loss", false, func(p *graph.Parameters, _, _ []float32) { fill(values(t, p, "decoder/2/bias"), 1e25) }, "reconstruction: squared error"},
		{"gradient", true, func(p *graph.Parameters, _, target []float32) {
			for _, parameter := range p.All() {
				clear(parameter.Values())
			}
			fill(values(t, p, "decoder/2/weights"), 3e38) // 20 · ½ of it overflows in dx = dz·Wᵀ
			clear(target)
		}, "decoder/2: affine+linear dx"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := small(t, "linear", c.logits)
			p := parameters(t, 1, a.declare)
			input, target := images(2, 20), images(2, 20)
			c.spoil(p, input, target)
			training := trainingOf(t, p, 2, a.declare)
			run(t, training, 2, map[string][]float32{"input": input, "target": target})
			if got := training.NotFinite(); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// TestNotFiniteLooksAtLiveRows runs a partial batch after a batch with a NaN in
// its last image.
func TestNotFiniteLooksAtLiveRows(t *testing.T) {
	t.Parallel()
	for name, a := range map[string]autoencoder{
		"dense":       small(t, "tanh", true),
		"convolution": spelled(t, image, "conv:3,3,tanh maxpool:2 dense:3", "dense:20,1x4x5 conv:1,3", true),
	} {
		for _, batch := range []int{13, 70} {
			p := parameters(t, 1, a.declare)
			training := trainingOf(t, p, batch, a.declare)
			x := images(batch, 20)
			bad := slices.Clone(x)
			bad[len(bad)-1] = float32(math.NaN())
			run(t, training, batch, map[string][]float32{"input": bad, "target": x})
			if got := training.NotFinite(); got != "input" {
				t.Errorf("%s: %q of a batch with a NaN", name, got)
			}
			for _, rows := range []int{batch - 1, 2} {
				run(t, training, rows, map[string][]float32{"input": bad, "target": x})
				if got := training.NotFinite(); got != "" {
					t.Errorf("%s: %q is not finite in a batch of %d without the NaN", name, got, rows)
				}
			}
		}
	}
}

// TestNotFiniteLooksAtWholeGradients compiles for as many images as a gradient
// has rows, and makes the last row infinite in a batch of one image.
func TestNotFiniteLooksAtWholeGradients(t *testing.T) {
	t.Parallel()
	a := small(t, "linear", true)
	p := parameters(t, 1, a.declare)
	values(t, p, "encoder/1/bias")[12] = 1e30 // input of encoder/2, whose weights are zero
	clear(values(t, p, "encoder/2/weights"))
	fill(values(t, p, "decoder/1/weights"), 1e10)
	fill(values(t, p, "decoder/2/weights"), 1)
	training := trainingOf(t, p, 13, a.declare)
	run(t, training, 1, both(make([]float32, 20)))
	if got, want := training.NotFinite(), "encoder/2: affine+linear backward"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
