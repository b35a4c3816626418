package recipes

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"gaetrain/graph"
	"gaetrain/trainer"
)

// netStacked is an autoencoder 20-13-7-3-7-13-20 of sigmoid units.
func netStacked(t testing.TB, tied bool) *stacked {
	m := stackedRecipe.New().(*stacked)
	m.Hidden, m.CodeSize, m.Tied, m.Reconstruction.Loss = []int{13, 7}, 3, tied, squaredError
	return place(t, m, netShape)
}

// TestPartsHaveTheNamesOfTheWhole declares parts of a model over its parameters.
func TestPartsHaveTheNamesOfTheWhole(t *testing.T) {
	for _, test := range []struct {
		name string
		part func(m *stacked) *Plain
		tied bool
		want []string
	}{
		{"outer", func(m *stacked) *Plain { return m.outer(1) }, false, []string{"encoder/1/weights", "encoder/1/bias", "decoder/3/weights", "decoder/3/bias"}},
		{"middle", func(m *stacked) *Plain { return m.outer(2).innermost(2) }, false, []string{"encoder/2/weights", "encoder/2/bias", "decoder/2/weights", "decoder/2/bias"}},
		{"inner", func(m *stacked) *Plain { return m.outer(3).innermost(3) }, false, []string{"encoder/3/weights", "encoder/3/bias", "decoder/1/weights", "decoder/1/bias"}},
		{"tied", func(m *stacked) *Plain { return m.outer(2).innermost(2) }, true, []string{"encoder/2/weights", "encoder/2/bias", "decoder/2/bias"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := netStacked(t, test.tied)
			n := newNet(t, 1, test.part(m).Declare)
			if got := n.names(); !slices.Equal(got, test.want) {
				t.Errorf("%v, want %v", got, test.want)
			}
			whole, both := newNet(t, 1, m.Declare), newNet(t, 1, m.Declare, test.part(m).Declare)
			if !slices.Equal(both.names(), whole.names()) {
				t.Errorf("the whole has %v, with the part's %v", whole.names(), both.names())
			}
			if got := netMoved(both.training(2, test.part(m).Declare)); !slices.Equal(got, test.want) {
				t.Errorf("training of the part moves %v", got)
			}
		})
	}
}

// TestPartsInSequence composes the whole model from its parts: the first layer, all other
// layers, and the layer that mirrors the first one.
func TestPartsInSequence(t *testing.T) {
	const rows = 4
	for _, tied := range []bool{false, true} {
		m := netStacked(t, tied)
		n := newNet(t, 5, m.Declare)
		x := netImages(rows, 20)
		whole := n.evaluation(rows, m.Declare, trainer.Code, trainer.Reconstruction)
		n.run(whole, rows, netBoth(x))

		below := n.evaluation(rows, encodes(m.outer(1), netShape), trainer.Code)
		n.run(below, rows, netBoth(x))
		h := slices.Clone(below.Output(trainer.Code))
		first := n.evaluation(rows, func(s *graph.Scope) {
			s.Output(trainer.Code, m.First(s, 1, s.Input(trainer.Input, graph.Data, netShape)))
		}, trainer.Code)
		n.run(first, rows, netBoth(x))
		netSame(t, "first layer", first.Output(trainer.Code), h)
		rest := n.evaluation(rows, func(s *graph.Scope) {
			m.From(s, 1, s.Input(trainer.Input, graph.Data, m.LayerShape(1)))
		}, trainer.Code)
		n.run(rest, rows, netBoth(h))
		netSame(t, "code", rest.Output(trainer.Code), whole.Output(trainer.Code))

		decoder := n.evaluation(rows, decodes(m), trainer.Reconstruction)
		n.run(decoder, rows, map[string][]float32{trainer.Code: whole.Output(trainer.Code)})
		netSame(t, "reconstruction", decoder.Output(trainer.Reconstruction), whole.Output(trainer.Reconstruction))
		inner := n.evaluation(rows, decodes(&Plain{Autoencoder: Autoencoder{EncoderDecoder: EncoderDecoder{
			encoder: m.encoder, decoder: m.decoder.First(2), shape: m.shape,
		}, Reconstruction: m.Reconstruction}}), trainer.Reconstruction)
		n.run(inner, rows, map[string][]float32{trainer.Code: whole.Output(trainer.Code)})
		outer := n.evaluation(rows, decodes(m.outer(1)), trainer.Reconstruction)
		n.run(outer, rows, map[string][]float32{trainer.Code: inner.Output(trainer.Reconstruction)})
		netSame(t, "reconstruction of parts", outer.Output(trainer.Reconstruction), whole.Output(trainer.Reconstruction))
	}
}

// netClassifier is a classifier of three classes on a dense encoder.
func netClassifier(t testing.TB, widths ...int) *classifier {
	t.Helper()
	m := &classifier{EncoderLRScale: 1, Widths: widths}
	if err := m.SetEncoder(netPlain(crossEntropy)); err != nil {
		t.Fatal(err)
	}
	return place(t, m, netShape)
}

// TestClassifierLearns trains a classifier on images, and one on codes from the encoder.
// It compares the figures of evaluation with the logits.
func TestClassifierLearns(t *testing.T) {
	const rows = 6
	for _, below := range []int{0, 1, 2} {
		m := netClassifier(t)
		var network trainer.Network = m
		size := 20
		if below > 0 {
			network, size = above{m, below}, prefix{m.encoder, below}.CodeShape().Size()
		}
		n := newNet(t, 1, network.Declare)
		inputs := map[string][]float32{trainer.Input: netNormals(rows*size, 2), trainer.Labels: {0, 1, 2, 2, 1, 0}}
		training := n.training(rows, network.Declare)
		moved := netMoved(training)
		if slices.Contains(moved, "encoder/1/weights") != (below == 0) || slices.Contains(moved, "encoder/2/weights") != (below < 2) || !slices.Contains(moved, "classifier/1/weights") {
			t.Errorf("below %d: training moves %v", below, moved)
		}
		n.run(training, rows, inputs)
		first := training.Mean()
		for range 300 {
			n.run(training, rows, inputs)
			descend(training, 0.05)
		}
		if last := training.Mean(); last > 0.7*first {
			t.Errorf("below %d: loss from %g to %g, want less than 0.7 of it", below, first, last)
		}
		evaluation := n.evaluation(rows, network.Declare, trainer.Logits, trainer.Features)
		n.run(evaluation, 4, inputs)
		for i, wrong := range evaluation.Terms()[0].SquaredPerImage() {
			scores := evaluation.Output(trainer.Logits)[3*i : 3*i+3]
			label := int(inputs[trainer.Labels][i])
			if got := slices.Index(scores, slices.Max(scores)) != label; got != (wrong == 1) {
				t.Errorf("image %d of scores %v is wrong: %t, the program gives %g", i, scores, got, wrong)
			}
			var sum float64
			for _, z := range scores {
				sum += math.Exp(float64(z))
			}
			netNear(t, "cross-entropy", float64(evaluation.Terms()[0].PerImage()[i]), math.Log(sum)-float64(scores[label]))
		}
		inputs[trainer.Labels][1] = 3
		netMentions(t, evaluation.Run(context.Background(), graph.Batch{Rows: 2, Inputs: inputs}), "labels has 3", "0 to 2")
	}
}

// TestFeaturesLeadToLogits checks that a program without labels gives the logits of
// evaluation, and features from which the last layer computes these logits.
func TestFeaturesLeadToLogits(t *testing.T) {
	const rows = 3
	for _, widths := range [][]int{nil, {5}} {
		m := netClassifier(t, widths...)
		n := newNet(t, 1, m.Declare)
		inputs := map[string][]float32{trainer.Input: netImages(rows, 20), trainer.Labels: {0, 1, 2}}
		evaluation := n.evaluation(rows, m.Declare, trainer.Logits)
		n.run(evaluation, rows, inputs)
		classification := n.evaluation(rows, func(s *graph.Scope) {
			features, logits := m.Classify(s, s.Input(trainer.Input, graph.Data, netShape))
			s.Output(trainer.Features, features)
			s.Output(trainer.Logits, logits)
		}, trainer.Features, trainer.Logits)
		delete(inputs, trainer.Labels)
		n.run(classification, rows, inputs)
		netSame(t, "logits", classification.Output(trainer.Logits), evaluation.Output(trainer.Logits))
		name, features := "classifier/1", 3
		if widths != nil {
			name, features = "classifier/2", 5
		}
		weights, bias := n.values(name+"/weights"), n.values(name+"/bias")
		for i := range rows {
			for class := range 3 {
				want := float64(bias[class])
				for f, v := range classification.Output(trainer.Features)[features*i : features*(i+1)] {
					want += float64(v) * float64(weights[3*f+class])
				}
				netNear(t, "logit", float64(classification.Output(trainer.Logits)[3*i+class]), want)
			}
		}
		for _, p := range n.All() {
			if strings.HasPrefix(p.Name, "classifier/") != (p.Part == "classifier") {
				t.Errorf("%s is of part %s", p.Name, p.Part)
			}
		}
	}
}

// TestTrailingDropout checks that a part that reconstructs codes omits the dropout after
// a mirrored layer.
func TestTrailingDropout(t *testing.T) {
	m := stackedRecipe.New().(*stacked)
	m.Hidden, m.CodeSize, m.Dropout = []int{13}, 3, 0.5
	place(t, m, netShape)
	part := m.outer(2).innermost(2)
	n := newNet(t, 1, part.Declare)
	training := n.training(4, part.Declare)
	inputs := netBoth(netImages(4, 13))
	n.run(training, 4, inputs)
	first := training.Mean()
	for step := range uint64(3) {
		b := graph.Batch{Rows: 4, Inputs: inputs}
		b.Key.Step = step
		if err := training.Run(t.Context(), b); err != nil {
			t.Fatal(err)
		}
		if training.Mean() != first {
			t.Error("the loss depends on the random key")
		}
	}
}
