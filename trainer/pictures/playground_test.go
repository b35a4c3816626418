package pictures_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"gaetrain/graph/trace/compute"
	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/pictures"
	"gaetrain/trainer/recipes"
	"gaetrain/trainer/settings"
	"gaetrain/viz/page"
)

// spec is the part of the data of a playground that the tests look at.
type spec struct {
	Image *struct {
		Channels, Height, Width int
		Low, High               float64
	}
	Row *struct {
		Size  int
		Names []string
	}
	Code struct {
		Size   int
		Order  []int
		Low    []float64
		Levels [][]float64
		Prior  bool
	}
	Networks []struct{ Name string }
	Items    struct {
		Labels, Numbers []int
		Images          string
		Count           int
		Tensors         []struct {
			Name  string
			Shape []int
		}
	}
	Plane   *struct{ Directions [][]float64 }
	Classes []string
	Missing []string
}

// untrained is a model of a data set with its initial weights.
func untrained(t *testing.T, name string, values map[string]string, data *loaders.Dataset) *trainer.Trained {
	t.Helper()
	r, err := recipes.Find(name)
	if err != nil {
		t.Fatal(err)
	}
	m, c := r.New(), trainer.Defaults()
	if r.Defaults != nil {
		r.Defaults(&c)
	}
	for name, value := range values {
		f, ok := settings.Named(settings.Fields(m), name)
		if !ok {
			t.Fatalf("no setting %s", name)
		}
		if err := f.Set(value); err != nil {
			t.Fatal(err)
		}
	}
	c.Validation, c.Epochs = 0, 1
	e, err := trainer.NewExperiment(c, name, m, data)
	if err != nil {
		t.Fatal(err)
	}
	model := e.Trained()
	model.Info.Data = trainer.DataInfo{Name: data.Name, Classes: data.Classes, Features: data.Features, Scaling: data.Scaling}
	return model
}

// patterns are n images of a shape in two classes.
func patterns(n int, shape loaders.Shape) loaders.Split {
	pixels := make([]uint8, n*shape.Size())
	for i := range pixels {
		pixels[i] = uint8(i * i / 7)
	}
	s := loaders.Pixels(shape, pixels)
	for i := range n {
		s.Labels = append(s.Labels, loaders.Label(i%2))
	}
	return s
}

// TestPlayground describes models of several kinds for a page.
func TestPlayground(t *testing.T) {
	grey := loaders.Shape{Channels: 1, Height: 8, Width: 8}
	hostile := []string{"</script><b>", "odd"}
	for _, c := range []struct {
		name     string
		values   map[string]string
		networks string
		check    func(s spec) bool
	}{
		{"dense", map[string]string{"hidden": "16", "code": "4"}, "decoder encoder", func(s spec) bool {
			return s.Image.Width == 8 && s.Image.High == 1 && len(s.Code.Order) == 4 && len(s.Plane.Directions[1]) == 4 && s.Items.Count == 30 && len(s.Items.Numbers) == 30 && s.Items.Images != ""
		}},
		{"vae", map[string]string{"hidden": "16", "code": "2"}, "decoder encoder", func(s spec) bool {
			return s.Plane == nil && s.Code.Order[0] == 0 && s.Items.Tensors[0].Shape[1] == 2
		}},
		{"fsq", map[string]string{"hidden": "16", "words": "2", "levels": "5,4"}, "decoder encoder", func(s spec) bool {
			return len(s.Code.Levels) == 4 && len(s.Code.Levels[0]) == 5 && len(s.Code.Levels[1]) == 4 && s.Code.Levels[0][0] == -1
		}},
		{"cgan", map[string]string{"hidden": "16,16", "code": "3"}, "generator", func(s spec) bool {
			return s.Code.Prior && s.Plane == nil && len(s.Items.Labels) > 30 && s.Items.Numbers == nil && s.Items.Count == 0
		}},
		{"conv", map[string]string{"encoder": "conv:4,3 maxpool:2 dense:3", "upsampling": "unpool"}, "autoencoder", func(s spec) bool {
			return s.Code.Size == 3 && s.Items.Count == 30
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			data := &loaders.Dataset{Name: "patterns", Train: patterns(40, grey), Test: patterns(30, grey), Classes: hostile}
			text, missing, err := pictures.Playground(t.Context(), untrained(t, c.name, c.values, data), data.Test, 1<<20)
			if err != nil || len(missing) > 0 {
				t.Fatal(missing, err)
			}
			if bytes.ContainsAny(text, "<>&") {
				t.Error("the text has <, > or &")
			}
			var s spec
			if err := json.Unmarshal(text, &s); err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, n := range s.Networks {
				names = append(names, n.Name)
			}
			if strings.Join(names, " ") != c.networks || !c.check(s) || s.Classes[0] != hostile[0] {
				t.Errorf("networks %q and %+v", names, s)
			}
		})
	}
}

// TestKinds compares the operations of a page with those of package compute.
func TestKinds(t *testing.T) {
	for _, kind := range compute.Kinds() {
		if !strings.Contains(page.NetworkScript, "\n    "+kind+": ") {
			t.Errorf("network.js does not compute %s", kind)
		}
	}
}

// TestPlaygroundOfRows describes a model of rows of numbers.
func TestPlaygroundOfRows(t *testing.T) {
	rows := patterns(40, loaders.Shape{Channels: 1, Height: 1, Width: 5})
	data := &loaders.Dataset{Name: "rows", Train: rows, Test: rows, Features: []string{"a", "b", "c", "d", "e"}, Scaling: &loaders.Scaling{Kind: loaders.ScaleNone}}
	text, _, err := pictures.Playground(t.Context(), untrained(t, "dense", map[string]string{"hidden": "8", "code": "2"}, data), rows, 1<<20)
	var s spec
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	if err != nil || s.Image != nil || s.Row.Size != 5 || s.Row.Names[4] != "e" || len(s.Items.Tensors) != 2 || s.Items.Images != "" {
		t.Errorf("%+v, %v", s, err)
	}
}

// TestPlaygroundOfNothing says why there is nothing to show.
func TestPlaygroundOfNothing(t *testing.T) {
	pairs := patterns(40, loaders.Shape{Channels: 2, Height: 8, Width: 8})
	for _, c := range []struct {
		model  string
		values map[string]string
		images loaders.Split
		most   int
		want   string
	}{
		{"synchrony", map[string]string{"code": "6"}, pairs, 1 << 20, "it takes images with 2 channels."},
		{"conv", map[string]string{"encoder": "conv:260,3", "decoder": "conv:1,3"}, patterns(4, loaders.Shape{Channels: 1, Height: 8, Width: 8}), 1 << 20, "its code has 16640 values, and at most 16384 are shown."},
		{"dense", map[string]string{"code": "6", "hidden": "16"}, patterns(0, loaders.Shape{Channels: 1, Height: 8, Width: 8}), 1 << 20, "there are no test images."},
		{"dense", map[string]string{"code": "6", "hidden": "16"}, patterns(40, loaders.Shape{Channels: 1, Height: 8, Width: 8}), 100, "and at most 0.00 MB are allowed."},
	} {
		data := &loaders.Dataset{Name: "patterns", Train: patterns(40, c.images.Shape), Test: c.images, Classes: []string{"even", "odd"}}
		text, missing, err := pictures.Playground(t.Context(), untrained(t, c.model, c.values, data), c.images, c.most)
		if text != nil || err != nil || len(missing) == 0 || !strings.HasSuffix(missing[0], c.want) {
			t.Errorf("%s: %d bytes, %q, %v", c.model, len(text), missing, err)
		}
	}
}
