package trainer

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gaetrain/loaders"
	"gaetrain/trainer/settings"
)

// images returns n images of 1×6×6. Each shows a bright square at one of a few places,
// over noise.
func images(n int, seed uint64) loaders.Split {
	const side = 6
	random := rand.New(rand.NewPCG(seed, 1))
	var pixels []uint8
	for range n {
		top, left := random.IntN(side-2), random.IntN(side-2)
		for y := range side {
			for x := range side {
				pixel := random.IntN(40)
				if y >= top && y < top+3 && x >= left && x < left+3 {
					pixel += 200
				}
				pixels = append(pixels, uint8(pixel))
			}
		}
	}
	return loaders.Pixels(loaders.Shape{Channels: 1, Height: side, Width: side}, pixels)
}

func dataset() *loaders.Dataset {
	return &loaders.Dataset{Name: "squares", Train: images(72, 1), Test: images(21, 2), Digest: map[string]string{"train": "md5:1", "test": "md5:2"}}
}

// setup is a configuration of the trainer and the settings of a net.
type setup struct {
	Config
	net
}

// small is the setup of a net for dataset: 3 epochs of 4 steps, and a validation
// set of 12 images.
func small() setup {
	c := setup{Defaults(), *newNet()}
	c.Model, c.Dataset = "small", "squares"
	c.BatchSize, c.Epochs, c.CheckpointEvery, c.Pictures, c.Validation = 16, 3, 0, 0, 12
	return c
}

func experiment(t testing.TB, c setup) *Experiment {
	t.Helper()
	e, err := NewExperiment(c.Config, "small", &c.net, dataset())
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func create(dir string, e *Experiment) (*Run, error) {
	return CreateRun(dir, e, settings.Record(nil, &e.Config, e.Model))
}

// train trains an experiment in a run folder.
func train(ctx context.Context, dir string, e *Experiment, hooks ...Hook) (*Loop, error) {
	run, err := create(dir, e)
	if err != nil {
		return nil, err
	}
	defer run.Close()
	l, err := NewLoop(context.Background(), e, run, hooks...)
	if err != nil {
		return nil, err
	}
	return l, l.Train(ctx)
}

// trained trains a configuration to its end in a new folder.
func trained(t testing.TB, c setup, hooks ...Hook) (*Loop, string) {
	t.Helper()
	dir := t.TempDir()
	l, err := train(context.Background(), dir, experiment(t, c), hooks...)
	if err != nil {
		t.Fatal(err)
	}
	return l, dir
}

// fails reports an error that does not wrap another one, is not one line, or does not
// contain one of the parts.
func fails(t testing.TB, err, wrapped error, parts ...string) {
	t.Helper()
	if !errors.Is(err, wrapped) {
		t.Errorf("error is %v, want one that wraps %q", err, wrapped)
		return
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("error %q is not one line", err)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q does not mention %q", err, part)
		}
	}
}

func read(t testing.TB, elements ...string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(elements...))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func write(t testing.TB, data []byte, elements ...string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(elements...), data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// names lists the files of a folder.
func names(t testing.TB, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

// everyEpoch and everyStep are hooks that call a function with the loop.
func everyEpoch(f func(*Loop)) Hook {
	return Hook{Name: "test", Epoch: func(_ context.Context, l *Loop) error { f(l); return nil }}
}

func everyStep(f func(*Loop)) Hook {
	return Hook{Name: "test", Step: func(_ context.Context, l *Loop) error { f(l); return nil }}
}
