package recipes

import (
	"fmt"
	"slices"
	"testing"

	"gaetrain/graph/layer"
	"gaetrain/trainer"
)

// TestEMA moves the weights of a generator. In evaluation it uses their average, which
// moves only when training advances.
func TestEMA(t *testing.T) {
	const rows = 2
	m := netGAN(t, nil)
	n := newGAN(t, m)
	noise := map[string][]float32{trainer.Noise: netNormals(rows*3, 1), trainer.Code: netNormals(rows*3, 1)}
	training, decoder := n.training(rows, m.Declare, trainer.Reconstruction), n.evaluation(rows, decodes(m), trainer.Reconstruction)
	n.run(training, rows, noise)
	n.run(decoder, rows, noise)
	netSame(t, "image", decoder.Output(trainer.Reconstruction), training.Output(trainer.Reconstruction)) // at first
	bias, mean := n.values("decoder/2/bias"), n.values("average/decoder/2/bias")
	for i := range bias {
		bias[i] = 1
	}
	for step, want := range []float64{0.9, 0.9 + 0.1*(1-2.0/11)} { // decays of 1/10 and 2/11, at most 1/2
		n.run(training, rows, noise)
		before := mean[0]
		n.run(decoder, rows, noise)
		decoder.Advance()
		if mean[0] != before {
			t.Fatal("a run moved the average")
		}
		training.Advance()
		netNear(t, fmt.Sprintf("average after step %d", step+1), float64(mean[0]), want)
	}
	n.run(decoder, rows, noise)
	first := slices.Clone(decoder.Output(trainer.Reconstruction))
	for i := range bias {
		bias[i] = -5
	}
	n.run(decoder, rows, noise)
	netSame(t, "image", decoder.Output(trainer.Reconstruction), first)
	before := slices.Clone(training.Output(trainer.Reconstruction))
	n.run(training, rows, noise)
	if slices.Equal(training.Output(trainer.Reconstruction), before) {
		t.Error("training does not use the weights themselves")
	}
	only(t, training, "decoder", 4)
	if got, want := n.Count(), 3*13+13+13*20+20+20*13+13+13+1; got != want {
		t.Errorf("%d trainable numbers, want %d", got, want)
	}
	for range 30 {
		training.Advance()
	}
	for i, v := range mean { // a decay of 1/2 at most
		netNear(t, "average", float64(v), float64(bias[i]))
	}
}

// TestStatisticsOfAverages checks that the running mean of a batch normalisation is that
// of the averaged weights, which make the samples, and not that of the weights.
func TestStatisticsOfAverages(t *testing.T) {
	const rows, hidden = 8, 13
	for _, decay := range []float64{0, 0.5} {
		m := netGAN(t, func(m *gan) { m.EMA.Decay, m.Normalisation = decay, layer.BatchNorm })
		n := newGAN(t, m)
		z := netNormals(rows*3, 1)
		training := n.training(rows, m.Declare, trainer.Reconstruction)
		used := n.values("decoder/1/weights")
		if decay > 0 {
			used = slices.Clone(n.values("average/decoder/1/weights"))
			for i := range n.values("decoder/1/weights") {
				n.values("decoder/1/weights")[i] *= 3
			}
		}
		n.run(training, rows, map[string][]float32{trainer.Noise: z})
		training.Advance()
		for j := range hidden {
			var want float64
			for i, v := range z {
				want += float64(v) * float64(used[i%3*hidden+j]) / rows
			}
			netNear(t, fmt.Sprintf("running mean with decay %g", decay), float64(n.values("decoder/1/running_mean")[j]), want)
		}
		if got := n.values("decoder/1/running_batches")[0]; got != 1 {
			t.Errorf("%g batches are counted", got)
		}
		only(t, training, "decoder", 5)
	}
}
