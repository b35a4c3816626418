package export_test

import (
	"bytes"
	"math"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nlpodyssey/safetensors"

	"gaetrain/graph/kernel/noise"
	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/export"
	"gaetrain/trainer/recipes"
	"gaetrain/trainer/settings"
)

const side = 8

// images returns n images of 8×8 of two classes.
func images(n, channels int) loaders.Split {
	var pixels []uint8
	var labels []loaders.Label
	for i := range n {
		labels = append(labels, loaders.Label(i%2))
		for at := range channels * side * side {
			pixels = append(pixels, uint8(i*31+at*at*7))
		}
	}
	s := loaders.Pixels(loaders.Shape{Channels: channels, Height: side, Width: side}, pixels)
	s.Labels = labels
	return s
}

// model is a model of these images. Its weights are random, also those that start as
// constants. values are settings by name.
func model(t *testing.T, name string, values map[string]string) *trainer.Trained {
	t.Helper()
	recipe, err := recipes.Find(name)
	if err != nil {
		t.Fatal(err)
	}
	m := recipe.New()
	for name, value := range values {
		f, ok := settings.Named(settings.Fields(m), name)
		if !ok {
			t.Fatalf("no setting %s", name)
		}
		if err := f.Set(value); err != nil {
			t.Fatal(err)
		}
	}
	c := trainer.Defaults()
	if recipe.Defaults != nil {
		recipe.Defaults(&c)
	}
	c.Validation, c.Epochs = 0, 1
	channels := 1
	if name == "synchrony" { // which takes pairs of frames
		channels = 2
	}
	data := &loaders.Dataset{Name: "two|classes", Train: images(40, channels), Test: images(6, channels), Classes: []string{"even", "odd"}}
	e, err := trainer.NewExperiment(c, name, m, data)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range e.Parameters.All() {
		noise.Normal(p.Values(), noise.Key{Seed: 3, Stream: 1, Step: uint64(i)})
		for j, v := range p.Values() {
			p.Values()[j] = 0.2 * v
			if strings.HasSuffix(p.Name, "variance") || strings.HasSuffix(p.Name, "deviation") {
				p.Values()[j] = 1 + v*v
			}
		}
	}
	trained := e.Trained()
	trained.Info = trainer.RunInfo{ID: "RUN", Data: trainer.DataInfo{Name: data.Name, Train: 40, Test: 6, Classes: data.Classes}}
	return trained
}

// written returns the files of an exported model by name.
func written(t *testing.T, m *trainer.Trained) map[string]string {
	t.Helper()
	recipe, err := recipes.Find(m.Name)
	if err != nil {
		t.Fatal(err)
	}
	list, err := export.Files(t.Context(), m, export.Context{Recipe: recipe, Checkpoint: trainer.LastCheckpoint})
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[string]string)
	for _, f := range list {
		var b bytes.Buffer
		if err := f.Fill(&b); err != nil {
			t.Fatal(err)
		}
		all[f.Name] = b.String()
	}
	return all
}

// TestNetworks exports models of all kinds. Each network must be well-formed: values are
// computed once and before they are used, and all constants are used.
func TestNetworks(t *testing.T) {
	small := map[string]string{"hidden": "8", "code": "3"}
	for _, c := range []struct {
		name, model string
		values      map[string]string
		opset       int
		networks    []string
	}{
		{"dense", "dense", small, 13, []string{"encoder", "decoder", "autoencoder"}},
		{"layer normalisation", "dense", map[string]string{"hidden": "8", "code": "3", "normalisation": "layer"}, 17, []string{"encoder", "decoder", "autoencoder"}},
		{"convolutions", "conv", map[string]string{"filters": "3,4", "code": "3", "normalisation": "batch"}, 13, []string{"encoder", "decoder", "autoencoder"}},
		{"residual", "residual", map[string]string{"filters": "4", "code": "3", "normalisation": "group:2", "upsampling": "bilinear"}, 13, []string{"encoder", "decoder", "autoencoder"}},
		{"unpooling", "conv", map[string]string{"encoder": "conv:3,3 maxpool:2 dense:3", "upsampling": "unpool"}, 13, []string{"encoder", "autoencoder"}},
		{"overlapping unpooling", "conv", map[string]string{"encoder": "conv:3,3 maxpool:3,s1 dense:3", "upsampling": "unpool"}, 16, []string{"encoder", "autoencoder"}},
		{"cvae", "cvae", small, 13, []string{"encoder", "decoder", "autoencoder"}},
		{"fsq", "fsq", map[string]string{"hidden": "8", "words": "2"}, 13, []string{"encoder", "decoder", "autoencoder"}},
		{"topk", "topk", map[string]string{"code": "20", "top-k": "3"}, 13, []string{"encoder", "decoder", "autoencoder"}},
		{"zerobias", "zerobias", map[string]string{"code": "20"}, 13, []string{"encoder", "decoder", "autoencoder"}},
		{"sparse", "sparse", map[string]string{"code": "20", "top-k": "3", "sparsity": "0"}, 13, []string{"encoder", "decoder", "autoencoder"}},
		{"gan", "gan", small, 13, []string{"generator"}},
		{"all layers", "conv", map[string]string{
			"encoder": "conv:4,3x1,p1x0,d1,gelu,groupnorm:2,nobias avgpool:2 up:2 conv:3,3,silu,layernorm bilinear:2 conv:2,3,s4,selu residual(conv:2,3,leaky-relu residual(conv:2,1)) dropout:0.1 frames:2,4,softplus dense:3",
			"decoder": "dense:32,2x4x4,sigmoid,layernorm transposed:2,4,s2,p1,o0,tanh dense:64",
		}, 17, []string{"encoder", "decoder", "autoencoder"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m := model(t, c.model, c.values)
			all := written(t, m)
			for _, name := range c.networks {
				n := read(t, []byte(all[name+".onnx"]))
				wellFormed(t, n)
				if n.opset > c.opset || name == "autoencoder" && n.opset != c.opset {
					t.Errorf("%s needs operators of version %d, want %d", name, n.opset, c.opset)
				}
				if n.metadata["run"] != "RUN" || n.metadata["weights"] != m.Digest() || n.metadata["classes"] != `["even","odd"]` || n.metadata["units"] == "" {
					t.Errorf("metadata are %q", n.metadata)
				}
			}
			if len(all) != len(c.networks)+3 {
				t.Errorf("%d files", len(all))
			}
			checkWeights(t, all)
			if diff := cmp.Diff(all, written(t, m)); diff != "" {
				t.Errorf("the second export differs: %s", diff)
			}
		})
	}
}

// TestEveryModel exports every model with its default settings.
func TestEveryModel(t *testing.T) {
	for _, r := range recipes.List() {
		t.Run(r.Name, func(t *testing.T) {
			t.Parallel()
			values := map[string]string{"hidden": "8", "code": "4", "top-k": "2", "filters": "3"}
			for name := range values {
				f, ok := settings.Named(settings.Fields(r.New()), name)
				if !ok || name == "filters" && f.String() == "" || name == "top-k" && r.Name != "topk" {
					delete(values, name)
				}
			}
			for name, text := range written(t, model(t, r.Name, values)) {
				if strings.HasSuffix(name, ".onnx") {
					wellFormed(t, read(t, []byte(text)))
				}
			}
		})
	}
}

// wellFormed checks the structure of a network.
func wellFormed(t *testing.T, n *network) {
	t.Helper()
	known, used := map[string]bool{"": true}, make(map[string]bool)
	for name, a := range n.constants {
		known[name] = true
		size := 1
		for _, s := range a.shape {
			size *= s
		}
		if size != len(a.values) {
			t.Errorf("constant %s of shape %v has %d values", name, a.shape, len(a.values))
		}
	}
	for name := range n.inputs {
		known[name] = true
	}
	for _, node := range n.nodes {
		for _, in := range node.in {
			used[in] = true
			if !known[in] {
				t.Errorf("%s uses %q before it is computed", node.kind, in)
			}
		}
		for _, out := range node.out {
			if known[out] {
				t.Errorf("%q is computed twice", out)
			}
			known[out] = true
		}
	}
	for name := range n.constants {
		if !used[name] {
			t.Errorf("constant %q is not used", name)
		}
	}
	for name := range n.inputs {
		if !used[name] {
			t.Errorf("input %q is not used", name)
		}
	}
	for name := range n.outputs {
		if !known[name] {
			t.Errorf("output %q is not computed", name)
		}
	}
	if i := slices.IndexFunc(n.batch, func(name string) bool { return name != "batch" }); i >= 0 {
		t.Errorf("a first dimension is called %q", n.batch[i])
	}
}

// checkWeights checks that the file of weights has exactly the tensors of the modules in
// model.py.
func checkWeights(t *testing.T, all map[string]string) {
	t.Helper()
	file, err := safetensors.Deserialize([]byte(all["weights.safetensors"]))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, tensor := range file.Tensors() {
		names = append(names, tensor.Name)
	}
	apart := strings.Contains(all["model.py"], "self.encoder = Encoder()")
	var want []string
	class := ""
	for line := range strings.Lines(all["model.py"]) {
		if m := regexp.MustCompile(`^class (\w+)\(`).FindStringSubmatch(line); m != nil {
			class = ""
			if apart {
				class = strings.ToLower(m[1]) + "."
			}
		}
		if m := regexp.MustCompile(`register_buffer\("(\w+)"`).FindStringSubmatch(line); m != nil {
			want = append(want, class+m[1])
		}
		if m := regexp.MustCompile(`self\.(\w+) = nn\.(\w+)(.*)`).FindStringSubmatch(line); m != nil {
			want = append(want, class+m[1]+".weight")
			if m[2] != "Embedding" && !strings.Contains(m[3], "bias=False") {
				want = append(want, class+m[1]+".bias")
			}
			if strings.HasPrefix(m[2], "BatchNorm") {
				want = append(want, class+m[1]+".running_mean", class+m[1]+".running_var")
			}
		}
	}
	slices.Sort(names)
	slices.Sort(want)
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("weights of model.py (-) and of the file (+): %s", diff)
	}
}

// TestValues runs networks of rows and compares their outputs with the program's.
func TestValues(t *testing.T) {
	for _, c := range []struct {
		model  string
		values map[string]string
	}{
		{"dense", map[string]string{"hidden": "8", "code": "3"}},
		{"tied", map[string]string{"hidden": "8", "code": "3", "activation": "tanh"}},
		{"cvae", map[string]string{"hidden": "8", "code": "3"}},
		{"fsq", map[string]string{"hidden": "8", "words": "2", "encoder": "dense:8,relu dense:8,nonorm"}},
	} {
		t.Run(c.model, func(t *testing.T) {
			t.Parallel()
			m := model(t, c.model, c.values)
			all, test := written(t, m), images(6, 1)
			codes, err := m.Encode(t.Context(), test)
			if err != nil {
				t.Fatal(err)
			}
			input, labels := array{shape: []int{6, 1, side, side}}, array{shape: []int{6}}
			row := make([]float32, side*side)
			for i := range test.Len() {
				if err := test.Read(row, i, 0); err != nil {
					t.Fatal(err)
				}
				for _, v := range row {
					input.values = append(input.values, float64(v)*255)
				}
				labels.values = append(labels.values, float64(test.Labels[i]))
			}
			given := map[string]array{"input": input, "labels": labels}
			outputs := read(t, []byte(all["encoder.onnx"])).run(t, given)
			code, ok := outputs["code"]
			if m.HasPosterior() {
				_, logVariances, err := m.Treated(trainer.Treatment{}).Posterior(t.Context(), test)
				if err != nil {
					t.Fatal(err)
				}
				code, ok = outputs["mean"]
				near(t, "log-variances", outputs["log_variance"].values, logVariances)
			}
			if !ok {
				t.Fatal("no codes")
			}
			near(t, "codes", code.values, codes)
			var classes []loaders.Label
			if m.Conditional() {
				classes = test.Labels
			}
			want, err := m.Decode(t.Context(), codes, classes)
			if err != nil {
				t.Fatal(err)
			}
			for i := range want {
				want[i] *= 255
			}
			given["code"] = code
			near(t, "images of codes", read(t, []byte(all["decoder.onnx"])).run(t, given)["reconstruction"].values, want)
			delete(given, "code")
			near(t, "images of images", read(t, []byte(all["autoencoder.onnx"])).run(t, given)["reconstruction"].values, want)
		})
	}
}

func near(t *testing.T, what string, got []float64, want []float32) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	for i, w := range want {
		if math.Abs(got[i]-float64(w)) > 1e-4*max(1, math.Abs(float64(w))) {
			t.Fatalf("%s: value %d is %g, want %g", what, i, got[i], w)
		}
	}
}

// TestModule compares the module of a small model with a file.
func TestModule(t *testing.T) {
	m := model(t, "cvae", map[string]string{"encoder": "conv:3,3,s2,relu,batchnorm residual(conv:3,3 conv:3,3,linear) dense:6 dense:2"})
	const path = "testdata/cvae.py"
	got := strings.Replace(written(t, m)["model.py"], "gaetrain "+trainer.Version(), "gaetrain VERSION", 1)
	want, err := os.ReadFile(path)
	if err != nil || got != string(want) {
		if os.Getenv("REGENERATE") != "" {
			err = os.WriteFile(path, []byte(got), 0o644)
		}
		t.Errorf("%s differs, %v; hint: REGENERATE=1 writes it: %s", path, err, cmp.Diff(string(want), got))
	}
}
