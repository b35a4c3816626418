package graph_test

import (
	"math"
	"slices"
	"testing"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
)

// deep is a dense autoencoder 20-13-7-3-7-13-20 of sigmoid units.
func deep(tied bool) graph.Architecture {
	a := fullyConnected(graph.Shape{Channels: 1, Height: 4, Width: 5}, []int{13, 7}, 3, kernel.Sigmoid, kernel.Sigmoid, kernel.Sigmoid, graph.GlorotUniform)
	a.Tied = tied
	return a
}

func names(p *graph.Parameters) (names []string) {
	for _, parameter := range p.All() {
		names = append(names, parameter.Name)
	}
	return names
}

func TestPartsHaveTheNamesOfTheWhole(t *testing.T) {
	for _, test := range []struct {
		name string
		part graph.Architecture
		want []string
	}{
		{"outer", deep(false).Outer(1), []string{"encoder/1/weights", "encoder/1/bias", "decoder/3/weights", "decoder/3/bias"}},
		{"middle", deep(false).Outer(2).Inner(1), []string{"encoder/2/weights", "encoder/2/bias", "decoder/2/weights", "decoder/2/bias"}},
		{"inner", deep(false).Inner(2), []string{"encoder/3/weights", "encoder/3/bias", "decoder/1/weights", "decoder/1/bias"}},
		{"tied", deep(true).Outer(2).Inner(1), []string{"encoder/2/weights", "encoder/2/bias", "decoder/2/bias"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := names(parameters(t, test.part, 1)); !slices.Equal(got, test.want) {
				t.Errorf("%v, want %v", got, test.want)
			}
			whole := parameters(t, deep(test.part.Tied), 1)
			before := len(whole.All())
			if err := whole.Extend(test.part, graph.Objective{}, 2); err != nil || len(whole.All()) != before {
				t.Errorf("the whole has %d parameters of %d with the part's: %v", before, len(whole.All()), err)
			}
		})
	}
}

// TestPartsInSequence composes the whole of its parts.
func TestPartsInSequence(t *testing.T) {
	const rows = 4
	for _, tied := range []bool{false, true} {
		a, o := deep(tied), graph.Objective{Reconstruction: graph.SquaredError}
		p := parameters(t, a, 5)
		input := images(rows, 20)
		whole := compile(t, a, o, p, graph.Evaluation, rows)
		run(t, whole, rows, input, input)

		below := compile(t, a.Outer(1), o, p, graph.Encoding, rows)
		run(t, below, rows, input, nil)
		inner := compile(t, a.Inner(1), o, p, graph.Evaluation, rows)
		run(t, inner, rows, below.Codes(), below.Codes())
		same(t, "code", inner.Codes(), whole.Codes())
		above := compile(t, a.Outer(1), o, p, graph.Decoding, rows)
		run(t, above, rows, inner.Reconstructions(), nil)
		same(t, "reconstruction", above.Reconstructions(), whole.Reconstructions())
	}
}

func TestExtendRefusesAnotherShape(t *testing.T) {
	p := parameters(t, small(kernel.Tanh), 1)
	mentions(t, p.Extend(deep(false), graph.Objective{}, 1), "encoder/2/weights", "[13 7]", "[13 3]")
}

// classifier is an encoder with a softmax layer of three classes.
func classifier() graph.Architecture {
	a := small(kernel.Tanh)
	a.Decoder, a.Classifier = nil, []graph.Layer{{Units: 3, Initialiser: graph.GlorotUniform}}
	return a
}

func TestClassifier(t *testing.T) {
	const rows = 6
	for _, below := range []int{0, 2} {
		a := classifier().Inner(below)
		p := parameters(t, a, 1)
		input := images(rows, a.Input.Size())
		labels := []uint8{0, 1, 2, 2, 1, 0}
		training := compile(t, a, graph.Objective{}, p, graph.Training, rows)
		var first, last float64
		var solver adam
		for range 400 {
			if err := training.Run(graph.Batch{Rows: rows, Input: input, Labels: labels}); err != nil {
				t.Fatal(err)
			}
			if first == 0 {
				first = training.Mean()
			}
			last = training.Mean()
			solver.descend(training)
		}
		if last > 0.9*first {
			t.Errorf("below %d: loss from %g to %g, want less than 0.9 of it", below, first, last)
		}
		evaluation := compile(t, a, graph.Objective{}, p, graph.Evaluation, rows)
		if err := evaluation.Run(graph.Batch{Rows: 2, Input: input, Labels: labels}); err != nil {
			t.Fatal(err)
		}
		for i, wrong := range evaluation.Terms[0].SquaredPerImage() {
			scores := evaluation.Scores()[3*i : 3*i+3]
			if got := slices.Index(scores, slices.Max(scores)) != int(labels[i]); got != (wrong == 1) {
				t.Errorf("image %d of scores %v is wrong: %t, the program says %g", i, scores, got, wrong)
			}
			near(t, "likelihood", float64(evaluation.Terms[0].PerImage()[i]), -math.Log(softmax(scores)[labels[i]]))
		}
	}
}

func softmax(scores []float32) []float64 {
	p := make([]float64, len(scores))
	var sum float64
	for i, v := range scores {
		p[i] = math.Exp(float64(v))
		sum += p[i]
	}
	for i := range p {
		p[i] /= sum
	}
	return p
}

func TestClassifierErrors(t *testing.T) {
	a := classifier()
	p := parameters(t, a, 1)
	program := compile(t, a, graph.Objective{}, p, graph.Evaluation, 2)
	input := images(2, 20)
	mentions(t, program.Run(graph.Batch{Rows: 2, Input: input, Labels: []uint8{1}}), "1 labels for 2 images")
	mentions(t, program.Run(graph.Batch{Rows: 2, Input: input, Labels: []uint8{1, 3}}), "label 3 of 3 classes")
	_, err := graph.Compile(a, graph.Objective{}, p, graph.Decoding, 2)
	mentions(t, err, "no decoder")
	a.Decoder = small(kernel.Tanh).Decoder
	mentions(t, a.Validate(), "1 classifier and 2 decoder layers")
}
