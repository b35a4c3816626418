package layer_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gaetrain/graph"
	"gaetrain/graph/layer"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"conv:16,3,s2 conv:32,3,s2 flatten dense:64":                                                    "conv:16,3,s2,p1,relu conv:32,3,s2,p1,relu dense:64,linear",
		"dense:98,2x7x7,tanh  transposed:1,4,s2,o1,sigmoid":                                             "dense:98,2x7x7,tanh transposed:1,4,s2,p1,o1,sigmoid",
		"conv:4,3 maxpool:2 conv:8,3,tanh avgpool:3x2,s1 dense:3":                                       "conv:4,3,s1,p1,relu maxpool:2,s2 conv:8,3,s1,p1,tanh avgpool:3x2,s1 dense:3,linear",
		"conv:4,3,batchnorm,tanh maxpool:2 dropout:0.25 dense:3 dropout:0.5":                            "conv:4,3,s1,p1,tanh,batchnorm maxpool:2,s2 dropout:0.25 dense:3,linear dropout:0.5",
		"dense:8,layernorm unpool:2,o1x0 conv:1,3 dense:2,nonorm dropout:0":                             "dense:8,relu,layernorm unpool:2,s2,o1x0 conv:1,3,s1,p1,relu dense:2,linear",
		"up:2 conv:8,3x5,d2\tbilinear:3 conv:1,3,p0,s2x1,d1x2,selu":                                     "up:2 conv:8,3x5,s1,p2x4,d2,relu bilinear:3 conv:1,3,s2x1,p0,d1x2,selu",
		"dense:8 unpool:2 dropout:0.5 conv:1,3":                                                         "dense:8,relu dropout:0.5 unpool:2,s2 conv:1,3,s1,p1,linear",
		"residual(conv:3,3,groupnorm:3  conv:3,3,linear) maxpool:2 residual(dense:3 residual(dense:4))": "residual(conv:3,3,s1,p1,relu,groupnorm:3 conv:3,3,s1,p1,linear) maxpool:2,s2 residual(dense:3,relu residual(dense:4,linear))",
		"dense:3,gelu dense:3,silu":                                                                     "dense:3,gelu dense:3,silu",
		"conditional:10,64 frames:2,3,tanh,nobias,images":                                               "conditional:10,64,relu frames:2,3,tanh",
	} {
		layers, err := layer.Parse(given, like, linear)
		if err != nil {
			t.Fatal(err)
		}
		if got := layers.String(); got != want {
			t.Errorf("%q is %q, want %q", given, got, want)
		}
	}
}

func TestParseGivesDropout(t *testing.T) {
	t.Parallel()
	hidden := like
	hidden.Dropout = 0.2
	layers, err := layer.Parse("conv:4,3 maxpool:2 dense:3 dropout:0 dense:3 dropout:0.5 dense:2", hidden, linear)
	if err != nil {
		t.Fatal(err)
	}
	want := "conv:4,3,s1,p1,relu maxpool:2,s2 dropout:0.2 dense:3,relu dense:3,relu dropout:0.5 dense:2,linear"
	if got := layers.String(); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	s := stack(t, "encoder", graph.Row(3), layer.Sequence{layer.Dense{Units: 3, Options: hidden}, layer.Sequence{layer.Dense{Units: 2, Options: linear}}})
	if got, want := s.Text(), "dense:3,relu dropout:0.2 dense:2,linear"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestParseErrors(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"":                              "has no layers",
		"flatten":                       "has no layers",
		"cnov:3,3":                      `"cnov:3,3": unknown kind "cnov"`,
		"conv:3":                        "needs channels and kernel",
		"conv:3,x":                      `"" is not a whole number`,
		"conv:3,3,q4":                   `"q4" is neither an option nor an activation`,
		"conv:3,3,o1":                   `"o1" is neither an option nor an activation`,
		"dense:-4":                      `"-4" is not a whole number`,
		"dense:4,wobbly":                `unknown activation "wobbly"`,
		"dense:4,norm":                  `unknown activation "norm"`,
		"dense:4,nonenorm":              `unknown activation "nonenorm"`,
		"dense:4,batchnorm:3":           `"3" is not an argument of this normalisation`,
		"flatten:3 dense:3":             "takes no arguments",
		"up:2 dense:3":                  "only conv may follow",
		"up:2 frames:2,3":               "only conv may follow",
		"conditional:3":                 "needs classes and units",
		"conv:3,3 up:2":                 "ends with a larger image",
		"up:1 conv:3,3":                 `"1" is not a factor`,
		"up:2 up:2 conv:3,3":            "follows another scaling",
		"maxpool:2 conv:3,3":            "after a convolution",
		"dense:3 maxpool:2":             "after a convolution",
		"conv:3,3 maxpool:2 maxpool:2":  "one pooling",
		"conv:3,3 maxpool:0":            "at least 1",
		"conv:3,3 maxpool:2,o1":         "only unpool has it",
		"dropout:0.5 dense:3":           "after each layer",
		"dense:3 dropout:1":             `"1" is not a share`,
		"dense:3 dropout:NaN":           `"NaN" is not a share`,
		"dense:3 dropout":               `"" is not a share`,
		"dense:3 dropout:.1 dropout:.1": "at most one dropout",
		"conv:3,3 dropout:.1 maxpool:2": "before its dropout",
		"unpool:2 dense:3":              "only conv may follow",
		"unpool:2 up:2 conv:1,3":        "follows another scaling",
		"conv:3,3 unpool:2":             "ends with a larger image",
		"residual(dense:3":              "parentheses",
		"residual(dense:3)x":            "hint: such as residual(",
		"up:2 residual(conv:3,3)":       "no up or bilinear before it",
		"residual()":                    "has no layers",
		"dense:3,groupnorm":             `"" is not a whole number`,
		"dense:3,groupnorm:0":           "normalisation of 0 groups",
		"up:2 transposed:3,4":           "only conv may follow",
	} {
		_, err := layer.Parse(given, like, like)
		mentions(t, err, want)
		if !errors.Is(err, graph.ErrArchitecture) {
			t.Errorf("%q: error %v wraps no ErrArchitecture", given, err)
		}
	}
}

// FuzzParse checks that layers can be written and read again, and that Place
// returns an error for layers that do not fit.
func FuzzParse(f *testing.F) {
	f.Add("conv:16,3,s2 conv:32,3x5,s2x1,p1,relu flatten dense:64,linear")
	f.Add("conv:4,3 maxpool:2 conv:8,3,tanh avgpool:3x2,s1")
	f.Add("dense:1568,32x7x7 transposed:16,4,s2,o1 bilinear:2 conv:1,3,d2,sigmoid")
	f.Add("conv:4,3,batchnorm maxpool:3x2,s2 dropout:0.25 dense:36,4x3x3,layernorm unpool:3x2,s2,o1x0 transposed:1,3,s2 dropout:0.5")
	f.Add("residual(conv:3,3,groupnorm:08 conv:3,3,s2,gelu) residual(dense:3 residual(unpool:2 conv:2,1))")
	f.Add("conditional:10,64,nobias,he-normal frames:2,36,8x3x3")
	f.Fuzz(func(t *testing.T, given string) {
		layers, err := layer.Parse(given, like, like)
		if err != nil {
			return
		}
		again, err := layer.Parse(layers.String(), like, like)
		if err != nil || again.String() != layers.String() {
			t.Fatalf("%q is read as %v, and again as %v: %v", given, layers, again, err)
		}
		roundTrip(t, layers)
		encoder, err := layer.NewStack("encoder", shape(1, 9, 8), layers)
		if err == nil {
			var decoder layer.Sequence
			if decoder, err = layer.Mirror(encoder, like, like, false, layer.ByTransposed); err == nil {
				_, err = layer.NewStack("decoder", encoder.Out(), decoder)
			}
		}
		if err != nil && !errors.Is(err, graph.ErrArchitecture) {
			t.Fatalf("%q: error %v wraps no ErrArchitecture", given, err)
		}
	})
}

// roundTrip writes layers as JSON and reads them again.
func roundTrip(t testing.TB, layers layer.Sequence) {
	t.Helper()
	text, err := json.Marshal(layers)
	if err != nil {
		t.Fatal(err)
	}
	var again layer.Sequence
	if err := json.Unmarshal(text, &again); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(layers, again, cmp.AllowUnexported(layer.Unpool{}, layer.Residual{})); diff != "" {
		t.Errorf("%s (-want +got)\n%s", text, diff)
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	every := layer.Sequence{
		layer.Conv{Channels: 3, Filters: layer.Filters{Kernel: layer.Extent{Height: 3, Width: 5}, Stride: layer.Extent{Height: 1, Width: 2}}, Options: layer.Options{Norm: layer.BatchNorm, NoBias: true, Initialiser: graph.Zeros}},
		layer.Pool{Window: layer.Extent{Height: 2, Width: 3}, Stride: layer.Extent{Height: 1, Width: 3}, Average: true},
		layer.Dropout{Share: 0.1},
		layer.Unpool{Window: layer.Extent{Height: 2, Width: 2}, Stride: layer.Extent{Height: 2, Width: 2}, OutputPadding: layer.Extent{Height: 1}},
		layer.Transposed{Channels: 2, Filters: layer.Filters{Kernel: layer.Extent{Height: 3, Width: 5}, Stride: layer.Extent{Height: 1, Width: 2}}, OutputPadding: layer.Extent{Width: 1}},
		layer.Conv{Channels: 1, Filters: layer.Filters{Kernel: layer.Extent{Height: 1, Width: 1}, Stride: layer.Extent{Height: 1, Width: 1}}, Enlarge: layer.Enlarge{Factor: 2, Bilinear: true}},
		layer.Conditional{Dense: layer.Dense{Units: 9, Shape: shape(1, 3, 3), Options: like}, Classes: 10},
		layer.Residual{Body: layer.Sequence{layer.Dense{Units: 4, Options: layer.Options{Norm: layer.GroupNorm(2), NoBias: true}}, layer.Residual{Body: layer.Sequence{layer.Dense{Units: 3}}}}},
		layer.Frames{Count: 2, Dense: layer.Dense{Units: 4, Options: layer.Options{Norm: layer.LayerNorm}}},
	}
	for _, a := range layer.Activations() {
		for _, i := range graph.Initialisers() {
			every = append(every, layer.Dense{Units: 1, Options: layer.Options{Activation: a, Initialiser: i}})
		}
	}
	roundTrip(t, every)
	roundTrip(t, nil)
	var layers layer.Sequence
	mentions(t, json.Unmarshal([]byte(`"dense:1,swoosh"`), &layers), "swoosh", "hint")
}

func TestTextsAreBounded(t *testing.T) {
	t.Parallel()
	for text, hint := range map[string]string{
		strings.Repeat("dense:2 ", layer.MaxLayers+1):                           "at most 500",
		strings.Repeat("residual(", 300) + "dense:2" + strings.Repeat(")", 300): "at most 8",
		"dense:" + strings.Repeat("2", layer.MaxText):                           "at most 65536",
		"residual(" + strings.Repeat("dense:2 ", layer.MaxLayers) + ") dense:2": "at most 500",
		"dense:2 swoosh" + strings.Repeat("o", 1000):                            "unknown kind",
	} {
		_, err := layer.Parse(text, layer.Options{}, layer.Options{})
		mentions(t, err, hint)
		if err != nil && len(err.Error()) > 2000 {
			t.Errorf("an error of %d bytes", len(err.Error()))
		}
	}
	if _, err := layer.Parse(strings.Repeat("dense:2 ", layer.MaxLayers), layer.Options{}, layer.Options{}); err != nil {
		t.Errorf("%d layers: %v", layer.MaxLayers, err)
	}
}
