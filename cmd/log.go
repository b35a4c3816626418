package cmd

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/viz/plain"
)

// console reports progress and warnings on stderr: one line that is rewritten on
// a terminal, and one line per epoch elsewhere. If it is quiet, it reports only
// warnings, because a warning says that results are not what they seem.
type console struct {
	out      io.Writer // past the filter of Run, because a line is rewritten by control characters
	log      *slog.Logger
	terminal bool
	quiet    bool

	reported []string // see once

	started time.Time // of training in this process
	done    float64   // work of this process on finished epochs, see work
	drawn   time.Time // of the terminal's line

	// Steps that an earlier process made of the epoch in hand.
	earlierSteps int
}

func newLog(out io.Writer, o Output) *console {
	c := &console{out: screen(out), quiet: o.Quiet}
	level := &slog.HandlerOptions{Level: slog.LevelInfo}
	if o.Quiet {
		level.Level = slog.LevelWarn
	}
	if o.LogFormat == "json" {
		c.log = slog.New(slog.NewJSONHandler(out, level))
		return c
	}
	c.log = slog.New(slog.NewTextHandler(out, level))
	if file, ok := c.out.(*os.File); ok {
		c.terminal = term.IsTerminal(int(file.Fd())) && !o.Quiet
	}
	return c
}

// warn logs a warning. It may name files and classes.
func (c *console) warn(message string) { c.log.Warn(plain.Clip(message, longestLine)) }

// note logs what a user may want to know. It may name files.
func (c *console) note(message string) { c.log.Info(plain.Clip(message, longestLine)) }

// once reports a message that was not reported before.
func (c *console) once(report func(string), message string) {
	if !slices.Contains(c.reported, message) {
		c.reported = append(c.reported, message)
		report(message)
	}
}

// memory reports how much memory training takes, where that is much.
func (c *console) memory(m trainer.Memory) {
	if m.Notable() {
		c.log.Info(fmt.Sprintf("%s parameters; training takes about %s of memory", thousands(m.Parameters), m))
	}
}

// begin reports what is about to be trained.
func (c *console) begin(l *trainer.Loop) {
	for _, note := range l.Notes {
		c.note(note)
	}
	for _, warning := range l.Warnings {
		c.once(c.warn, warning)
	}
	if n := l.Data.HeldOut; n > 0 {
		c.note(fmt.Sprintf("images: %d train, %d held out as the test set, because the data have none", l.Data.Train.Len()-l.Config.Validation, n))
	}
	c.note(heldOut(l.Experiment))
	c.started = time.Now()
	c.earlierSteps = l.Position.Step
	if c.terminal {
		printf(c.out, "training %s (%d parameters) on %s: %d images, %d steps per epoch, writing to %s\n",
			l.Config.Model, l.Parameters.Count(), l.Data.Name, l.Data.Train.Len()-l.Config.Validation, l.Batches(), l.Run.Dir)
		return
	}
	c.log.Info("training", "model", l.Config.Model, "parameters", l.Parameters.Count(), "dataset", l.Data.Name,
		"images", l.Data.Train.Len()-l.Config.Validation, "steps_per_epoch", l.Batches(), "resumed", l.Resumed, "run", l.Run.Dir)
}

// stopping reports that a signal will stop training.
func (c *console) stopping() {
	if c.terminal {
		printf(c.out, "\n")
	}
	c.note("stopping after this step; a second interrupt stops at once, without a new checkpoint")
}

// end leaves the terminal's line behind.
func (c *console) end() {
	if c.terminal && !c.drawn.IsZero() {
		printf(c.out, "\n")
	}
}

// hook shows progress.
func (c *console) hook() trainer.Hook {
	return trainer.Hook{
		Name: "progress",
		Step: func(_ context.Context, l *trainer.Loop) error {
			if c.terminal && time.Since(c.drawn) > 100*time.Millisecond {
				c.draw(l)
			}
			return nil
		},
		Epoch: func(_ context.Context, l *trainer.Loop) error {
			c.done += work(l, l.Position.Stage, l.Batches()-c.earlierSteps)
			if c.terminal {
				c.draw(l)
			} else {
				c.line(l)
			}
			for _, news := range l.News {
				c.end()
				c.warn(news)
			}
			c.earlierSteps = 0
			return nil
		},
	}
}

// work is the number of operations in steps of a stage. A step of one layer takes
// less time than a step of all layers.
func work(l *trainer.Loop, stage, steps int) float64 {
	return float64(steps) * l.Stages[stage].FLOPs()
}

// eta is the time left, from the work of this process so far.
func (c *console) eta(l *trainer.Loop) time.Duration {
	at, steps := l.Position, l.Batches()
	left := -work(l, at.Stage, at.Epoch*steps+at.Step)
	for i, s := range l.Stages[at.Stage:] {
		left += work(l, at.Stage+i, s.Epochs*steps)
	}
	made := c.done
	if at.Step < steps { // else within the hooks of an epoch, which done counts already
		made += work(l, at.Stage, at.Step-c.earlierSteps)
	}
	if made <= 0 {
		return 0
	}
	return time.Duration(float64(time.Since(c.started)) / made * left).Round(time.Second)
}

// draw rewrites the one line of the terminal. The most important figures come
// first, because a narrow terminal cuts off the end.
func (c *console) draw(l *trainer.Loop) {
	c.drawn = time.Now()
	text := fmt.Sprintf("epoch %d/%d  step %d/%d  ETA %s", min(l.Position.Epoch+1, l.Stage.Epochs), l.Stage.Epochs, l.Position.Step, l.Batches(), c.eta(l))
	if len(l.Stages) > 1 {
		text = l.Stage.Name + " " + text
	}
	if l.Seconds > 0 {
		text += fmt.Sprintf("  %.0f images/s", float64(l.Images)/l.Seconds)
	}
	text += fmt.Sprintf("  loss %.2f", l.Program.Mean())
	for _, r := range l.Latest {
		if r.Split != "train" {
			text += fmt.Sprintf("  %s", r.Split)
			for name, value := range r.All() {
				text += fmt.Sprintf(" %s %.5g", name, value)
			}
		}
	}
	if runes := []rune(text); len(runes) >= c.columns() {
		text = string(runes[:c.columns()-1])
	}
	printf(c.out, "\r%s"+eraseToEnd, text)
}

const eraseToEnd = "\x1b[K" // of a terminal's line

// columns is the width of the terminal.
func (c *console) columns() int {
	if file, ok := c.out.(*os.File); ok {
		if width, _, err := term.GetSize(int(file.Fd())); err == nil && width > 0 {
			return width
		}
	}
	return 80
}

// line logs an epoch.
func (c *console) line(l *trainer.Loop) {
	pairs := []any{"stage", l.Stage.Name}
	if l.Stage.Objective != "" {
		pairs = append(pairs, "objective", l.Stage.Objective)
	}
	pairs = append(pairs, "epoch", l.Position.Epoch+1, "epochs", l.Stage.Epochs)
	for _, r := range l.Latest {
		for name, value := range r.All() {
			pairs = append(pairs, r.Split+"_"+name, round(value))
		}
	}
	pairs = append(pairs, "images_per_second", int(l.Latest[0].ImagesPerSecond), "eta", c.eta(l).String())
	c.log.Info(fmt.Sprintf("epoch %d/%d", l.Position.Epoch+1, l.Stage.Epochs), pairs...)
}

// progress returns a function that reports how much of some work is done: on a
// terminal in a line that is rewritten, elsewhere in one line every ten seconds.
func (c *console) progress(what string, total int) func(done int) {
	const pause = 10 * time.Second
	started, reported := time.Now(), time.Now()
	return func(done int) {
		since := time.Since(reported)
		if c.quiet || done < total && since < pause && (!c.terminal || since < 100*time.Millisecond) {
			return
		}
		reported = time.Now()
		left := time.Duration(float64(time.Since(started)) / float64(max(done, 1)) * float64(total-done)).Round(time.Second)
		switch {
		case !c.terminal && time.Since(started) > pause: // work that is done at once needs no line
			c.log.Info(what, "done", done, "of", total, "eta", left.String())
		case c.terminal && done < total:
			printf(c.out, "\r%s: %d of %d  ETA %s"+eraseToEnd, what, done, total, left)
		case c.terminal:
			printf(c.out, "\r"+eraseToEnd)
		}
	}
}

// round keeps five digits. The value stays a number, also in JSON.
func round(v float64) slog.Value {
	rounded, err := strconv.ParseFloat(fmt.Sprintf("%.5g", v), 64)
	if err != nil {
		rounded = v
	}
	return slog.Float64Value(rounded)
}

// loaderOptions shows downloads and warnings about data.
func loaderOptions(c *console) loaders.Options {
	o := loaders.Options{Download: true, Log: c.warn}
	if !c.terminal {
		o.Progress = func(file string, done, total int64) {
			if done == total {
				c.log.Info("downloaded", "file", file, "bytes", done)
			}
		}
		return o
	}
	var bar *progressbar.ProgressBar
	var current string
	o.Progress = func(file string, done, total int64) {
		if file != current {
			bar, current = progressbar.NewOptions64(total, progressbar.OptionSetWriter(c.out), progressbar.OptionSetDescription(plain.Clip(plain.Line(file), 40)),
				progressbar.OptionShowBytes(true), progressbar.OptionOnCompletion(func() { printf(c.out, "\n") })), file
		}
		_ = bar.Set64(done) // progress is not worth an error
	}
	return o
}

// thousands writes a number with commas between groups of three digits.
func thousands(n int) string {
	text := strconv.Itoa(n)
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}
