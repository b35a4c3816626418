package graph_test

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
)

func TestDense(t *testing.T) {
	layer := func(units int, act kernel.Activation) graph.Layer {
		return graph.Layer{Units: units, Activation: act, Initialiser: graph.HeNormal}
	}
	got := fullyConnected(graph.Shape{Channels: 3, Height: 2, Width: 4}, []int{16, 8}, 2, kernel.ReLU, kernel.Tanh, kernel.Sigmoid, graph.HeNormal)
	want := graph.Architecture{
		Input:   graph.Shape{Channels: 3, Height: 2, Width: 4},
		Encoder: []graph.Layer{layer(16, kernel.ReLU), layer(8, kernel.ReLU), layer(2, kernel.Tanh)},
		Decoder: []graph.Layer{layer(8, kernel.ReLU), layer(16, kernel.ReLU), layer(24, kernel.Sigmoid)},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got.CodeSize() != 2 || (graph.Architecture{}).CodeSize() != 0 {
		t.Errorf("code size %d, of nothing %d", got.CodeSize(), (graph.Architecture{}).CodeSize())
	}
}

func TestValidate(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(a *graph.Architecture)
		want   []string // nil for a good one
	}{
		{"good", func(a *graph.Architecture) {}, nil},
		{"one layer each", func(a *graph.Architecture) { a.Encoder, a.Decoder = a.Encoder[:1], a.Decoder[1:] }, nil},
		{"no channels", func(a *graph.Architecture) { a.Input.Channels = 0 }, []string{"0×4×5", "hint"}},
		{"negative height", func(a *graph.Architecture) { a.Input.Height = -4 }, []string{"1×-4×5"}},
		{"no width", func(a *graph.Architecture) { a.Input.Width = 0 }, []string{"1×4×0"}},
		{"image of overflowing size", func(a *graph.Architecture) {
			a.Input = graph.Shape{Channels: 7, Height: 0x6DB6DB6DB6DB6DB7, Width: 20} // 20 modulo 2⁶⁴
		}, []string{"7×7905747460161236407×20", "hint"}},
		{"no encoder", func(a *graph.Architecture) { a.Encoder = nil }, []string{"0 encoder"}},
		{"no decoder", func(a *graph.Architecture) { a.Decoder = nil }, []string{"0 decoder"}},
		{"no units", func(a *graph.Architecture) { a.Encoder[1].Units = 0 }, []string{"encoder/2", "0 units"}},
		{"negative units", func(a *graph.Architecture) { a.Decoder[0].Units = -1 }, []string{"decoder/1", "-1 units"}},
		{"too many weights", func(a *graph.Architecture) { a.Encoder[0].Units = 1 << 30 }, []string{"encoder/1", "20×1073741824"}},
		{"weights of overflowing number", func(a *graph.Architecture) { a.Encoder[0].Units = math.MaxInt/20 + 1 }, []string{"encoder/1"}},
		{"other output", func(a *graph.Architecture) { a.Decoder[1].Units = 21 }, []string{"21 units", "1×4×5", "20 values"}},
		{"unknown activation", func(a *graph.Architecture) { a.Encoder[1].Activation = 99 }, []string{"encoder/2", "activation(99)"}},
		{"no initialiser", func(a *graph.Architecture) { a.Decoder[0].Initialiser = "" }, []string{"decoder/1", "initialiser", "he-normal"}},
		{"images into a decoder", func(a *graph.Architecture) { a.Decoder[0].Initialiser = graph.Images }, []string{"decoder/1", "images", "hint"}},
		{"threshold of a decoder", func(a *graph.Architecture) { a.Decoder[0].Threshold = 1 }, []string{"decoder/1", "threshold", "hint"}},
		{"negative threshold", func(a *graph.Architecture) { a.Encoder[0].Threshold = -1 }, []string{"encoder/1", "-1", "hint"}},
		{"threshold of tanh", func(a *graph.Architecture) {
			a.Encoder[0].Threshold, a.Encoder[0].Activation = 1, kernel.Tanh
		}, []string{"encoder/1", "tanh", "relu or linear"}},
		{"unknown initialiser", func(a *graph.Architecture) { a.Decoder[0].Initialiser = "ones" }, []string{"decoder/1", `"ones"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := small(kernel.ReLU)
			c.change(&a)
			err := a.Validate()
			if c.want == nil {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			mentions(t, err, c.want...)
			if !errors.Is(err, graph.ErrArchitecture) {
				t.Errorf("error %q does not wrap ErrArchitecture", err)
			}
			if _, err := graph.NewParameters(a, graph.Objective{}, 1); err == nil {
				t.Error("NewParameters accepts it")
			}
			if _, err := graph.Compile(a, objectives[0], &graph.Parameters{}, graph.Training, 4); err == nil {
				t.Error("Compile accepts it")
			}
		})
	}
}

func TestArchitectureJSON(t *testing.T) {
	want := small(kernel.LeakyReLU)
	want.Decoder[1].NoBias = true
	for i, initialiser := range graph.Initialisers() {
		want.Encoder = append(want.Encoder, graph.Layer{Units: i + 1, Activation: kernel.SELU, Initialiser: initialiser})
	}
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{`"leaky-relu"`, `"glorot-uniform"`, `"no_bias":true`} {
		if !strings.Contains(string(text), part) {
			t.Errorf("%s lacks %s", text, part)
		}
	}
	var got graph.Architecture
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	for _, bad := range []string{
		`{"encoder":[{"units":1,"activation":"swoosh"}]}`,
		`{"encoder":[{"units":1,"initialiser":"swoosh"}]}`,
	} {
		mentions(t, json.Unmarshal([]byte(bad), &got), "swoosh", "hint")
	}
}

func TestObjectiveJSON(t *testing.T) {
	for _, want := range objectives {
		text, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got graph.Objective
		if err := json.Unmarshal(text, &got); err != nil || !cmp.Equal(got, want) {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	var o graph.Objective
	mentions(t, json.Unmarshal([]byte(`{"reconstruction":"guess"}`), &o), `"guess"`, "cross-entropy", "squared-error")
	c, s := graph.Objective{Reconstruction: graph.CrossEntropy}, graph.Objective{Reconstruction: graph.SquaredError}
	if c.Unit("reconstruction") == s.Unit("reconstruction") {
		t.Errorf("both losses are measured in %s", c.Unit("reconstruction"))
	}
}
