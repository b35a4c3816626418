package cmd

import (
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/measure"
	"gaetrain/trainer/recipes"
)

// TestReconstructTable checks that the mean of the errors in the table is the error that
// training has reported.
func TestReconstructTable(t *testing.T) {
	dir := t.TempDir()
	run, out := filepath.Join(dir, "run"), filepath.Join(dir, "errors")
	complete(t, dir, "train", "--model", "vae", "--beta", "2", "--corruption", "masking:0.3", "--run", run)
	complete(t, dir, "reconstruct", "--run", run, "--sort", "error", "--draw", "0", "--out", out)
	file, err := os.Open(out + ".csv")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil || len(rows) != 65 {
		t.Fatalf("%d lines, %v", len(rows), err)
	}
	var loss, mse float64
	for _, row := range rows[1:] {
		for at, sum := range map[int]*float64{5: &loss, 6: &mse} {
			v, err := strconv.ParseFloat(row[at], 64)
			if err != nil {
				t.Fatal(err)
			}
			*sum += v / 64
		}
	}
	final, err := (&trainer.Run{Dir: run}).Final()
	if err != nil {
		t.Fatal(err)
	}
	want := final.Last["test"]
	if math.Abs(loss/want.Loss-1) > 1e-6 || math.Abs(mse/want.MSE-1) > 1e-6 {
		t.Errorf("loss %g and mse %g, want %g and %g", loss, mse, want.Loss, want.MSE)
	}
}

// TestWorstReconstructions checks that the pixels of the images with the largest errors are
// kept, whichever batch they are in.
func TestWorstReconstructions(t *testing.T) {
	dir := t.TempDir()
	run := filepath.Join(dir, "run")
	complete(t, dir, "train", "--model", "denoising", "--test-images", "300", "--run", run)
	model, err := trainer.OpenModel(recipes.Find, run, trainer.LastCheckpoint)
	if err != nil {
		t.Fatal(err)
	}
	data, err := trainer.OpenData(t.Context(), model.Config, loaders.Options{})
	if err != nil {
		t.Fatal(err)
	}
	all, err := model.Reconstruct(t.Context(), data.Test)
	if err != nil {
		t.Fatal(err)
	}
	got, err := measure.Reconstruct(t.Context(), model, data.Test, measure.ReconstructOptions{Order: measure.ByError, Keep: 7})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Images) != 300 || got.Kept.Len() != 7 {
		t.Fatalf("%d images, %d kept, want 300 and 7", len(got.Images), got.Kept.Len())
	}
	for i, image := range got.Images {
		if image.MSE != all.MSE[image.Index] || i > 0 && image.MSE > got.Images[i-1].MSE {
			t.Errorf("place %d: image %d with mse %g after %g", i, image.Index, image.MSE, got.Images[max(0, i-1)].MSE)
		}
		if i >= 7 {
			continue
		}
		size := all.Shape.Size()
		for pixel := range size {
			from, to := image.Index*size+pixel, i*size+pixel
			if got.Kept.Original[to] != all.Original[from] || got.Kept.Input[to] != all.Input[from] || got.Kept.Reconstruction[to] != all.Reconstruction[from] {
				t.Fatalf("place %d does not show image %d", i, image.Index)
			}
		}
	}
}
