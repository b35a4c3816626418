package recipes_test

import (
	"context"
	"runtime"
	"testing"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/recipes"
	"gaetrain/trainer/settings"
)

// TestReckonedMemory compares the memory that an experiment says it takes with
// the heap after an epoch.
func TestReckonedMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("trains wide networks")
	}
	for _, c := range []struct {
		model, name string
		change      func(*trainer.Config)
		set         map[string]string
	}{
		{"dense", "wide", nil, map[string]string{"hidden": "3000,2000"}},
		{"dense", "large batches", func(c *trainer.Config) { c.BatchSize = 2048 }, nil},
		{"dense", "clipped", func(c *trainer.Config) { c.ClipNorm = 1 }, map[string]string{"hidden": "3000,2000"}},
		{"conv", "strides", func(c *trainer.Config) { c.BatchSize = 512 }, nil},
		{"conv", "pooling", func(c *trainer.Config) { c.BatchSize = 512 }, map[string]string{"encoder": "conv:16,3 maxpool:2 conv:32,3,batchnorm maxpool:2 dense:32"}},
		{"residual", "blocks", func(c *trainer.Config) { c.BatchSize = 256 }, nil},
		{"denoising", "corrupted", func(c *trainer.Config) { c.BatchSize = 2048 }, map[string]string{"corrupted-weight": "2"}},
		{"contractive", "penalty", func(c *trainer.Config) { c.BatchSize = 1024 }, nil},
		{"vae", "large batches", func(c *trainer.Config) { c.BatchSize = 2048 }, nil},
		{"iwae", "50 samples", nil, map[string]string{"samples": "50"}},
		{"gan", "large batches", func(c *trainer.Config) { c.BatchSize = 1024 }, nil},
		{"aae", "large batches", func(c *trainer.Config) { c.BatchSize = 1024 }, nil},
		{"topk", "wide", func(c *trainer.Config) { c.BatchSize = 512 }, map[string]string{"code": "4096"}},
	} {
		t.Run(c.model+" "+c.name, func(t *testing.T) {
			reckoned, taken, memory := memoryOf(t, c.model, c.change, c.set)
			t.Logf("%.1f MiB reckoned, %.1f taken: %.3f; %s", reckoned/(1<<20), taken/(1<<20), reckoned/taken, memory)
			if reckoned < 0.9*taken || reckoned > 1.25*taken {
				t.Errorf("%.1f MiB are reckoned and %.1f MiB taken, want from 0.9 to 1.25 times as much: %s", reckoned/(1<<20), taken/(1<<20), memory)
			}
		})
	}
}

// memoryOf trains a model for an epoch, and returns the bytes that its experiment
// reckons, without those of the program itself, and those that the heap has grown by.
func memoryOf(t *testing.T, model string, change func(*trainer.Config), set map[string]string) (reckoned, taken float64, memory trainer.Memory) {
	t.Helper()
	before := heap()
	r, err := recipes.Find(model)
	if err != nil {
		t.Fatal(err)
	}
	config, m := trainer.Defaults(), r.New()
	if r.Defaults != nil {
		r.Defaults(&config)
	}
	config.Epochs, config.TrainImages, config.TestImages = 1, 2100, 200
	if change != nil {
		change(&config)
	}
	for _, f := range settings.Fields(m) {
		if text, ok := set[f.Name]; ok {
			if err := f.Set(text); err != nil {
				t.Fatal(err)
			}
		}
	}
	data, err := trainer.OpenData(context.Background(), config, loaders.Options{})
	if err != nil {
		t.Fatal(err)
	}
	e, err := trainer.NewExperiment(config, model, m, data)
	if err != nil {
		t.Fatal(err)
	}
	run, err := trainer.CreateRun(t.TempDir(), e, settings.Record(nil, &config, m))
	if err != nil {
		t.Fatal(err)
	}
	defer run.Close()
	var after uint64
	loop, err := trainer.NewLoop(e, run, trainer.Hook{Name: "heap", Epoch: func(context.Context, *trainer.Loop) error {
		after = heap()
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := loop.Train(context.Background()); err != nil {
		t.Fatal(err)
	}
	for _, part := range e.Memory.Parts {
		if part.Name != "program" {
			reckoned += float64(part.Bytes)
		}
	}
	return reckoned, float64(after) - float64(before), e.Memory
}

// heap is the memory of what is alive.
func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
