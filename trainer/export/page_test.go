package export_test

import (
	"bytes"
	"compress/flate"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"math"
	"slices"
	"strings"
	"testing"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/export"
	"gaetrain/trainer/recipes"
	"gaetrain/trainer/settings"
)

// samplesOf returns items of a model with their codes.
func samplesOf(t *testing.T, m *trainer.Trained) export.Samples {
	t.Helper()
	test := images(24, m.Shape().Channels)
	var s export.Samples
	row := make([]float32, test.Shape.Size())
	for i := range test.Len() {
		if err := test.Read(row, i, 0); err != nil {
			t.Fatal(err)
		}
		s.Images = append(s.Images, row...)
	}
	if m.Conditional() {
		s.Labels = test.Labels
	}
	var err error
	switch {
	case !m.HasEncoder():
		s.Images, s.Codes = nil, trainer.Draw(test.Len(), m.CodeSize(), 1, 1)
	case !m.IsClassifier():
		s.Codes, err = m.Encode(t.Context(), test)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// digits are those of packed text in base 85.
const digits = "!#$%()*+,-./0123456789:;=?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz{"

// unpacked reads packed arrays as network.js does.
func unpacked(t *testing.T, p export.Packed) map[string][]float32 {
	t.Helper()
	var packed []byte
	for five := range slices.Chunk([]byte(p.Data), 5) {
		v := uint64(0)
		for i := range 5 {
			digit := 84
			if i < len(five) {
				digit = strings.IndexByte(digits, five[i])
			}
			v = 85*v + uint64(digit)
		}
		packed = append(packed, binary.BigEndian.AppendUint32(nil, uint32(v))[:len(five)-1]...)
	}
	planes, err := io.ReadAll(flate.NewReader(bytes.NewReader(packed)))
	if err != nil {
		t.Fatal(err)
	}
	words, at := len(planes)/4, 0
	all := make(map[string][]float32)
	for _, a := range p.Tensors {
		size := 1
		for _, side := range a.Shape {
			size *= side
		}
		for range size {
			var w uint32
			for b := range 4 {
				w |= uint32(planes[b*words+at]) << (8 * b)
			}
			v := math.Float32frombits(w)
			switch {
			case a.Step != 0 && w%2 == 1:
				v = float32(a.Step * -float64((int64(w)+1)/2))
			case a.Step != 0:
				v = float32(a.Step * float64(w/2))
			}
			all[a.Name], at = append(all[a.Name], v), at+1
		}
	}
	if at != words {
		t.Errorf("%d words are packed, want %d", words, at)
	}
	return all
}

// TestPack packs numbers with and without a step.
func TestPack(t *testing.T) {
	plain := []float32{0, -1.5, math.MaxFloat32, float32(math.Inf(-1)), 1e-40}
	rounded := []float32{0, 1, -1, 0.1249, -0.126, 1000, -1000}
	p := export.Pack(export.Numbers{Name: "plain", Values: plain, Shape: []int{5}}, export.Numbers{Name: "none", Shape: []int{0}},
		export.Numbers{Name: "rounded", Values: rounded, Shape: []int{7, 1}, Step: 0.25}, export.Numbers{Name: "one", Values: []float32{7}})
	all := unpacked(t, p)
	if !slices.Equal(all["plain"], plain) {
		t.Errorf("plain numbers are %v", all["plain"])
	}
	if want := []float32{0, 1, -1, 0, -0.25, 1000, -1000}; !slices.Equal(all["rounded"], want) {
		t.Errorf("rounded numbers are %v, want %v", all["rounded"], want)
	}
	if !slices.Equal(all["one"], []float32{7}) {
		t.Errorf("a number is %v", all["one"])
	}
}

// TestPage writes models of all kinds for a page. The error is checked against what the
// program computes, and constants that are large enough are rounded.
func TestPage(t *testing.T) {
	wide := map[string]string{"hidden": "48", "code": "3"}
	for _, c := range []struct {
		name, model string
		values      map[string]string
		networks    string
		missing     string
	}{
		{"dense", "dense", wide, "decoder encoder", ""},
		{"linear", "linear", map[string]string{"code": "4"}, "decoder encoder", ""},
		{"layer normalisation", "dense", map[string]string{"hidden": "48", "code": "3", "normalisation": "layer"}, "decoder encoder", ""},
		{"convolutions", "conv", map[string]string{"filters": "8,12", "code": "3", "normalisation": "batch"}, "decoder encoder", ""},
		{"transposed", "conv", map[string]string{"filters": "8,12", "code": "3", "upsampling": "transposed", "kernel-size": "3"}, "decoder encoder", ""},
		{"residual", "residual", map[string]string{"filters": "4", "code": "3", "normalisation": "group:2", "upsampling": "bilinear"}, "decoder encoder", ""},
		{"unpooling", "conv", map[string]string{"encoder": "conv:3,3 maxpool:2 dense:3", "upsampling": "unpool"}, "autoencoder", ""},
		{"overlapping unpooling", "conv", map[string]string{"encoder": "conv:3,3 maxpool:3,s1 dense:3", "upsampling": "unpool"}, "autoencoder", ""},
		{"cvae", "cvae", wide, "decoder encoder", ""},
		{"fsq", "fsq", map[string]string{"hidden": "48", "words": "2"}, "decoder encoder", ""},
		{"topk", "topk", map[string]string{"code": "40", "top-k": "3"}, "decoder encoder", ""},
		{"zerobias", "zerobias", map[string]string{"code": "40"}, "decoder encoder", ""},
		{"sparse", "sparse", map[string]string{"code": "40", "top-k": "3", "sparsity": "0"}, "decoder encoder", ""},
		{"gan", "gan", wide, "generator", ""},
		{"all layers", "conv", map[string]string{
			"encoder": "conv:4,3x1,p1x0,d1,gelu,groupnorm:2,nobias avgpool:2 up:2 conv:3,3,silu,layernorm bilinear:2 conv:2,3,s4,selu residual(conv:2,3,leaky-relu residual(conv:2,1)) dropout:0.1 frames:2,4,softplus dense:3",
			"decoder": "dense:32,2x4x4,sigmoid,layernorm transposed:2,4,s2,p1,o0,tanh dense:64",
		}, "decoder encoder", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			checkPage(t, model(t, c.model, c.values), c.networks, c.missing)
		})
	}
}

// TestPageOfEveryModel writes every model with its default settings, with small networks.
func TestPageOfEveryModel(t *testing.T) {
	for _, r := range recipes.List() {
		t.Run(r.Name, func(t *testing.T) {
			t.Parallel()
			values := map[string]string{"hidden": "40", "code": "4", "top-k": "2", "filters": "3"}
			for name := range values {
				f, ok := settings.Named(settings.Fields(r.New()), name)
				if !ok || name == "filters" && f.String() == "" || name == "top-k" && r.Name != "topk" {
					delete(values, name)
				}
			}
			checkPage(t, model(t, r.Name, values), "", "")
		})
	}
}

// checkPage checks the networks of a page (names: "" for any, but at least one).
func checkPage(t *testing.T, m *trainer.Trained, names, missing string) {
	t.Helper()
	list, without, err := export.Page(t.Context(), m, samplesOf(t, m), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Join(without, "\n") != missing {
		t.Errorf("%q are missing, want %q", without, missing)
	}
	var got []string
	for _, n := range list {
		got = append(got, n.Name)
		if !(n.Error >= 0 && n.Error <= export.PageError) || n.Unit <= 0 || n.Items < 4 {
			t.Errorf("%s has an error of %g of %g on %d items", n.Name, n.Error, n.Unit, n.Items)
		}
		constants, known := unpacked(t, n.Packed), make(map[string]bool)
		for name := range constants {
			known[name] = true
		}
		for name := range n.Wholes {
			known[name] = true
		}
		for _, p := range n.Inputs {
			known[p.Value] = true
		}
		for _, node := range n.Nodes {
			for _, in := range node.In {
				if in != "" && !known[in] {
					t.Errorf("%s: %s uses %q before it is computed", n.Name, node.Kind, in)
				}
			}
			for _, out := range node.Out {
				known[out] = true
			}
		}
		for _, p := range n.Tensors {
			if rounded := p.Step > 0; rounded != (len(constants[p.Name]) >= 1024 && p.Name != "code/codebook") {
				t.Errorf("%s: %s with %d values is rounded: %t", n.Name, p.Name, len(constants[p.Name]), rounded)
			}
		}
		if checks := unpacked(t, n.Checks); len(checks["want"]) == 0 || len(checks) != len(n.Inputs)+1 {
			t.Errorf("%s has the checks %v", n.Name, n.Checks.Tensors)
		}
		if _, err := json.Marshal(n); err != nil {
			t.Error(err)
		}
	}
	if len(got) == 0 || names != "" && strings.Join(got, " ") != names {
		t.Errorf("networks are %q, want %q", got, names)
	}
}

// TestPageLimit leaves networks out that need too much text. The decoder comes first.
func TestPageLimit(t *testing.T) {
	m := model(t, "dense", map[string]string{"hidden": "64", "code": "3"})
	s := samplesOf(t, m)
	for _, c := range []struct {
		most     int
		networks int
		missing  []string
	}{
		{1 << 20, 2, nil},
		{18_000, 1, []string{"The encoder is not part of this page: its 4355 weights need "}},
		{5000, 0, []string{"The decoder is not part of this page: its 4416 weights need ", "The encoder is not part of this page: its 4355 weights need "}},
		{1000, 0, []string{"The decoder is not part of this page: its 4416 weights need ", "The encoder is not part of this page: its 4355 weights need "}},
	} {
		list, missing, err := export.Page(t.Context(), m, s, c.most)
		if err != nil {
			t.Fatal(err)
		}
		if len(list) != c.networks || len(missing) != len(c.missing) {
			t.Errorf("%d bytes: %d networks, and %q", c.most, len(list), missing)
			continue
		}
		for i, want := range c.missing {
			if !strings.HasPrefix(missing[i], want) || !strings.Contains(missing[i], " of text, and at most ") {
				t.Errorf("%d bytes: %q", c.most, missing[i])
			}
		}
		for _, n := range list {
			if text, _ := json.Marshal(n); len(text) > c.most {
				t.Errorf("%d bytes: the %s has %d", c.most, n.Name, len(text))
			}
		}
	}
}

// TestPageWork leaves out a network that needs too many products, although it has few
// weights.
func TestPageWork(t *testing.T) {
	m := model(t, "conv", map[string]string{"encoder": "conv:64,3 up:8 conv:64,3 maxpool:8 dense:2", "decoder": "dense:64"})
	list, missing, err := export.Page(t.Context(), m, samplesOf(t, m), 1<<20)
	if err != nil || len(list) != 1 || len(missing) != 1 || !strings.Contains(missing[0], "encoder") || !strings.Contains(missing[0], "million products") {
		t.Errorf("%d networks, %q, %v", len(list), missing, err)
	}
}

// TestPageStops stops when its context does.
func TestPageStops(t *testing.T) {
	m := model(t, "dense", map[string]string{"hidden": "64", "code": "3"})
	ctx, stop := context.WithCancel(t.Context())
	s := samplesOf(t, m)
	stop()
	if _, _, err := export.Page(ctx, m, s, 1<<20); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
}

// TestPageRange measures errors in the range of the pixels.
func TestPageRange(t *testing.T) {
	m := model(t, "dense", map[string]string{"hidden": "40", "code": "3"})
	s := samplesOf(t, m)
	s.Range = loaders.Range{Low: -1, High: 3}
	list, _, err := export.Page(t.Context(), m, s, 1<<20)
	if err != nil || len(list) != 2 || list[0].Unit != 4 || list[1].Unit == 4 {
		t.Errorf("networks are %d, units %g and %g, %v", len(list), list[0].Unit, list[1].Unit, err)
	}
}
