package recipes_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/recipes"
)

// TestClassifiers asks of every recipe that a frozen classifier's codes are the
// model's, that its training resumes, and that more layers thaw one by one.
func TestClassifiers(t *testing.T) {
	for _, r := range recipes.List() {
		t.Run(r.Name, func(t *testing.T) {
			c, data := small(r)
			_, from := trained(t, c, data, r)
			model, err := trainer.OpenModel(from, trainer.LastCheckpoint)
			if err != nil {
				t.Fatal(err)
			}
			o := trainer.LabelledDefaults()
			o.From, o.EncoderLRScale = from, 0
			if model.Stage.Conditional || len(model.Stage.Architecture.Encoder) == 0 {
				if _, err := trainer.NewClassifier(c, o, data); !errors.Is(err, trainer.ErrConfiguration) {
					t.Errorf("a classifier that is told the labels, or has no encoder: %v", err)
				}
				return
			}
			want, err := model.Encode(context.Background(), data.Test)
			if err != nil {
				t.Fatal(err)
			}
			if got := classified(t, c, data, o); !slices.Equal(got, want) {
				t.Error("a frozen encoder gives other codes than the model")
			}
			o.EncoderLRScale, o.Thaw = 1, true
			if got := classified(t, c, data, o); slices.Equal(got, want) {
				t.Error("a thawed encoder has learned nothing")
			}
		})
	}
}

// classified trains a classifier and returns the codes of its encoder.
func classified(t *testing.T, c trainer.Config, data *loaders.Dataset, o trainer.Labelled) []float32 {
	t.Helper()
	c.Epochs, c.Solver, c.LearningRate = 2, "adam", 1e-2
	e, err := trainer.NewClassifier(c, o, data)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	run, err := trainer.CreateRun(dir, e, trainer.Settings(&c, nil))
	if err != nil {
		t.Fatal(err)
	}
	defer run.Close()
	l, err := trainer.NewLoop(e, run)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Train(context.Background()); err != nil {
		t.Fatal(err)
	}
	model, err := trainer.OpenModel(dir, trainer.LastCheckpoint)
	if err != nil {
		t.Fatal(err)
	}
	codes, err := model.Encode(context.Background(), data.Test)
	if err != nil {
		t.Fatal(err)
	}
	return codes
}
