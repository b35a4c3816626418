package trainer

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"gaetrain/graph/kernel"
	"gaetrain/graph/layer"
	"gaetrain/loaders"
)

// spoil returns a hook that shifts all weights in every step from an epoch on.
func spoil(from int) Hook {
	return everyStep(func(l *Loop) {
		if l.Position.Epoch+1 < from {
			return
		}
		for _, p := range l.Parameters.All() {
			for i := range p.Values() {
				p.Values()[i] += 0.1
			}
		}
	})
}

func TestEarlyStopping(t *testing.T) {
	for _, test := range []struct {
		name           string
		patience       int
		minDelta       float64
		spoiledFrom    int
		epochs, bestOf int
	}{
		{"never", 0, 0, 3, 9, 2},
		{"patience of one", 1, 0, 3, 3, 2},
		{"patience of three", 3, 0, 3, 5, 2},
		{"no improvement is large enough", 2, 1e6, 100, 3, 1},
		{"always better", 1, 0, 100, 9, 9},
		{"longer than the run", 20, 0, 3, 9, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := small()
			c.Epochs, c.Patience, c.MinDelta, c.Schedule = 9, test.patience, test.minDelta, "constant"
			var weights []map[string][]float32
			l, dir := trained(t, c, spoil(test.spoiledFrom), everyEpoch(func(l *Loop) {
				weights = append(weights, contents(l.Parameters, nil))
			}))
			if len(weights) != test.epochs || l.Position.BestEpoch != test.bestOf {
				t.Fatalf("%d epochs with best epoch %d; want %d with best epoch %d", len(weights), l.Position.BestEpoch, test.epochs, test.bestOf)
			}
			best, err := LoadCheckpoint(filepath.Join(dir, bestCheckpoint))
			if err != nil {
				t.Fatal(err)
			}
			other := experiment(t, c)
			if err := best.Restore(other.Parameters, nil); err != nil {
				t.Fatal(err)
			}
			sameContents(t, contents(other.Parameters, nil), weights[test.bestOf-1])
			final, err := l.Run.Final()
			if err != nil || final.Epochs != test.epochs || final.BestEpoch != test.bestOf || final.Best["validation"].Loss != *l.Position.Best {
				t.Errorf("metrics.json says %+v, %v", final, err)
			}
		})
	}
}

// negatives returns images 1 − x.
func negatives(t *testing.T, s loaders.Split) loaders.Split {
	t.Helper()
	size := s.Shape.Size()
	values := make([]float32, s.Len()*size)
	for i := range s.Len() {
		if err := s.Read(values[i*size:(i+1)*size], i, 0); err != nil {
			t.Fatal(err)
		}
	}
	for i, v := range values {
		values[i] = 1 - v
	}
	return loaders.Values(s.Shape, values)
}

// TestValidationDecides trains and validates on squares, and tests on their negatives,
// on which a better model has a higher loss. The validation set must select the epoch.
func TestValidationDecides(t *testing.T) {
	for _, validation := range []int{0, 12} {
		c := small()
		c.Epochs, c.Validation, c.LearningRate, c.Schedule = 6, validation, 1e-2, "constant"
		e := experiment(t, c)
		e.Data.Test = negatives(t, e.Data.Test)
		dir := t.TempDir()
		l, err := train(context.Background(), dir, e)
		if err != nil {
			t.Fatal(err)
		}
		records, err := ReadRecords(dir)
		if err != nil {
			t.Fatal(err)
		}
		best := make(map[string]Record)
		for _, r := range records {
			if old, ok := best[r.Split]; !ok || r.Loss < old.Loss {
				best[r.Split] = r
			}
		}
		if validation == 0 {
			if l.Position.BestEpoch != 0 || len(best) != 2 {
				t.Errorf("best epoch %d, with records of %d splits; want no epoch selected on test images", l.Position.BestEpoch, len(best))
			}
			if _, err := os.Stat(filepath.Join(dir, bestCheckpoint)); err == nil {
				t.Errorf("%s exists without a validation set", bestCheckpoint)
			}
			_, err := OpenModel(find, dir, BestCheckpoint)
			fails(t, err, ErrConfiguration, "no validation set", "--checkpoint last")
			continue
		}
		if best["validation"].Epoch == best["test"].Epoch {
			t.Fatalf("validation and test agree on epoch %d", best["test"].Epoch)
		}
		if l.Position.BestEpoch != best["validation"].Epoch {
			t.Errorf("best epoch %d, but the validation loss is lowest in epoch %d", l.Position.BestEpoch, best["validation"].Epoch)
		}
		if train := best["train"]; train.Step != 4*train.Epoch { // 60 images are left
			t.Errorf("%d steps in %d epochs", train.Step, train.Epoch)
		}
	}
}

// TestSelectionNeedsImages checks the errors about validation sets that are too large,
// and about settings of early stopping without a validation set.
func TestSelectionNeedsImages(t *testing.T) {
	for mention, set := range map[string]func(*setup){
		"validation is 72, but there are only 72": func(c *setup) { c.Validation = 72 },
		"patience is 2":    func(c *setup) { c.Validation, c.Patience = 0, 2 },
		"min-delta is 0.5": func(c *setup) { c.Validation, c.MinDelta = 0, 0.5 },
	} {
		c := small()
		set(&c)
		_, err := NewExperiment(c.Config, "small", &c.net, dataset())
		fails(t, err, ErrConfiguration, mention, "hint: ")
	}
}

// TestHoldOut checks how many images are held out by default, and if the data set has a
// validation set.
func TestHoldOut(t *testing.T) {
	for _, test := range []struct{ validation, images, named, want int }{
		{AutomaticValidation, 99, 0, 0},
		{AutomaticValidation, 100, 0, 10},
		{AutomaticValidation, 60000, 0, 5000},
		{AutomaticValidation, 60, 20, 20},
		{7, 60, 0, 7},
		{0, 60, 20, 0},
		{20, 60, 20, 20},
	} {
		c := Config{Data: Data{Validation: test.validation}}
		data := &loaders.Dataset{Train: loaders.Pixels(loaders.Shape{Channels: 1, Height: 1, Width: 1}, make([]uint8, test.images)), Validation: test.named}
		if err := c.HoldOut(t.Context(), data); err != nil || c.Validation != test.want {
			t.Errorf("%+v: %d held out, %v", test, c.Validation, err)
		}
	}
	c := Config{Data: Data{Validation: 7}}
	fails(t, c.HoldOut(t.Context(), &loaders.Dataset{Train: images(60, 1), Validation: 20}), ErrConfiguration, "validation is 7", "20 images", "hint: ")
}

// allFinite checks that a checkpoint can be read and holds no NaN or Inf.
func allFinite(t *testing.T, path string) {
	t.Helper()
	c, err := LoadCheckpoint(path)
	if err != nil {
		t.Error(err)
		return
	}
	for name, stored := range c.tensors {
		if !kernel.Finite(stored.values) && !strings.HasPrefix(name, "solver/") {
			t.Errorf("%s: %s is not finite", path, name)
		}
	}
}

// TestDivergence trains with a much too high learning rate. If numbers are not finite or
// weights are far too large, training must end with ErrDiverged. Otherwise a sigmoid has
// saturated, and every figure must be finite.
func TestDivergence(t *testing.T) {
	nets := map[string]func(*setup){
		"default":          func(*setup) {},
		"one layer":        func(c *setup) { c.Hidden = nil },
		"linear output":    func(c *setup) { c.Loss, c.OutputActivation = squaredError, linear },
		"one linear layer": func(c *setup) { c.Hidden, c.Loss, c.OutputActivation = nil, squaredError, linear },
		"sigmoid output":   func(c *setup) { c.Loss = squaredError },
		"tanh":             func(c *setup) { c.Activation = layer.Tanh },
		"clipped":          func(c *setup) { c.ClipNorm = 1 },
	}
	for name, change := range nets {
		for _, solver := range solverNames() {
			for _, rate := range []float64{1e6, 1e30} {
				t.Run(fmt.Sprint(name, "/", solver, "/", rate), func(t *testing.T) {
					c := small()
					c.Solver, c.LearningRate, c.Schedule, c.Epochs = solver, rate, "constant", 2
					change(&c)
					dir := t.TempDir()
					_, err := train(context.Background(), dir, experiment(t, c))
					steps := solver == "sgd" || solver == "momentum" || solver == "nesterov" // as large as the gradients are
					saturates := name == "sigmoid output" || name == "tanh" || name == "clipped"
					switch {
					case err != nil:
						fails(t, err, ErrDiverged, " in ", "hint: ")
					case !saturates || !steps:
						t.Error("training did not stop")
					}
					allFinite(t, filepath.Join(dir, lastCheckpoint))
					if _, err := os.Stat(filepath.Join(dir, bestCheckpoint)); err == nil {
						allFinite(t, filepath.Join(dir, bestCheckpoint))
					}
					if _, err := ReadRecords(dir); err != nil {
						t.Error(err)
					}
				})
			}
		}
	}
}

// TestNotFiniteTensor puts a NaN or Inf into a weight after the first or the last step of
// an epoch. After the last step, the loss may still be finite.
func TestNotFiniteTensor(t *testing.T) {
	for _, activation := range []layer.Activation{layer.ReLU, layer.Tanh} {
		for _, value := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
			for _, name := range []string{"encoder/1/bias", "decoder/1/weights", "decoder/2/bias"} {
				for _, step := range []int{1, 4} {
					t.Run(fmt.Sprint(activation, value, name, step), func(t *testing.T) {
						c := small()
						c.Activation = activation
						steps, dir := 0, t.TempDir()
						_, err := train(context.Background(), dir, experiment(t, c), everyStep(func(l *Loop) {
							if steps++; steps == step {
								p, _ := l.Parameters.Get(name)
								p.Values()[0] = float32(value)
							}
						}))
						want := "NaN or Inf in "
						if step > 1 { // else other tensors are not finite either when the error is noticed
							want += name
						}
						fails(t, err, ErrDiverged, want)
						allFinite(t, filepath.Join(dir, lastCheckpoint))
						if _, err := os.Stat(filepath.Join(dir, bestCheckpoint)); err == nil {
							allFinite(t, filepath.Join(dir, bestCheckpoint))
						}
					})
				}
			}
		}
	}
}

// TestHooks checks when hooks run.
func TestHooks(t *testing.T) {
	counts := make(map[string]int)
	count := func(name string) point {
		return func(context.Context, *Loop) error {
			counts[name]++
			return nil
		}
	}
	all := Hook{Name: "count", Start: count("start"), Step: count("step"), Epoch: count("epoch"), Next: count("next"), Stop: count("stop"), End: count("end")}
	trained(t, small(), all)
	if got, want := fmt.Sprint(counts), "map[end:1 epoch:3 next:3 start:1 step:12]"; got != want {
		t.Errorf("hooks ran %s, want %s", got, want)
	}
	clear(counts)
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(errors.New("by a test"))
	_, err := train(ctx, t.TempDir(), experiment(t, small()), all)
	fails(t, err, ErrStopped, "by a test", "--resume")
	if got, want := fmt.Sprint(counts), "map[start:1 stop:1]"; got != want {
		t.Errorf("hooks ran %s, want %s", got, want)
	}
	failure := errors.New("failure")
	for name, hook := range map[string]Hook{
		"start": {Start: func(context.Context, *Loop) error { return failure }},
		"step":  {Step: func(context.Context, *Loop) error { return failure }},
		"epoch": {Epoch: func(context.Context, *Loop) error { return failure }},
		"next":  {Next: func(context.Context, *Loop) error { return failure }},
		"end":   {End: func(context.Context, *Loop) error { return failure }},
	} {
		if _, err := train(context.Background(), t.TempDir(), experiment(t, small()), hook); !errors.Is(err, failure) {
			t.Errorf("a hook fails at the %s: error %v", name, err)
		}
	}
}

func TestSteadyMemory(t *testing.T) {
	const epochs = 50
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	c := small()
	c.Epochs, c.BatchSize = epochs, 2
	var heaps []uint64
	var perStep []uint64
	var first runtime.MemStats
	steps := everyStep(func(l *Loop) {
		switch l.Position.Step {
		case 5:
			runtime.ReadMemStats(&first)
		case l.Batches() - 5:
			var last runtime.MemStats
			runtime.ReadMemStats(&last)
			perStep = append(perStep, (last.TotalAlloc-first.TotalAlloc)/uint64(l.Batches()-10))
		}
	})
	trained(t, c, steps, everyEpoch(func(*Loop) { heaps = append(heaps, heap()) }))
	if grown := int64(heaps[epochs-1]) - int64(heaps[1]); grown > 64<<10 {
		t.Errorf("the heap grows by %d bytes from epoch 2 to epoch %d", grown, epochs)
	}
	slices.Sort(perStep)
	if median := perStep[len(perStep)/2]; median > 4<<10 {
		t.Errorf("a step allocates %d bytes, want at most 4096", median)
	} else {
		t.Logf("a step allocates %d bytes", median)
	}
}
