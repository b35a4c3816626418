package cmd

import (
	"bytes"
	"context"
	"log/slog"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/recipes"
	"gaetrain/trainer/settings"
)

// TestTerminal trains before a terminal of 80 columns: one line that is
// rewritten, and ends.
func TestTerminal(t *testing.T) {
	recipe, err := recipes.Find("dense")
	if err != nil {
		t.Fatal(err)
	}
	o := recipeDefaults(recipe)
	list := []given{{name: "hidden", text: "16"}, {name: "code", text: "4"}, {name: "train-images", text: "256"}, {name: "test-images", text: "64"}, {name: "epochs", text: "3"}}
	if _, rest, err := fill(o.fields(), list); err != nil || len(rest) > 0 {
		t.Fatal(rest, err)
	}
	data, err := trainer.OpenData(context.Background(), o.Config, loaders.Options{})
	if err != nil {
		t.Fatal(err)
	}
	experiment, err := trainer.NewExperiment(o.Config, recipe.Name, o.model, data)
	if err != nil {
		t.Fatal(err)
	}
	run, err := trainer.CreateRun(filepath.Join(t.TempDir(), "run"), experiment, settings.Record(nil, o.recorded()...))
	if err != nil {
		t.Fatal(err)
	}
	defer run.Close()
	var out bytes.Buffer
	log := &console{out: &out, log: slog.New(slog.DiscardHandler), terminal: true}
	loop, err := trainer.NewLoop(context.Background(), experiment, run, log.hook())
	if err != nil {
		t.Fatal(err)
	}
	log.begin(loop)
	if err := loop.Train(context.Background()); err != nil {
		t.Fatal(err)
	}
	log.end()

	first, rest, _ := strings.Cut(out.String(), "\n")
	if want := "training dense (26036 parameters) on sample: 256 images, 2 steps per epoch, writing to "; !strings.HasPrefix(first, want) {
		t.Errorf("%q", first)
	}
	if strings.Count(rest, "\n") != 1 || !strings.HasSuffix(rest, "\x1b[K\n") {
		t.Fatalf("%q", rest)
	}
	shape := regexp.MustCompile(`^epoch [123]/3  step [12]/2  ETA \d+s  \d+ images/s  loss \d+\.\d\d(  test reconstruction .*)?$`)
	states := strings.Split(strings.TrimSuffix(rest, "\n"), "\r")[1:]
	for _, state := range states {
		text := strings.TrimSuffix(state, "\x1b[K")
		if !shape.MatchString(text) || utf8.RuneCountInString(text) > 79 {
			t.Errorf("%q", text)
		}
	}
	if len(states) < 3 || !strings.HasPrefix(states[len(states)-1], "epoch 3/3  step 2/2  ETA 0s") {
		t.Errorf("%q", states)
	}
}

// TestProgress asks for a line of progress that the end takes away again, and
// for none of work that is done at once or is to be quiet.
func TestProgress(t *testing.T) {
	for _, test := range []struct {
		terminal, quiet bool
		want            string
	}{
		{true, false, "\r" + eraseToEnd},
		{true, true, ""},
		{false, false, ""},
	} {
		var out bytes.Buffer
		c := newLog(&out, Output{LogFormat: "text", Quiet: test.quiet})
		c.terminal = test.terminal
		report := c.progress("images", 2)
		report(1) // too soon after the beginning
		report(2)
		if out.String() != test.want {
			t.Errorf("terminal %t, quiet %t: %q, want %q", test.terminal, test.quiet, &out, test.want)
		}
	}
}
