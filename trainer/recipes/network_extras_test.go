package recipes

import (
	"context"
	"math"
	"slices"
	"testing"

	"gaetrain/graph"
	"gaetrain/graph/kernel/noise"
	"gaetrain/graph/layer"
	"gaetrain/trainer"
)

// netSpelled is an autoencoder of 1×8×8 images whose layers are given as text.
func netSpelled(t testing.TB, encoder, decoder string) *Plain {
	m := defaultPlain()
	m.EncoderText, m.DecoderText = encoder, decoder
	return place(t, &m, graph.Shape{Channels: 1, Height: 8, Width: 8})
}

const (
	netNormalised = "conv:3,3,s2,batchnorm dense:6,layernorm dropout:0.5 dense:4"
	netDecoded    = "dense:64,batchnorm dropout:0.2 dense:64,1x8x8,linear"
)

// TestBatchStatistics checks the statistics of a batch normalisation. Runs do not change
// them, Advance moves them towards the statistics of the batch, and evaluation uses
// them. Codes do not depend on the other images of the batch.
func TestBatchStatistics(t *testing.T) {
	const rows = 6
	m := netSpelled(t, netNormalised, netDecoded)
	n := newNet(t, 3, m.Declare)
	x := netImages(rows, 64)
	training, evaluation := n.training(rows, m.Declare), n.evaluation(rows, m.Declare, trainer.Code)
	encoding := n.evaluation(4, encodes(m, graph.Shape{Channels: 1, Height: 8, Width: 8}), trainer.Code)
	codes := func() []float32 {
		n.run(evaluation, rows, netBoth(x))
		return slices.Clone(evaluation.Output(trainer.Code))
	}
	before := codes()
	mean, variance := n.values("encoder/1/running_mean"), n.values("encoder/1/running_variance")
	start := slices.Concat(mean, variance)
	n.run(training, rows, netBoth(x))
	evaluation.Advance()
	netSame(t, "statistics after a run", slices.Concat(mean, variance), start)
	netSame(t, "codes after a run", codes(), before)
	training.Advance()

	// The statistics so far are those of the first batch: sums of filters over the image.
	w := n.values("encoder/1/weights")
	for channel := range 3 {
		var sum, squares float64
		for i := range rows {
			for at := range 16 {
				var y float64
				for tap := range 9 {
					row, column := at/4*2+tap/3-1, at%4*2+tap%3-1
					if row >= 0 && row < 8 && column >= 0 && column < 8 {
						y += float64(w[channel*9+tap]) * float64(x[64*i+8*row+column])
					}
				}
				sum += y
				squares += y * y
			}
		}
		count := float64(rows * 16)
		netNear(t, "mean", float64(mean[channel]), sum/count)
		biased := squares/count - math.Pow(sum/count, 2)
		if got := float64(variance[channel]); math.Abs(got-biased) > 1e-4 && math.Abs(got-biased*count/(count-1)) > 1e-4 {
			t.Errorf("variance is %g, want %g, or %g without bias", got, biased, biased*count/(count-1))
		}
	}
	after := codes()
	if slices.Equal(after, before) {
		t.Error("statistics change nothing")
	}
	n.run(encoding, 3, map[string][]float32{trainer.Input: x[64:]})
	netSame(t, "codes of a part", encoding.Output(trainer.Code), after[4:16])

	_, err := graph.Compile(n.Parameters, graph.Options{Batch: 1, Training: true}, m.Declare)
	netMentions(t, err, "a batch of one image")
	n.training(2, m.Declare)
	n.evaluation(1, m.Declare)
}

// TestDropoutOnlyInTraining checks that dropout in training depends on the key alone, and
// that evaluation has no dropout.
func TestDropoutOnlyInTraining(t *testing.T) {
	m := defaultPlain()
	m.Hidden, m.CodeSize, m.Dropout = []int{13, 7}, 3, 0.5
	place(t, &m, netShape)
	n := newNet(t, 3, m.Declare)
	x := netImages(6, 20)
	loss := func(p *graph.Program, key noise.Key) float64 {
		if err := p.Run(context.Background(), graph.Batch{Rows: 6, Inputs: netBoth(x), Key: key}); err != nil {
			t.Fatal(err)
		}
		return p.Mean()
	}
	plain := defaultPlain()
	plain.Hidden, plain.CodeSize = m.Hidden, m.CodeSize
	without := loss(n.evaluation(6, place(t, &plain, netShape).Declare), noise.Key{})
	for _, training := range []bool{true, false} {
		p := n.compile(graph.Options{Batch: 6, Training: training}, m.Declare)
		first := loss(p, noise.Key{Seed: 1, Step: 2})
		if again := loss(p, noise.Key{Seed: 1, Step: 2}); again != first {
			t.Errorf("training %t: the same key gives %g and %g", training, first, again)
		}
		for _, key := range []noise.Key{{Seed: 1, Step: 3}, {Seed: 2, Step: 2}} {
			if (loss(p, key) != first) != training {
				t.Errorf("training %t: another key changes the loss: %t", training, !training)
			}
		}
		if (first != without) != training {
			t.Errorf("training %t: the loss is %g, without dropout %g", training, first, without)
		}
	}
}

// TestUnpooledCodesNeedImages checks that pooled codes can be decoded only together with
// their image.
func TestUnpooledCodesNeedImages(t *testing.T) {
	m := netSpelled(t, "conv:3,3 maxpool:2 conv:4,3,layernorm maxpool:2 dense:5", "dense:16,4x2x2 unpool:2 conv:3,3 unpool:2 conv:1,3,linear")
	netMentions(t, m.Decodable(), "codes cannot be decoded without their images", "hint")
	n := newNet(t, 1, m.Declare)
	_, err := graph.Compile(n.Parameters, graph.Options{Name: "decoding", Batch: 2}, decodes(m))
	netMentions(t, err, "has no pooled images to unpool")
	evaluation := n.evaluation(2, m.Declare, trainer.Reconstruction)
	n.run(evaluation, 2, netBoth(netImages(2, 64)))
	if got := evaluation.NotFinite(); got != "" {
		t.Errorf("%s is not finite", got)
	}
	v := defaultVAE()
	v.EncoderText, v.DecoderText, v.CodeSize = m.EncoderText, m.DecoderText, 5
	netMentions(t, v.Place(trainer.Source{Shape: graph.Shape{Channels: 1, Height: 8, Width: 8}}), "a gaussian code is decoded without an image")
}

// TestTiedGradients checks that the gradient of tied weights is the sum of both uses, by
// finite differences of the loss.
func TestTiedGradients(t *testing.T) {
	const rows, step = 4, 1e-2
	m := netPlain(squaredError)
	m.Tied, m.CodeActivation = true, layer.Tanh
	place(t, m, netShape)
	n := newNet(t, 1, m.Declare)
	if want := []string{"encoder/1/weights", "encoder/1/bias", "encoder/2/weights", "encoder/2/bias", "decoder/1/bias", "decoder/2/bias"}; !slices.Equal(n.names(), want) {
		t.Errorf("%v, want %v", n.names(), want)
	}
	training, inputs := n.training(rows, m.Declare), netBoth(netImages(rows, 20))
	n.run(training, rows, inputs)
	var gradients [][]float32
	for _, g := range training.Gradients() {
		gradients = append(gradients, slices.Clone(g.Values()))
	}
	for i, g := range training.Gradients() {
		scale := 0.0
		for _, v := range gradients[i] {
			scale = max(scale, math.Abs(float64(v)))
		}
		w := g.Parameter.Values()
		for j, old := range w {
			loss := func(v float32) float64 {
				w[j] = v
				n.run(training, rows, inputs)
				return training.Mean()
			}
			slope := (loss(old+step) - loss(old-step)) / (2 * step)
			w[j] = old
			if math.Abs(slope-float64(gradients[i][j])) > 5e-3*scale {
				t.Errorf("gradient of %s[%d] is %g, differences give %g (scale %g)", g.Name, j, gradients[i][j], slope, scale)
			}
		}
	}
}
