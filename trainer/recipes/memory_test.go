package recipes_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"runtime"
	"testing"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/recipes"
	"gaetrain/trainer/settings"
)

// reckonedCase names the case that a process of TestReckonedMemory measures.
const reckonedCase = "GAETRAIN_TEST_MEMORY"

// TestReckonedMemory compares the memory that an experiment estimates with the heap after
// an epoch. Each case runs in its own process, because the heap of one case would be
// measured in the next.
func TestReckonedMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("trains on large batches")
	}
	for _, c := range []struct {
		model, name string
		batch       int
		set         map[string]string
	}{
		{"dense", "wide", 128, map[string]string{"hidden": "1500,1000"}},
		{"dense", "batch", 2048, nil},
		{"conv", "pooling", 256, map[string]string{"encoder": "conv:16,3 maxpool:2 conv:32,3,batchnorm maxpool:2 dense:32"}},
		{"residual", "blocks", 64, nil},
		{"denoising", "weights", 1024, map[string]string{"corrupted-weight": "2"}},
		{"vae", "batch", 2048, nil},
		{"iwae", "samples", 128, map[string]string{"samples": "50"}},
		{"gan", "batch", 1024, nil},
		{"topk", "code", 512, map[string]string{"code": "2048"}},
	} {
		t.Run(c.model+"-"+c.name, func(t *testing.T) {
			if os.Getenv(reckonedCase) == "" {
				t.Parallel()
				command := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
				command.Env = append(os.Environ(), "GOMAXPROCS=1", reckonedCase+"=1")
				output, err := command.CombinedOutput()
				if t.Log(string(output)); err != nil {
					t.Error(err)
				}
				return
			}
			reckoned, taken, memory := memoryOf(t, c.model, c.batch, c.set)
			t.Logf("%.1f MiB estimated, %.1f used: %.3f; %s", reckoned/(1<<20), taken/(1<<20), reckoned/taken, memory)
			if reckoned < 0.9*taken || reckoned > 1.25*taken {
				t.Errorf("%.1f MiB are estimated and %.1f MiB used, want an estimate of 0.9 to 1.25 times the use: %s", reckoned/(1<<20), taken/(1<<20), memory)
			}
		})
	}
}

// memoryOf trains a model for an epoch. It returns the bytes that its experiment
// estimates, without those of the executable, and the growth of the heap.
func memoryOf(t *testing.T, model string, batch int, set map[string]string) (reckoned, taken float64, memory trainer.Memory) {
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
	config.Epochs, config.BatchSize, config.TrainImages, config.TestImages = 1, batch, batch+100, 200
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
	loop, err := trainer.NewLoop(t.Context(), e, run, trainer.Hook{Name: "heap", Epoch: func(context.Context, *trainer.Loop) error {
		after = heap()
		return errCrash // the rest of training would only take time
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := loop.Train(context.Background()); !errors.Is(err, errCrash) {
		t.Fatal(err)
	}
	for _, part := range e.Memory.Parts {
		if part.Name != "program" && part.Name != "checkpoint" {
			reckoned += float64(part.Bytes)
		}
	}
	return reckoned, float64(after) - float64(before), e.Memory
}

// heap returns the size of the live objects on the heap.
func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
