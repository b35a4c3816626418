package graph_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
)

var like = graph.Layer{Activation: kernel.ReLU, Initialiser: graph.HeUniform}

// convolutional is the autoencoder of a text, whose decoder mirrors it.
func convolutional(t testing.TB, input graph.Shape, text string, tied bool, u graph.Upsampling) graph.Architecture {
	t.Helper()
	layers, err := graph.ParseLayers(text, like, like)
	if err != nil {
		t.Fatal(err)
	}
	output := like
	output.Activation = kernel.Linear
	a, err := graph.Architecture{Input: input, Encoder: layers}.Mirror(like, output, tied, u)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Validate(); err != nil {
		t.Fatal(err)
	}
	return a
}

func text(layers []graph.Layer) string {
	words := make([]string, len(layers))
	for i, l := range layers {
		words[i] = l.String()
	}
	return strings.Join(words, " ")
}

func TestParseLayers(t *testing.T) {
	last := like
	last.Activation = kernel.Linear
	for given, want := range map[string]string{
		"conv:16,3,s2 conv:32,3,s2 flatten dense:64":                         "conv:16,3,s2,p1,relu conv:32,3,s2,p1,relu dense:64,linear",
		"dense:98,2x7x7,tanh  transposed:1,4,s2,o1,sigmoid":                  "dense:98,2x7x7,tanh transposed:1,4,s2,p1,o1,sigmoid",
		"conv:4,3 maxpool:2 conv:8,3,tanh avgpool:3x2,s1 dense:3":            "conv:4,3,s1,p1,relu maxpool:2,s2 conv:8,3,s1,p1,tanh avgpool:3x2,s1 dense:3,linear",
		"conv:4,3,batchnorm,tanh maxpool:2 dropout:0.25 dense:3 dropout:0.5": "conv:4,3,s1,p1,tanh,batchnorm maxpool:2,s2 dropout:0.25 dense:3,linear dropout:0.5",
		"dense:8,layernorm unpool:2,o1x0 conv:1,3 dense:2,nonorm dropout:0":  "dense:8,relu,layernorm unpool:2,s2,o1x0 conv:1,3,s1,p1,relu dense:2,linear",
		"up:2 conv:8,3x5,d2\tbilinear:3 conv:1,3,p0,s2x1,d1x2,selu":          "up:2 conv:8,3x5,s1,p2x4,d2,relu bilinear:3 conv:1,3,s2x1,p0,d1x2,selu",
	} {
		layers, err := graph.ParseLayers(given, like, last)
		if err != nil {
			t.Fatal(err)
		}
		if got := text(layers); got != want {
			t.Errorf("%q is %q, want %q", given, got, want)
		}
	}
}

func TestParseLayersErrors(t *testing.T) {
	for given, want := range map[string]string{
		"":                              "has no layers",
		"flatten":                       "has no layers",
		"cnov:3,3":                      `"cnov:3,3": unknown kind "cnov"`,
		"conv:3":                        "wants channels and kernel",
		"conv:3,x":                      `"" is not a whole number`,
		"conv:3,3,q4":                   `"q4" is no option and no activation`,
		"dense:-4":                      `"-4" is not a whole number`,
		"dense:4,wobbly":                `unknown activation "wobbly"`,
		"flatten:3 dense:3":             "takes no arguments",
		"up:2 dense:3":                  "only conv may follow",
		"conv:3,3 up:2":                 "ends with a larger image",
		"up:1 conv:3,3":                 `"1" is not a factor`,
		"up:2 up:2 conv:3,3":            "follows another one",
		"maxpool:2 conv:3,3":            "behind a convolution",
		"conv:3,3 maxpool:0":            "at least 1",
		"conv:3,3 maxpool:2,o1":         "only unpool has it",
		"dropout:0.5 dense:3":           "behind a layer",
		"dense:3 dropout:1":             `"1" is no share`,
		"dense:3 dropout:NaN":           `"NaN" is no share`,
		"dense:3 dropout":               `"" is no share`,
		"dense:3 dropout:.1 dropout:.1": "one of its kind",
		"conv:3,3 dropout:.1 maxpool:2": "before its dropout",
		"unpool:2 dense:3":              "only conv may follow",
		"unpool:2 up:2 conv:1,3":        "follows another one",
		"conv:3,3 unpool:2":             "ends with a larger image",
		"up:2 transposed:3,4":           "only conv may follow",
	} {
		_, err := graph.ParseLayers(given, like, like)
		mentions(t, err, want)
		if !errors.Is(err, graph.ErrArchitecture) {
			t.Errorf("%q: error %v wraps no ErrArchitecture", given, err)
		}
	}
}

// FuzzParseLayers checks that whatever is read as layers is written and read
// again as the same, and that impossible ones are errors when they are used.
func FuzzParseLayers(f *testing.F) {
	f.Add("conv:16,3,s2 conv:32,3x5,s2x1,p1,relu flatten dense:64,linear")
	f.Add("conv:4,3 maxpool:2 conv:8,3,tanh avgpool:3x2,s1")
	f.Add("dense:1568,32x7x7 transposed:16,4,s2,o1 bilinear:2 conv:1,3,d2,sigmoid")
	f.Add("conv:4,3,batchnorm maxpool:3x2,s2 dropout:0.25 dense:36,4x3x3,layernorm unpool:3x2,s2,o1x0 transposed:1,3,s2 dropout:0.5")
	f.Fuzz(func(t *testing.T, given string) {
		layers, err := graph.ParseLayers(given, like, like)
		if err != nil {
			return
		}
		again, err := graph.ParseLayers(text(layers), like, like)
		if err != nil || !slices.Equal(again, layers) {
			t.Fatalf("%q is read as %v, and again as %v: %v", given, layers, again, err)
		}
		a := graph.Architecture{Input: graph.Shape{Channels: 1, Height: 9, Width: 8}, Encoder: layers}
		if a, err = a.Mirror(like, like, false, graph.Transposed); err == nil {
			err = a.Validate()
		}
		if err != nil && !errors.Is(err, graph.ErrArchitecture) {
			t.Fatalf("%q: error %v wraps no ErrArchitecture", given, err)
		}
	})
}

func TestMirror(t *testing.T) {
	for _, test := range []struct {
		input      graph.Shape
		text       string
		tied       bool
		upsampling graph.Upsampling
		want       string
	}{
		{graph.Shape{Channels: 1, Height: 28, Width: 28}, "conv:32,3,s2 conv:64,3,s2 dense:64", false, graph.Transposed,
			"dense:3136,64x7x7,relu transposed:32,4,s2,p1,relu transposed:1,4,s2,p1,linear"},
		{graph.Shape{Channels: 3, Height: 28, Width: 28}, "conv:16,3,s2 conv:32,3,s2", false, graph.Nearest,
			"up:2 conv:16,3,s1,p1,relu up:2 conv:3,3,s1,p1,linear"},
		{graph.Shape{Channels: 1, Height: 9, Width: 12}, "conv:4,3,s3 dense:5 dense:2", false, graph.Bilinear,
			"dense:5,relu dense:48,4x3x4,relu bilinear:3 conv:1,3,s1,p1,linear"},
		{graph.Shape{Channels: 1, Height: 28, Width: 28}, "conv:16,3,s2 conv:32,3,s2 conv:64,7,p0", true, graph.Transposed,
			"transposed:32,7,s1,p0,relu transposed:16,3,s2,p1,o1,relu transposed:1,3,s2,p1,o1,linear"},
		{graph.Shape{Channels: 1, Height: 9, Width: 11}, "conv:4,3,s2 conv:5,3", false, graph.Transposed,
			"conv:4,3,s1,p1,relu transposed:1,3,s2,p1,linear"},
		{graph.Shape{Channels: 1, Height: 8, Width: 8}, "conv:4,3 maxpool:2 conv:5,3,s2 avgpool:2", false, graph.Nearest,
			"up:4 conv:4,3,s1,p1,relu up:2 conv:1,3,s1,p1,linear"},
		{graph.Shape{Channels: 1, Height: 9, Width: 8}, "conv:4,3 maxpool:2 conv:5,3,s2 maxpool:1x2 dense:3", false, graph.Unpooling,
			"dense:10,5x2x1,relu unpool:1x2,s1x2 transposed:4,4,s2,p1,relu unpool:2,s2,o1x0 conv:1,3,s1,p1,linear"},
		{graph.Shape{Channels: 1, Height: 9, Width: 8}, "conv:4,3 maxpool:2 conv:5,3,s2", true, graph.Unpooling,
			"transposed:4,3,s2,p1,o1,relu unpool:2,s2,o1x0 transposed:1,3,s1,p1,linear"},
	} {
		if got := text(convolutional(t, test.input, test.text, test.tied, test.upsampling).Decoder); got != test.want {
			t.Errorf("the mirror of %q is %q, want %q", test.text, got, test.want)
		}
	}
}

func TestMirrorErrors(t *testing.T) {
	for given, want := range map[string]string{
		"conv:4,3,s2":       "no mirror of encoder/1 from 1×9×9 to 4×5×5: nearest upsampling needs a whole factor",
		"conv:4,2,s3,p0":    "no mirror of encoder/1 from 1×9×9 to 4×3×3: up:3 conv:1,2,s1,p0,relu makes images of 1×8×8",
		"conv:4,12,p0":      "encoder/1: height of 1×9×9: a kernel that reaches over 12 does not fit into 9 with padding 0",
		"transposed:4,3,s2": "the encoder makes images larger",
	} {
		layers, err := graph.ParseLayers(given, like, like)
		if err != nil {
			t.Fatal(err)
		}
		_, err = graph.Architecture{Input: graph.Shape{Channels: 1, Height: 9, Width: 9}, Encoder: layers}.Mirror(like, like, false, graph.Nearest)
		mentions(t, err, want)
	}
}
