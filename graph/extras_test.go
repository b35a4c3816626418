package graph_test

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"gaetrain/graph"
	"gaetrain/graph/kernel/noise"
)

// spelled is an autoencoder of 1×8×8 images whose layers are given as text.
func spelled(t testing.TB, encoder, decoder string) graph.Architecture {
	t.Helper()
	a := graph.Architecture{Input: graph.Shape{Channels: 1, Height: 8, Width: 8}}
	var err error
	if a.Encoder, err = graph.ParseLayers(encoder, like, like); err == nil {
		a.Decoder, err = graph.ParseLayers(decoder, like, like)
	}
	if err != nil {
		t.Fatal(err)
	}
	return a
}

const (
	normalised  = "conv:3,3,s2,batchnorm dense:6,layernorm dropout:0.5 dense:4"
	unnormalise = "dense:64,batchnorm dropout:0.2 dense:64,linear"
	unpooled    = "conv:3,3 maxpool:2 conv:4,3,layernorm maxpool:2 dense:5"
	unpooling   = "dense:16,4x2x2 unpool:2 conv:3,3 unpool:2 conv:1,3,linear"
)

func TestExtrasAreValidated(t *testing.T) {
	for _, test := range []struct {
		encoder, decoder string
		change           func(*graph.Architecture)
		want             string // "" for a good one
	}{
		{normalised, unnormalise, nil, ""},
		{unpooled, unpooling, nil, ""},
		{"dense:1,layernorm", "dense:64", nil, "encoder/1, a single value"},
		{"dense:3", "dense:64 dropout:0.5", nil, "decoder/1, the output"},
		{"dense:3", "dense:64", func(a *graph.Architecture) { a.Encoder[0].Dropout = 1 }, "dropout of encoder/1 is 1"},
		{"dense:3", "dense:64", func(a *graph.Architecture) { a.Encoder[0].Dropout = math.NaN() }, "dropout of encoder/1 is NaN"},
		{"dense:3", "dense:64", func(a *graph.Architecture) { a.Encoder[0].Normalisation = "group" }, `encoder/1: unknown normalisation "group"`},
		{"dense:4,linear,batchnorm", "dense:64", func(a *graph.Architecture) { a.Code = graph.Gaussian }, "means and variances cannot have"},
		{"dense:4,linear dropout:.5", "dense:64", func(a *graph.Architecture) { a.Code = graph.Gaussian }, "means and variances cannot have"},
		{"dense:4,batchnorm", "dense:128", func(a *graph.Architecture) {
			a.Code, a.Tied, a.Input.Channels, a.Encoder[0].NoBias = graph.Energy, true, 2, true
		}, "with a energy code"},
		{"unpool:2 conv:3,3", "dense:64", nil, "encoder/1 unpools; hint: only layers of the decoder"},
		{unpooled, "dense:16,4x2x2 unpool:2 conv:4,3 up:2 conv:3,3 conv:1,3", nil, "decoder/2 unpools, but encoder/3, which it mirrors, has no max pooling"},
		{unpooled, "dense:16,4x2x2 unpool:3,s1 conv:3,3 unpool:2 conv:1,3", nil, "encoder/2 pools other windows"},
		{unpooled, "dense:12,3x2x2 unpool:2 conv:3,3 unpool:2 conv:1,3", nil, "from 3×2×2 to 3×4×4, and encoder/2 pooled 4×4×4 to 4×2×2"},
		{"conv:3,3 avgpool:2", "unpool:2 conv:1,3", nil, "has no max pooling"},
		{"dense:3", "dense:16,1x4x4 unpool:2 conv:2,3 conv:1,3", nil, "the encoder has no such layer"},
		{"conv:3,3 maxpool:2 dense:8,linear", "dense:48,3x4x4 unpool:2 conv:1,3", func(a *graph.Architecture) { a.Code = graph.Gaussian; a.Decoder[0].Shape.Channels = 3 }, "to be decoded without an image"},
		{"conv:3,3 maxpool:2", "unpool:2,o3 conv:1,3", nil, "output padding 3"},
		{"conv:3,3 maxpool:2", "dense:64", func(a *graph.Architecture) {
			a.Decoder[0].Unpool = graph.Unpool{Window: graph.Extent{Height: 2, Width: 2}, Stride: graph.Extent{Height: 2, Width: 2}}
		}, "unpooling before fully connected units"},
	} {
		a := spelled(t, test.encoder, test.decoder)
		if test.change != nil {
			test.change(&a)
		}
		err := a.Validate()
		if test.want == "" {
			if err != nil {
				t.Error(err)
			}
			continue
		}
		mentions(t, err, test.want)
		if !errors.Is(err, graph.ErrArchitecture) {
			t.Errorf("error %q does not wrap ErrArchitecture", err)
		}
	}
}

func TestRefusedBatches(t *testing.T) {
	for text, refused := range map[string]bool{
		"conv:3,3,batchnorm dense:4": false, "conv:3,8,p0,batchnorm dense:4": true, "dense:4,batchnorm": true, "dense:12,3x2x2,batchnorm conv:2,3": true, "dense:4,layernorm": false,
	} {
		a := spelled(t, text, "dense:64,linear")
		p := parameters(t, a, 1)
		_, err := graph.Compile(a, objectives[1], p, graph.Training, 1)
		if !refused {
			if err != nil {
				t.Error(err)
			}
			continue
		}
		mentions(t, err, "a batch of one image")
		compile(t, a, objectives[1], p, graph.Training, 2)
		compile(t, a, objectives[1], p, graph.Evaluation, 1)
	}
}

func TestRefusedPenaltiesOfExtras(t *testing.T) {
	a := spelled(t, "dense:4,sigmoid dropout:0.5", "dense:64")
	o := graph.Objective{Penalties: []graph.Penalty{{Term: graph.Sparsity, Weight: 1, Target: 0.1}}}
	_, err := graph.NewParameters(a, o, 1)
	mentions(t, err, "dropout of the code decides already")
	b := spelled(t, "dense:4,sigmoid,batchnorm dense:3,sigmoid", "dense:64")
	_, err = graph.Compile(b, graph.Objective{Reconstruction: graph.SquaredError, Penalties: []graph.Penalty{{Term: graph.Contraction, Weight: 1}}}, parameters(t, b, 1), graph.Training, 2)
	mentions(t, err, "the Jacobian of encoder/1, which is normalised")
}

// TestNormalisedParameters lists what a normalised layer has besides weights.
func TestNormalisedParameters(t *testing.T) {
	p := parameters(t, spelled(t, "conv:3,3,s2,batchnorm dense:6,layernorm", "dense:64"), 1)
	want := []string{
		"encoder/1/weights", "encoder/1/gain", "encoder/1/running_mean", "encoder/1/running_variance", "encoder/1/running_batches", "encoder/1/bias",
		"encoder/2/weights", "encoder/2/gain", "encoder/2/bias", "decoder/1/weights", "decoder/1/bias",
	}
	if got := names(p); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if got, want := p.Count(), 27+3+3+48*6+6+6+6*64+64; got != want {
		t.Errorf("%d trainable numbers, want %d", got, want)
	}
}

// TestEvaluationStandsStill holds evaluation to statistics and whole layers:
// images have the same codes whatever batch they are in, until training advances.
func TestEvaluationStandsStill(t *testing.T) {
	const rows = 6
	a := spelled(t, normalised, unnormalise)
	p := parameters(t, a, 3)
	input := images(rows, 64)
	training := compile(t, a, objectives[0], p, graph.Training, rows)
	evaluation, encoding := compile(t, a, objectives[0], p, graph.Evaluation, rows), compile(t, a, objectives[0], p, graph.Encoding, 4)
	codes := func() []float32 {
		run(t, evaluation, rows, input, input)
		return slices.Clone(evaluation.Codes())
	}
	before := codes()
	run(t, training, rows, input, input)
	same(t, "codes after a run", codes(), before)
	training.Advance()
	after := codes()
	if slices.Equal(after, before) {
		t.Error("statistics change nothing")
	}
	run(t, encoding, 3, input[64:], nil)
	same(t, "codes of a part", encoding.Codes(), after[4:16])
}

// TestDropoutGoesByKey asks the same key for the same loss, and another for another.
func TestDropoutGoesByKey(t *testing.T) {
	a := spelled(t, normalised, unnormalise)
	p := parameters(t, a, 3)
	input := images(6, 64)
	loss := func(mode graph.Mode, key noise.Key) float64 {
		program := compile(t, a, objectives[0], p, mode, 6)
		if err := program.Run(graph.Batch{Rows: 6, Input: input, Target: input, Key: key}); err != nil {
			t.Fatal(err)
		}
		return program.Mean()
	}
	for mode, depends := range map[graph.Mode]bool{graph.Training: true, graph.Evaluation: false} {
		first := loss(mode, noise.Key{Seed: 1, Step: 2})
		if again := loss(mode, noise.Key{Seed: 1, Step: 2}); again != first {
			t.Errorf("%s: the same key gives %g and %g", mode, first, again)
		}
		for _, key := range []noise.Key{{Seed: 1, Step: 3}, {Seed: 2, Step: 2}} {
			if (loss(mode, key) != first) != depends {
				t.Errorf("%s: another key changes the loss: %t, want %t", mode, !depends, depends)
			}
		}
	}
}

// TestUnpooledCodesNeedImages refuses to decode codes that were pooled, and
// decodes with the image at hand.
func TestUnpooledCodesNeedImages(t *testing.T) {
	a := spelled(t, unpooled, unpooling)
	p := parameters(t, a, 1)
	_, err := graph.Compile(a, objectives[0], p, graph.Decoding, 2)
	mentions(t, err, "codes cannot be decoded without their images", "hint")
	program := compile(t, a, graph.Objective{Reconstruction: graph.SquaredError}, p, graph.Evaluation, 2)
	fill(values(t, p, "decoder/3/bias"), 0)
	fill(values(t, p, "decoder/3/weights"), 0)
	for i := range 3 { // the sum of the channels, where they are
		values(t, p, "decoder/3/weights")[(3*1+1)*3+i] = 1
	}
	run(t, program, 2, images(2, 64), images(2, 64))
	for window := range 32 {
		filled := 0
		for i := range 4 {
			at := window/4*16 + window%4*2 + i/2*8 + i%2
			if program.Reconstructions()[at] != 0 {
				filled++
			}
		}
		if filled > 3 {
			t.Errorf("window %d has %d values, want one of each of 3 channels at most", window, filled)
		}
	}
}

// TestExtrasAllocateNothing holds a step to what the machine needs.
func TestExtrasAllocateNothing(t *testing.T) {
	setThreads(t, 2)
	const rows = 20
	input := images(rows, 64)
	bytes := func(a graph.Architecture) uint64 {
		program := compile(t, a, objectives[0], parameters(t, a, 1), graph.Training, rows)
		return bytesPerRun(func() { run(t, program, rows, input, input); program.Advance() })
	}
	plain := bytes(spelled(t, "conv:3,3,s2 dense:6 dense:4", "dense:64 dense:64,linear"))
	if got := bytes(spelled(t, normalised, unnormalise)); got > plain+2000 {
		t.Errorf("a step allocates %d bytes, without normalisation and dropout %d", got, plain)
	}
}

// TestConvolutionsAllocateLittle holds a run of many layers to the bookkeeping of
// the machine.
func TestConvolutionsAllocateLittle(t *testing.T) {
	setThreads(t, 2)
	const rows = 16
	a := convolutional(t, graph.Shape{Channels: 1, Height: 8, Width: 8}, "conv:4,3,s2 conv:5,3,s2 dense:4", false, graph.Transposed)
	program := compile(t, a, objectives[0], parameters(t, a, 1), graph.Training, rows)
	input := images(rows, 64)
	if got := bytesPerRun(func() { run(t, program, rows, input, input) }); got > 4700 {
		t.Errorf("%d bytes a run", got)
	}
}

// TestImagesStayInLanes turns the images of a code once, into the rows that
// others read: a decoder of filters takes them as the encoder leaves them.
func TestImagesStayInLanes(t *testing.T) {
	for decoder, want := range map[string]int{"up:2 conv:1,3": 0, "dense:16,1x4x4 up:2 conv:1,3": 2} {
		a := spelled(t, "conv:3,3,s2", decoder)
		program := compile(t, a, graph.Objective{Reconstruction: graph.CrossEntropy}, parameters(t, a, 1), graph.Training, 4)
		found := 0
		for _, node := range program.Graph.AllNodes() {
			if strings.HasPrefix(node.Name(), "decoder") && strings.Contains(node.Name(), ": images") {
				found++
			}
		}
		if found != want {
			t.Errorf("decoder %q: %d operations on rows laid out as images, want %d, forward and back", decoder, found, want)
		}
	}
}
