package trainer

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// resumed trains a run again with another setup.
func resumed(t *testing.T, dir string, c setup) *Loop {
	t.Helper()
	c.Resume = true
	l, err := train(context.Background(), dir, experiment(t, c))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// warned returns the notes and warnings that a resumed run begins with.
func warned(t *testing.T, dir string, c setup) string {
	t.Helper()
	c.Resume = true
	e := experiment(t, c)
	run, err := create(dir, e)
	if err != nil {
		t.Fatal(err)
	}
	defer run.Close()
	l, err := NewLoop(context.Background(), e, run)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(append(l.Notes, l.Warnings...), "\n")
}

// TestChanges resumes a run with other settings: each change is recorded and
// reported, and so is a learning rate that rises.
func TestChanges(t *testing.T) {
	_, dir := trained(t, small())
	if got := warned(t, dir, small()); !strings.Contains(got, "all 3 epochs are finished; hint: --more-epochs 10") {
		t.Errorf("the finished run begins with %q", got)
	}
	longer := small()
	longer.Epochs = 5
	got := warned(t, dir, longer)
	for _, part := range []string{"the run now has 5 epochs in total instead of 3, and 3 of them are finished", "the learning rate rises from ", "hint: --schedule constant --learning-rate "} {
		if !strings.Contains(got, part) {
			t.Errorf("the longer run begins with %q, want %q", got, part)
		}
	}
	resumed(t, dir, longer)
	flat := longer
	flat.Epochs, flat.Schedule, flat.LearningRate = 7, "constant", 1e-4
	l := resumed(t, dir, flat)
	want := []Change{
		{"epochs", "3", "5", "train", 3, 0}, {"epochs", "5", "7", "train", 5, 0},
		{"learning-rate", "0.001", "0.0001", "train", 5, 0}, {"schedule", "cosine", "constant", "train", 5, 0},
	}
	info, err := ReadRunInfo(dir)
	if diff := cmp.Diff(want, info.Changes); err != nil || diff != "" {
		t.Error(err, diff)
	}
	if l.Rate != 1e-4 || l.Position.Epoch != 7 {
		t.Errorf("epoch %d with rate %g", l.Position.Epoch, l.Rate)
	}
	constant := small()
	constant.Schedule = "constant"
	_, dir = trained(t, constant)
	constant.Epochs = 4
	if got := warned(t, dir, constant); strings.Contains(got, "rises") {
		t.Errorf("with a constant rate the run begins with %q", got)
	}
}

// TestResumePatience resumes a run that has stopped early with more patience.
func TestResumePatience(t *testing.T) {
	c := small()
	c.Epochs, c.Patience, c.MinDelta = 6, 1, 1e9
	l, dir := trained(t, c)
	if l.Position.Epoch != 2 || !l.Position.Stopped {
		t.Fatalf("the run stopped at %+v", l.Position)
	}
	if got := warned(t, dir, c); !strings.Contains(got, "not improved since epoch 1; hint: --patience 2") {
		t.Errorf("the stopped run begins with %q", got)
	}
	c.Patience = 3
	if l = resumed(t, dir, c); l.Position.Epoch != 4 || !l.Position.Stopped {
		t.Errorf("with more patience the run stopped at %+v", l.Position)
	}
	c.Patience = 0
	if l = resumed(t, dir, c); l.Position.Epoch != 6 || l.Position.Stopped {
		t.Errorf("without patience the run stopped at %+v", l.Position)
	}
}

// TestFailedResume resumes a run with more epochs and fails. If nothing was saved, the total
// of the run is as before, so that the same command can be given again.
func TestFailedResume(t *testing.T) {
	broken := errors.New("broken")
	fail := func(context.Context, *Loop) error { return broken }
	atEpoch := func(epoch int) Hook {
		return Hook{Name: "test", Epoch: func(_ context.Context, l *Loop) error {
			if l.Position.Epoch == epoch {
				return broken
			}
			return nil
		}}
	}
	for name, c := range map[string]struct {
		hook   Hook
		err    error
		epochs string
	}{
		"at the start":        {Hook{Name: "test", Start: fail}, broken, "3"},
		"in the first step":   {Hook{Name: "test", Step: fail}, broken, "3"},
		"in the first epoch":  {atEpoch(3), broken, "3"},
		"in the second epoch": {atEpoch(4), broken, "5"},
		"by divergence":       {everyStep(poison), ErrDiverged, "5"},
	} {
		_, dir := trained(t, small())
		longer := small()
		longer.Epochs, longer.Resume = 5, true
		if _, err := train(t.Context(), dir, experiment(t, longer), c.hook); !errors.Is(err, c.err) {
			t.Fatalf("%s: error %v", name, err)
		}
		info, err := ReadRunInfo(dir)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Configuration["epochs"].String(); got != c.epochs {
			t.Errorf("failed %s: the total is %v epochs, want %s", name, got, c.epochs)
		}
	}
}
