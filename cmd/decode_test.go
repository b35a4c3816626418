package cmd

import (
	"math"
	"os"
	"path/filepath"
	"testing"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/recipes"
)

// TestDecode decodes the codes that encode has written. The images must be equal to the
// reconstructions.
func TestDecode(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "none.toml"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"--model", "dense"},
		{"--model", "conv", "--filters", "2,3"},
		{"--model", "vae"},
		{"--model", "cvae"},
		{"--model", "topk", "--code", "40", "--top-k", "4"},
		{"--model", "zerobias", "--hidden", "none", "--code", "20"},
		{"--model", "fsq", "--levels", "5,4", "--words", "3"},
	} {
		run, out := filepath.Join(dir, args[1]), filepath.Join(dir, args[1]+"-out")
		train := append([]string{"train", "--config", "none.toml", "--train-images", "96", "--test-images", "40", "--epochs", "1", "--pictures", "0", "--quiet", "--run", run}, args...)
		complete(t, dir, train...)
		complete(t, dir, "encode", "--run", run, "--out", out+"-codes")
		model, err := trainer.OpenModel(recipes.Find, run, trainer.LastCheckpoint)
		if err != nil {
			t.Fatal(err)
		}
		data, err := trainer.OpenData(t.Context(), model.Config, loaders.Options{})
		if err != nil {
			t.Fatal(err)
		}
		decode := []string{"decode", "--run", run, "--codes", out + "-codes.npy", "--out", out}
		if model.Conditional() {
			classes := ""
			for _, label := range data.Test.Labels {
				classes += data.Classes[label] + ","
			}
			decode = append(decode, "--class", classes[:len(classes)-1])
		}
		complete(t, dir, decode...)
		got, dims, err := loaders.Floats(t.Context(), out+".npy")
		if err != nil {
			t.Fatal(err)
		}
		want, err := model.Treated(trainer.Treatment{}).Reconstruct(t.Context(), data.Test)
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != len(want.Reconstruction) || dims[0] != 40 {
			t.Fatalf("%s: images of %v, want %d values", args[1], dims, len(want.Reconstruction))
		}
		for i, v := range got {
			if d := math.Abs(float64(v - want.Reconstruction[i])); !(d < 1e-6) {
				t.Fatalf("%s: value %d of image %d is %g, want %g", args[1], i%784, i/784, v, want.Reconstruction[i])
			}
		}
	}
}

// TestImagesFile writes images of three channels with the channels last.
func TestImagesFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "images.npy")
	shape := loaders.Shape{Channels: 3, Height: 1, Width: 2}
	if err := writeTogether(imagesFile(t.Context(), path, []float32{1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15, 16}, shape)); err != nil {
		t.Fatal(err)
	}
	values, dims, err := loaders.Floats(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float32{1, 3, 5, 2, 4, 6, 11, 13, 15, 12, 14, 16} {
		if values[i] != want {
			t.Errorf("value %d is %g, want %g", i, values[i], want)
		}
	}
	if len(dims) != 4 || dims[0] != 2 || dims[1] != 1 || dims[2] != 2 || dims[3] != 3 {
		t.Errorf("dimensions %v, want 2×1×2×3", dims)
	}
}
