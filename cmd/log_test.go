package cmd

import (
	"bytes"
	"context"
	"log/slog"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/recipes"
	"gaetrain/trainer/settings"
)

// shownBy trains a small model with a console, and returns the output of the console.
func shownBy(t *testing.T, log *console, out *bytes.Buffer, settled ...given) string {
	t.Helper()
	recipe, err := recipes.Find("dense")
	if err != nil {
		t.Fatal(err)
	}
	o := recipeDefaults(recipe)
	list := append([]given{{name: "hidden", text: "16"}, {name: "code", text: "4"}, {name: "train-images", text: "256"}, {name: "test-images", text: "64"}, {name: "epochs", text: "3"}}, settled...)
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
	loop, err := trainer.NewLoop(context.Background(), experiment, run, log.hook())
	if err != nil {
		t.Fatal(err)
	}
	log.begin(loop)
	if err := loop.Train(context.Background()); err != nil {
		t.Fatal(err)
	}
	log.end()
	return out.String()
}

// TestTerminal trains on a terminal of 80 columns whose clock advances a second each time
// it is read. A row for each epoch must replace the line that is rewritten.
func TestTerminal(t *testing.T) {
	var out bytes.Buffer
	at := time.Unix(0, 0)
	log := &console{out: &out, log: slog.New(slog.DiscardHandler), terminal: true, now: func() time.Time { at = at.Add(time.Second); return at }}
	lines := strings.Split(strings.TrimSuffix(shownBy(t, log, &out, given{name: "validation", text: "64"}), "\n"), "\n")
	if want := "training dense (26,036 parameters) on sample: 192 images, 2 steps per epoch"; lines[0] != want {
		t.Errorf("%q, want %q", lines[0], want)
	}
	if !strings.HasPrefix(lines[1], "writing to ") || len(lines) != 6 {
		t.Fatalf("%q", lines)
	}
	live := regexp.MustCompile(`^epoch [123]/3  step [12]/2  loss \d+(\.\d+)?(  [_.:*+=#-]{1,2})?  ETA \d+s  \d+ images/s$`)
	row := regexp.MustCompile(`^epoch [123]/3  train \d+(\.\d+)? *  validation \d+(\.\d+)? * best  test \d+(\.\d+)? *$`)
	if _, heading, _ := strings.Cut(lines[2], eraseToEnd+"reconstruction"); heading != " in nats per image after each epoch:" {
		t.Errorf("the heading is %q", lines[2])
	}
	lines[3] = strings.TrimSuffix(lines[2], "reconstruction in nats per image after each epoch:") + lines[3]
	for i, line := range lines[3:] {
		states := strings.Split(line, "\r")
		if last := strings.TrimPrefix(states[len(states)-1], eraseToEnd); !row.MatchString(last) || utf8.RuneCountInString(last) > 80 {
			t.Errorf("row of epoch %d: %q", i+1, last)
		}
		if len(states) < 4 { // nothing, two steps and the row
			t.Errorf("epoch %d shows %q", i+1, states)
		}
		for _, state := range states[1 : len(states)-1] {
			if text := strings.TrimSuffix(state, eraseToEnd); !live.MatchString(text) || utf8.RuneCountInString(text) > 79 {
				t.Errorf("line of epoch %d: %q", i+1, text)
			}
		}
	}
}

// TestLongEpoch trains without a terminal. Within an epoch, there must be a line only after
// 30 seconds.
func TestLongEpoch(t *testing.T) {
	for pause, want := range map[time.Duration]int{time.Millisecond: 0, 10 * time.Second: 3} {
		var out bytes.Buffer
		at := time.Unix(0, 0)
		log := newLog(&out, Output{LogFormat: "text"})
		log.now = func() time.Time { at = at.Add(pause); return at }
		text := shownBy(t, log, &out, given{name: "batch-size", text: "32"})
		lines := regexp.MustCompile(`(?m)^.* msg="epoch [123]/3, step \d/8" stage=train epoch=[123] epochs=3 step=\d steps=8 loss=\S+ images_per_second=\d+ eta=\S+$`).FindAllString(text, -1)
		if len(lines) < want || (len(lines) > 0) != (want > 0) {
			t.Errorf("a clock of %s: %d lines, want at least %d: %s", pause, len(lines), want, text)
		}
		if strings.Contains(text, "\x1b") || strings.Contains(text, "\r") {
			t.Errorf("control characters in %q", text)
		}
	}
}

// TestProgress checks that the line of progress is erased at the end, and that there is
// none for short work or with --quiet.
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
