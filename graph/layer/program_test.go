package layer_test

import (
	"slices"
	"strings"
	"testing"

	"gaetrain/graph"
	"gaetrain/graph/layer"
)

const normalised = "conv:3,3,s2,batchnorm dense:6,layernorm dropout:0.5 dense:4"

// TestParameters lists the parameters of layers in order.
func TestParameters(t *testing.T) {
	t.Parallel()
	encoder := place(t, "encoder", shape(1, 8, 8), "conv:3,3,s2,batchnorm conditional:2,6,layernorm residual(dense:5 dense:4) dense:3")
	decoder := stack(t, "decoder", encoder.Out(), layer.Sequence{layer.Tied{Layer: layer.Dense{Units: 4, Options: like}, Of: encoder.Numbered(4)}, layer.Dense{Units: 64, Options: linear}})
	p := parameters(t, 1, autoencoder(encoder, decoder))
	want := []string{
		"encoder/1/weights", "encoder/1/gain", "encoder/1/running_mean", "encoder/1/running_variance", "encoder/1/running_batches", "encoder/1/bias",
		"encoder/2/weights", "encoder/2/gain", "encoder/2/bias", "encoder/2/classes",
		"encoder/3/1/weights", "encoder/3/1/bias", "encoder/3/2/weights", "encoder/3/2/bias", "encoder/3/projection/weights",
		"encoder/4/weights", "encoder/4/bias", "decoder/1/bias", "decoder/2/weights", "decoder/2/bias",
	}
	if got := names(p); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if got, want := p.Count(), 27+3+3+48*6+6+6+12+30+5+20+4+24+12+3+4+4*64+64; got != want {
		t.Errorf("%d trainable numbers, want %d", got, want)
	}
	for _, parameter := range p.All() {
		if want, _, _ := strings.Cut(parameter.Name, "/"); parameter.Part != want {
			t.Errorf("%s is of part %s", parameter.Name, parameter.Part)
		}
	}
}

func TestRefusedBatches(t *testing.T) {
	t.Parallel()
	for text, refused := range map[string]bool{
		"conv:3,3,batchnorm dense:4": false, "conv:3,8,p0,batchnorm dense:4": true, "dense:4,batchnorm": true, "dense:12,3x2x2,batchnorm conv:2,3": true, "dense:4,layernorm": false,
	} {
		model := autoencoder(place(t, "encoder", shape(1, 8, 8), text))
		p := parameters(t, 1, model)
		_, err := graph.Compile(p, graph.Options{Name: "training", Batch: 1, Training: true}, model)
		if !refused {
			if err != nil {
				t.Error(err)
			}
			continue
		}
		mentions(t, err, "a batch of one image")
		compile(t, p, graph.Options{Batch: 2, Training: true}, model)
		compile(t, p, graph.Options{Batch: 1}, model)
	}
}

// TestEvaluationStandsStill checks that evaluation uses running statistics and
// no dropout. The codes do not depend on the batch and change only with
// Advance.
func TestEvaluationStandsStill(t *testing.T) {
	t.Parallel()
	const rows = 6
	model := autoencoder(place(t, "encoder", shape(1, 8, 8), normalised))
	p := parameters(t, 3, model)
	inputs := map[string][]float32{"input": images(rows, 64), "target": images(rows, 4)}
	training := compile(t, p, graph.Options{Batch: rows, Training: true}, model)
	evaluation, few := compile(t, p, graph.Options{Batch: rows, Outputs: []string{"encoder"}}, model), compile(t, p, graph.Options{Batch: 4, Outputs: []string{"encoder"}}, model)
	codes := func() []float32 {
		run(t, evaluation, graph.Batch{Rows: rows, Inputs: inputs})
		return slices.Clone(evaluation.Output("encoder"))
	}
	before := codes()
	run(t, training, graph.Batch{Rows: rows, Inputs: inputs})
	if !slices.Equal(codes(), before) {
		t.Error("a run changes codes")
	}
	training.Advance()
	after := codes()
	if slices.Equal(after, before) {
		t.Error("statistics change nothing")
	}
	run(t, few, graph.Batch{Rows: 3, Inputs: map[string][]float32{"input": inputs["input"][64:], "target": inputs["target"]}})
	if !slices.Equal(few.Output("encoder"), after[4:16]) {
		t.Error("codes of a part of the batch differ")
	}
}

// TestDropoutGoesByKey checks that the loss depends on the key only in
// training.
func TestDropoutGoesByKey(t *testing.T) {
	t.Parallel()
	model := autoencoder(place(t, "encoder", shape(1, 8, 8), normalised))
	p := parameters(t, 3, model)
	loss := func(training bool, seed, step uint64) float64 {
		program := compile(t, p, graph.Options{Batch: 6, Training: training}, model)
		b := graph.Batch{Rows: 6, Inputs: map[string][]float32{"input": images(6, 64), "target": images(6, 4)}}
		b.Key.Seed, b.Key.Step = seed, step
		run(t, program, b)
		return program.Mean()
	}
	for _, training := range []bool{true, false} {
		first := loss(training, 1, 2)
		if again := loss(training, 1, 2); again != first {
			t.Errorf("the same key gives %g and %g", first, again)
		}
		if (loss(training, 1, 3) != first) != training || (loss(training, 2, 2) != first) != training {
			t.Errorf("training %t: another key changes the loss: %t", training, !training)
		}
	}
}

// TestUnpooling checks that values move to the positions of the maxima.
func TestUnpooling(t *testing.T) {
	t.Parallel()
	encoder := place(t, "encoder", shape(1, 8, 8), "conv:3,3 maxpool:2 conv:4,3,layernorm maxpool:2 dense:5")
	layers, err := layer.Match(parse(t, "dense:16,4x2x2 unpool:2 conv:3,3 unpool:2 conv:1,3,linear"), encoder, false)
	if err != nil {
		t.Fatal(err)
	}
	decoder := stack(t, "decoder", encoder.Out(), layers)
	if !decoder.Unpools() {
		t.Error("the decoder needs no image")
	}
	model := autoencoder(encoder, decoder)
	p := parameters(t, 1, model)
	weights, _ := p.Get("decoder/3/weights")
	clear(weights.Values())
	for i := range 3 { // the output is the sum of the channels
		weights.Values()[(3*1+1)*3+i] = 1
	}
	program := compile(t, p, graph.Options{Batch: 2, Outputs: []string{"decoder"}}, model)
	run(t, program, graph.Batch{Rows: 2, Inputs: map[string][]float32{"input": images(2, 64), "target": images(2, 64)}})
	for window := range 32 {
		filled := 0
		for i := range 4 {
			if program.Output("decoder")[window/4*16+window%4*2+i/2*8+i%2] != 0 {
				filled++
			}
		}
		if filled > 3 {
			t.Errorf("window %d has %d values, want one of each of 3 channels at most", window, filled)
		}
	}
	_, err = graph.Compile(p, graph.Options{Batch: 2}, func(s *graph.Scope) {
		s.Output("decoder", decoder.On(s, s.Input("code", graph.Data, decoder.In())))
	})
	mentions(t, err, "decoder/2 has no pooled images to unpool")
}

// TestImagesStayInLanes checks that a convolutional decoder uses the images of
// a convolutional encoder without a conversion to rows and back.
func TestImagesStayInLanes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{"up:2 conv:1,3": 0, "dense:16,1x4x4 up:2 conv:1,3": 2} {
		encoder := place(t, "encoder", shape(1, 8, 8), "conv:3,3,s2")
		model := autoencoder(encoder, place(t, "decoder", encoder.Out(), text))
		nodes, err := compile(t, parameters(t, 1, model), graph.Options{Batch: 4, Training: true}, model).Describe()
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		for _, node := range nodes {
			if strings.HasPrefix(node.Place, "decoder") && strings.HasPrefix(node.Name, "images") {
				found++
			}
		}
		if found != want {
			t.Errorf("decoder %q: %d operations on rows laid out as images, want %d, forward and back", text, found, want)
		}
	}
}

// TestResidualOfNothing checks that a residual block whose last weights are
// zero is the identity.
func TestResidualOfNothing(t *testing.T) {
	t.Parallel()
	model := autoencoder(place(t, "encoder", shape(1, 4, 4), "residual(conv:3,3 conv:1,3,linear,zeros) residual(dense:5 dense:16,1x4x4,linear,zeros)"))
	program := compile(t, parameters(t, 1, model), graph.Options{Batch: 2, Outputs: []string{"encoder"}}, model)
	input := images(2, 16)
	run(t, program, graph.Batch{Rows: 2, Inputs: map[string][]float32{"input": input, "target": input}})
	if got := program.Output("encoder"); !slices.Equal(got, input) || program.Mean() != 0 {
		t.Errorf("%v, want %v", got, input)
	}
}

// TestOtherShape checks the error for an input of another size.
func TestOtherShape(t *testing.T) {
	t.Parallel()
	encoder := place(t, "encoder", shape(1, 4, 4), "dense:3")
	_, err := new(graph.Parameters).Declare(1, 2, func(s *graph.Scope) {
		encoder.On(s, s.Input("input", graph.Data, graph.Row(15)))
	})
	mentions(t, err, "encoder/1 takes 1×4×4, not 1×1×15")
}
