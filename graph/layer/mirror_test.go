package layer_test

import (
	"errors"
	"testing"

	"gaetrain/graph"
	"gaetrain/graph/layer"
)

func TestMirror(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		input      graph.Shape
		text       string
		tied       bool
		upsampling layer.Upsampling
		want       string
	}{
		{shape(1, 28, 28), "conv:32,3,s2 conv:64,3,s2 dense:64", false, layer.ByTransposed,
			"dense:3136,64x7x7,relu transposed:32,4,s2,p1,relu transposed:1,4,s2,p1,linear"},
		{shape(3, 28, 28), "conv:16,3,s2 conv:32,3,s2", false, layer.ByNearest,
			"up:2 conv:16,3,s1,p1,relu up:2 conv:3,3,s1,p1,linear"},
		{shape(1, 9, 12), "conv:4,3,s3 dense:5 dense:2", false, layer.ByBilinear,
			"dense:5,relu dense:48,4x3x4,relu bilinear:3 conv:1,3,s1,p1,linear"},
		{shape(1, 28, 28), "conv:16,3,s2 conv:32,3,s2 conv:64,7,p0", true, layer.ByTransposed,
			"transposed:32,7,s1,p0,relu transposed:16,3,s2,p1,o1,relu transposed:1,3,s2,p1,o1,linear"},
		{shape(1, 9, 11), "conv:4,3,s2 conv:5,3", false, layer.ByTransposed,
			"conv:4,3,s1,p1,relu transposed:1,3,s2,p1,linear"},
		{shape(1, 8, 8), "conv:4,3 maxpool:2 conv:5,3,s2 avgpool:2", false, layer.ByNearest,
			"up:4 conv:4,3,s1,p1,relu up:2 conv:1,3,s1,p1,linear"},
		{shape(1, 9, 8), "conv:4,3 maxpool:2 conv:5,3,s2 maxpool:1x2 dense:3", false, layer.ByUnpooling,
			"dense:10,5x2x1,relu unpool:1x2,s1x2 transposed:4,4,s2,p1,relu unpool:2,s2,o1x0 conv:1,3,s1,p1,linear"},
		{shape(1, 9, 8), "conv:4,3 maxpool:2 conv:5,3,s2", true, layer.ByUnpooling,
			"transposed:4,3,s2,p1,o1,relu unpool:2,s2,o1x0 transposed:1,3,s1,p1,linear"},
		{shape(2, 3, 3), "frames:2,5 dense:4 dropout:0.5", true, layer.ByTransposed,
			"dense:10,relu frames:2,9,2x3x3,linear"},
		{shape(1, 8, 8), "conv:3,3 residual(conv:3,3,gelu conv:5,3,s2,linear) dense:4", true, layer.ByTransposed,
			"dense:80,5x4x4,relu residual(transposed:3,3,s2,p1,o1,gelu transposed:3,3,s1,p1,linear) transposed:1,3,s1,p1,linear"},
		{shape(1, 8, 8), "residual(conv:3,3 conv:5,3,batchnorm) avgpool:2", false, layer.ByNearest,
			"residual(up:2 conv:3,3,s1,p1,relu conv:1,3,s1,p1,linear)"},
		{shape(1, 8, 8), "residual(conv:3,3 conv:5,3) maxpool:2", true, layer.ByUnpooling,
			"unpool:2,s2 residual(transposed:3,3,s1,p1,relu transposed:1,3,s1,p1,linear)"},
		{shape(1, 8, 8), "residual(conv:3,3 maxpool:2 conv:5,3)", false, layer.ByUnpooling,
			"residual(conv:3,3,s1,p1,relu unpool:2,s2 conv:1,3,s1,p1,linear)"},
		{shape(1, 3, 3), "conditional:3,5", true, layer.ByTransposed, "dense:9,1x3x3,linear"},
	} {
		encoder := place(t, "encoder", test.input, test.text)
		decoder, err := layer.Mirror(encoder, like, linear, test.tied, test.upsampling)
		if err != nil {
			t.Error(err)
			continue
		}
		if got := decoder.String(); got != test.want {
			t.Errorf("the mirror of %q is %q, want %q", test.text, got, test.want)
		}
		placed := stack(t, "decoder", encoder.Out(), decoder)
		if err := placed.ValidateImages(test.input); err != nil {
			t.Error(err)
		}
		matched, err := layer.Match(parse(t, decoder.String()), encoder, test.tied)
		if err != nil {
			t.Fatal(err)
		}
		again := stack(t, "decoder", encoder.Out(), matched)
		if again.Text() != placed.Text() {
			t.Errorf("matched %q, mirrored %q", again.Text(), placed.Text())
		}
		for i, p := range placed.Layers() {
			w, ok := p.(layer.Weighted)
			if ok && w.Weights().Name != again.Layers()[i].(layer.Weighted).Weights().Name {
				t.Errorf("%s has weights %s mirrored and others matched", p.Name(), w.Weights().Name)
			}
		}
	}
}

func TestMirrorGivesDropout(t *testing.T) {
	t.Parallel()
	hidden := like
	hidden.Dropout = 0.5
	decoder, err := layer.Mirror(place(t, "encoder", shape(1, 4, 4), "conv:3,3,s2 dense:5"), hidden, linear, true, layer.ByTransposed)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := decoder.String(), "dense:12,3x2x2,relu dropout:0.5 transposed:1,3,s2,p1,o1,linear"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestMirrorErrors(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"conv:4,3,s2":       "no mirror of encoder/1 from 1×9×9 to 4×5×5: nearest upsampling needs a whole factor",
		"conv:4,2,s3,p0":    "no mirror of encoder/1 from 1×9×9 to 4×3×3: up:3 conv:1,2,s1,p0,relu makes images of 1×8×8",
		"transposed:4,3,s2": "the encoder scales images up",
	} {
		_, err := layer.Mirror(place(t, "encoder", shape(1, 9, 9), given), like, like, false, layer.ByNearest)
		mentions(t, err, want)
		if !errors.Is(err, graph.ErrArchitecture) {
			t.Errorf("error %q does not wrap ErrArchitecture", err)
		}
	}
	_, err := layer.Mirror(place(t, "encoder", shape(1, 9, 9), "conv:3,3 dense:3"), like, like, false, layer.ByUnpooling)
	mentions(t, err, "upsampling by unpool needs an encoder with max pooling")
	_, err = layer.ParseUpsampling("guess")
	mentions(t, err, `unknown upsampling "guess"; hint: one of transposed, nearest, bilinear, unpool`)
}

func TestMatchErrors(t *testing.T) {
	t.Parallel()
	const unpooled = "conv:3,3 maxpool:2 conv:4,3,layernorm maxpool:2 dense:5"
	for _, test := range []struct {
		encoder, decoder string
		tied             bool
		want             string // "" for a good one
	}{
		{unpooled, "dense:16,4x2x2 unpool:2 conv:3,3 unpool:2 conv:1,3,linear", false, ""},
		{unpooled, "dense:16,4x2x2 unpool:2 conv:4,3 up:2 conv:3,3 conv:1,3", false, "decoder/2 unpools, but encoder/3, which it mirrors, has no max pooling"},
		{unpooled, "dense:16,4x2x2 unpool:3,s1 conv:3,3 unpool:2 conv:1,3", false, "encoder/2 has another window or stride"},
		{unpooled, "dense:12,3x2x2 unpool:2 conv:3,3 unpool:2 conv:1,3", false, "it maps 3×2×2 to 3×4×4, and encoder/2 pools 4×4×4 to 4×2×2"},
		{"conv:3,3 avgpool:2", "unpool:2 conv:1,3", false, "has no max pooling"},
		{"dense:3", "dense:16,1x4x4 unpool:2 conv:2,3 conv:1,3", false, "the encoder has no layer at the same distance"},
		{"conv:3,3 maxpool:2", "unpool:2,o3 conv:1,3", false, "output padding 3"},
		{"dense:3", "dense:64 dropout:0.5", false, "dropout of decoder/1, which is the output"},
		{"dense:3", "dense:63", false, "the decoder ends with 63 units, images of 1×8×8 have 64 values"},
		{"conv:3,3", "conv:2,3", false, "the decoder ends with images of 2×8×8, not of 1×8×8"},
		{"dense:5 dense:3", "dense:64", true, "tied weights with 2 encoder and 1 decoder layers"},
		{"dense:5 dense:3", "dense:6 dense:64", true, "tied decoder/1 has 6 units, but encoder/2 has 5 inputs"},
		{"conv:3,3 maxpool:2", "conv:1,3", true, "tied decoder/1 mirrors encoder/1, which is pooled"},
		{"conv:3,3", "transposed:1,3 maxpool:2", true, "tied decoder/1 mirrors encoder/1, which is pooled"},
		{"conv:3,3", "transposed:1,5", true, "tied decoder/1 and encoder/1 have different filters"},
		{"conv:3,3", "conv:1,3", true, "tied decoder/1 and encoder/1 have different filters"},
		{"conv:3,3", "dense:64", true, "tied decoder/1 mirrors encoder/1; hint: both fully connected"},
		{"dense:16,1x4x4", "transposed:1,4,s2", true, "tied decoder/1 mirrors encoder/1; hint: both fully connected"},
		{"conv:3,3", "transposed:1,3", true, ""},
	} {
		encoder := place(t, "encoder", shape(1, 8, 8), test.encoder)
		matched, err := layer.Match(parse(t, test.decoder), encoder, test.tied)
		if err == nil {
			var decoder *layer.Stack
			if decoder, err = layer.NewStack("decoder", encoder.Out(), matched); err == nil {
				err = decoder.ValidateImages(encoder.In())
			}
		}
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
