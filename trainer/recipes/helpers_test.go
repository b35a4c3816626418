package recipes_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/recipes"
)

// suite lists every recipe, and artificial ones that bring out what no plain
// one does: several stages, early stopping, and options that meet.
func suite() []recipes.Recipe {
	plain, err := recipes.Find("dense")
	if err != nil {
		panic(err)
	}
	twoStages := recipes.Recipe{Name: "two-stages", Stages: func(c trainer.Config, image graph.Shape) ([]trainer.Stage, error) {
		stages, err := plain.Stages(c, image)
		if err != nil {
			return nil, err
		}
		second := stages[0]
		stages[0].Name, second.Name = "first", "second"
		stages[0].Objective.Reconstruction = graph.SquaredError
		return append(stages, second), nil
	}}
	impatient := recipes.Recipe{Name: "impatient", Stages: plain.Stages, Defaults: func(c *trainer.Config) {
		c.Patience, c.MinDelta = 1, 1e6
	}}
	greedy, err := recipes.Find("stacked")
	if err != nil {
		panic(err)
	}
	together := recipes.Recipe{Name: "stacked-tied-denoising", Stages: greedy.Stages, Defaults: func(c *trainer.Config) {
		greedy.Defaults(c)
		c.Tied, c.Corruption, c.IntactWeight = true, loaders.Corruption{Kind: loaders.Masking, Level: 0.3}, 0.5
	}}
	gated, err := recipes.Find("synchrony")
	if err != nil {
		panic(err)
	}
	gates := func(code graph.Code) recipes.Recipe {
		return recipes.Recipe{Name: "synchrony-" + string(code), Stages: gated.Stages, Defaults: func(c *trainer.Config) {
			gated.Defaults(c)
			c.Gates, c.Contraction = string(code), 0.1
		}}
	}
	penalised := recipes.Recipe{Name: "penalised", Stages: plain.Stages, Defaults: func(c *trainer.Config) {
		c.CodeActivation, c.Tied = kernel.Sigmoid, true
		c.Sparsity, c.SparsityMean, c.L1, c.Contraction = 0.5, "running", 0.2, 0.3
	}}
	all := append(recipes.List(), like("vae", "vae-warm", func(c *trainer.Config) {
		c.KLWarmup, c.FreeBits, c.Samples, c.Binarise = 1.5, 0.1, 3, true
	}), like("vae", "vae-capacity", func(c *trainer.Config) {
		c.Capacity, c.CapacityEpochs, c.CapacityWeight, c.Loss = 2, 2.5, 3, graph.GaussianLikelihood
		c.Filters, c.Hidden, c.Samples = []int{8, 12}, nil, 2
	}), like("iwae", "iwae-dreg", func(c *trainer.Config) {
		c.Gradient, c.KLWarmup, c.Binarise = "dreg", 1.5, true
	}), like("gan", "gan-least-squares", func(c *trainer.Config) {
		c.Contest, c.Smoothing, c.Averaging = graph.LeastSquares, 0.1, 0
	}), like("gan", "gan-conv-wasserstein", func(c *trainer.Config) {
		c.Contest, c.JudgingRate, c.Normalisation = graph.Wasserstein, 5e-4, graph.Batchwise
		c.Filters, c.Hidden, c.KernelSize = []int{8, 12}, nil, 4
	}))
	return append(append(all, layered()...), twoStages, impatient, together, gates(graph.Product), gates(graph.Energy), penalised)
}

// like is a recipe that differs from a plain one in its defaults.
func like(model, name string, more func(*trainer.Config)) recipes.Recipe {
	r, err := recipes.Find(model)
	if err != nil {
		panic(err)
	}
	return recipes.Recipe{Name: name, Stages: r.Stages, Defaults: func(c *trainer.Config) {
		if r.Defaults != nil {
			r.Defaults(c)
		}
		more(c)
	}}
}

// layered are recipes with layers that no plain one has.
func layered() []recipes.Recipe {
	return []recipes.Recipe{
		like("conv", "conv-batchnorm-dropout", func(c *trainer.Config) {
			c.Filters, c.Normalisation, c.Dropout, c.LearningRate, c.Warmup = []int{8, 16}, graph.Batchwise, 0.2, 1e-2, 0
		}),
		like("dense", "dense-layernorm", func(c *trainer.Config) { c.Normalisation = graph.Layerwise }),
		like("stacked", "stacked-batchnorm-dropout", func(c *trainer.Config) { c.Normalisation, c.Dropout, c.Tied = graph.Batchwise, 0.1, true }),
		like("vae", "vae-batchnorm-dropout", func(c *trainer.Config) { c.Normalisation, c.Dropout, c.Samples = graph.Batchwise, 0.1, 2 }),
		like("conv", "conv-unpool", func(c *trainer.Config) {
			c.Encoder, c.Upsampling = "conv:4,3 maxpool:2 conv:5,3,layernorm maxpool:2 dense:8", graph.Unpooling
			c.LearningRate, c.Warmup = 1e-2, 0
		}),
	}
}

func find(name string) recipes.Recipe {
	for _, r := range suite() {
		if r.Name == name {
			return r
		}
	}
	panic("no recipe " + name)
}

// eachRecipe runs a test of the suite on every recipe.
func eachRecipe(t *testing.T, test func(t *testing.T, r recipes.Recipe)) {
	for _, r := range suite() {
		t.Run(r.Name, func(t *testing.T) { test(t, r) })
	}
}

var sample = sync.OnceValues(func() (*loaders.Dataset, error) {
	return loaders.Open(context.Background(), "sample", loaders.Options{})
})

// small is what a recipe says, of the size of tiny images: 3 epochs of 4 steps,
// of which the last is of a partial batch.
func small(r recipes.Recipe) (trainer.Config, *loaders.Dataset) {
	c := r.Configure()
	c.Code = 3
	if len(c.Hidden) > 0 { // some have none
		c.Hidden = []int{12}
	}
	if len(c.Filters) > 0 {
		c.Filters = []int{4, 5}
	}
	c.Threshold = min(c.Threshold, 0.02) // which codes of random weights exceed
	c.BatchSize, c.PretrainEpochs, c.Epochs, c.Pictures, c.CheckpointEvery = 16, 2, 3, 0, 0
	whole, err := sample()
	if err != nil {
		panic(err)
	}
	data := *whole
	c.Motion.Patch = min(c.Motion.Patch, 6) // of tiny images
	data.Train, data.Test = shrink(whole.Train, 60).Pairs(c.Motion, c.Seed), shrink(whole.Test, 21).Pairs(c.Motion, c.Seed)
	return c, &data
}

// shrink keeps every third pixel of the middle of the first n images: 1×8×8.
func shrink(s loaders.Split, n int) loaders.Split {
	const side, first, every = 8, 3, 3
	small := loaders.Split{Shape: loaders.Shape{Channels: 1, Height: side, Width: side}, Labels: s.Labels[:n]}
	for i := range n {
		image := s.Image(i)
		for y := range side {
			for x := range side {
				small.Images = append(small.Images, image[(first+every*y)*s.Shape.Width+first+every*x])
			}
		}
	}
	return small
}

func experiment(c trainer.Config, data *loaders.Dataset, r recipes.Recipe) (*trainer.Experiment, error) {
	return trainer.NewExperiment(c, data, r.Stages)
}

// train trains in a run folder, from its checkpoint where it has one.
func train(ctx context.Context, dir string, c trainer.Config, data *loaders.Dataset, r recipes.Recipe, hooks ...trainer.Hook) (*trainer.Experiment, error) {
	e, err := experiment(c, data, r)
	if err != nil {
		return nil, err
	}
	run, err := trainer.CreateRun(dir, e, trainer.Settings(&c, nil))
	if err != nil {
		return nil, err
	}
	defer run.Close()
	l, err := trainer.NewLoop(e, run, hooks...)
	if err != nil {
		return nil, err
	}
	return e, l.Train(ctx)
}

// trained trains to the end in a new folder and returns the folder.
func trained(t *testing.T, c trainer.Config, data *loaders.Dataset, r recipes.Recipe) (*trainer.Experiment, string) {
	t.Helper()
	dir := t.TempDir()
	e, err := train(context.Background(), dir, c, data, r)
	if err != nil {
		t.Fatal(err)
	}
	return e, dir
}

// outcome returns what a run leaves that must not depend on how it was
// interrupted: weights, solver state, position, and metrics but for times.
func outcome(t *testing.T, dir string) map[string]string {
	t.Helper()
	result := make(map[string]string)
	for _, name := range []string{"checkpoint/last.safetensors", "checkpoint/best.safetensors", "metrics.jsonl", "metrics.json"} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if filepath.Ext(name) == ".safetensors" {
			result[name] = string(data)
			continue
		}
		for decoder := json.NewDecoder(bytes.NewReader(data)); decoder.More(); {
			var object map[string]any
			if err := decoder.Decode(&object); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			for _, time := range []string{"seconds", "images_per_second", "timestamp"} {
				delete(object, time)
			}
			line, err := json.Marshal(object)
			if err != nil {
				t.Fatal(err)
			}
			result[name] += string(line) + "\n"
		}
	}
	return result
}

// sameOutcome fails where two runs left something else, or one of them left
// temporary files.
func sameOutcome(t *testing.T, gotDir, wantDir string) {
	t.Helper()
	got, want := outcome(t, gotDir), outcome(t, wantDir)
	for name := range want {
		if got[name] != want[name] {
			if filepath.Ext(name) == ".safetensors" {
				t.Errorf("%s differs: %.300q…, want %.300q…", name, got[name], want[name])
			} else {
				t.Errorf("%s differs:\n%s", name, cmp.Diff(strings.Split(want[name], "\n"), strings.Split(got[name], "\n")))
			}
		}
	}
	for _, pattern := range []string{".*", "*/.*"} {
		hidden, err := filepath.Glob(filepath.Join(gotDir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range hidden {
			if filepath.Base(path) != ".lock" {
				t.Errorf("left behind: %s", path)
			}
		}
	}
}

// batch returns the first n images of a split as one batch for a stage.
func batch(t *testing.T, stage trainer.Stage, p *graph.Parameters, s loaders.Split, n int) graph.Batch {
	t.Helper()
	inputs, err := stage.Inputs(p, s)
	if err != nil {
		t.Fatal(err)
	}
	stream, err := loaders.NewStream(inputs, loaders.StreamOptions{BatchSize: n, Corruption: stage.Corruption, Hits: stage.Objective.Emphasis != (kernel.PixelWeights{}), Noise: stage.Noise(), Binarise: stage.Binarise})
	if err != nil {
		t.Fatal(err)
	}
	for b := range stream.Epoch(0, 0) {
		return trainer.Feed(b)
	}
	t.Fatal("no batch")
	return graph.Batch{}
}

func compile(t *testing.T, s trainer.Stage, p *graph.Parameters, mode graph.Mode, batch int) *graph.Program {
	t.Helper()
	program, err := s.Compile(p, mode, batch)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { program.Close() })
	return program
}

func run(t *testing.T, p *graph.Program, b graph.Batch) {
	t.Helper()
	if err := p.Run(b); err != nil {
		t.Fatal(err)
	}
}

func setThreads(t *testing.T, threads int) {
	old := runtime.GOMAXPROCS(threads)
	t.Cleanup(func() { runtime.GOMAXPROCS(old) })
}
