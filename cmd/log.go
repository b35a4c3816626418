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

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/viz/plain"
)

// console reports progress and warnings on stderr. On a terminal, it prints a row for
// each epoch, and rewrites the line below. Elsewhere, it prints a line for each epoch,
// and a line every 30 seconds within a long epoch. A quiet console still prints warnings,
// because they affect what the results mean.
type console struct {
	out      io.Writer // without the filter of output, because control characters rewrite the line
	log      *slog.Logger
	terminal bool
	display  terminal // what the terminal can show
	quiet    bool
	preview  *preview // of --preview; nil for none

	reported []string // see once
	sized    bool     // memory was reported

	started time.Time // of training in this process
	done    float64   // work of this process on finished epochs, see work
	drawn   time.Time // when the last line was written

	now  func() time.Time // nil: time.Now
	live bool             // the terminal's line has text

	heading string // the last heading above rows of epochs
	history history

	// Steps of the current epoch that an earlier process has made.
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
	if display, ok := terminalOf(c.out, os.Getenv); ok {
		c.terminal, c.display = !o.Quiet, display
		c.log = slog.New(plainLog{c, level.Level.Level()})
	}
	return c
}

// warn logs a warning. It may name files and classes.
func (c *console) warn(message string) {
	c.preview.leave()
	c.log.Warn(plain.Clip(message, longestLine))
}

// note logs information for the user. It may name files.
func (c *console) note(message string) {
	c.preview.leave()
	c.log.Info(plain.Clip(message, longestLine))
}

// plainLog prints what is logged as plain lines on a terminal.
type plainLog struct {
	*console
	least slog.Level
}

// Enabled implements slog.Handler.
func (m plainLog) Enabled(_ context.Context, level slog.Level) bool { return level >= m.least }

// Handle implements slog.Handler.
func (m plainLog) Handle(_ context.Context, r slog.Record) error {
	m.end()
	if r.Level >= slog.LevelWarn {
		m.display.write(m.out, span{"warning: ", yellowStyle})
	}
	text := r.Message
	r.Attrs(func(a slog.Attr) bool {
		text += " " + a.String()
		return true
	})
	printf(m.out, "%s\n", text)
	return nil
}

// WithAttrs implements slog.Handler. The console adds attributes only to single messages.
func (m plainLog) WithAttrs([]slog.Attr) slog.Handler { return m }

// WithGroup implements slog.Handler. The console uses no groups.
func (m plainLog) WithGroup(string) slog.Handler { return m }

// once reports a message unless it has been reported before.
func (c *console) once(report func(string), message string) {
	if !slices.Contains(c.reported, message) {
		c.reported = append(c.reported, message)
		report(message)
	}
}

// memory reports how much memory training takes if it takes much, once.
func (c *console) memory(m trainer.Memory) {
	if m.Notable() && !c.sized {
		c.sized = true
		c.log.Info(fmt.Sprintf("%s parameters; training takes about %s of memory", plain.Thousands(m.Parameters), m))
	}
}

// precision reports what a precision other than float32 applies to.
func (c *console) precision(e *trainer.Experiment) {
	note, warning := e.Precision()
	if note != "" {
		c.note(note)
	}
	if warning != "" {
		c.once(c.warn, warning)
	}
}

// begin reports what will be trained.
func (c *console) begin(l *trainer.Loop) {
	for _, note := range l.Notes {
		c.note(note)
	}
	for _, warning := range l.Warnings {
		c.once(c.warn, warning)
	}
	if n := l.Data.HeldOut; n > 0 {
		c.note(l.Data.Train.Shape.Words("images: ") + fmt.Sprintf("%d train, %d held out as the test set, because the data have none", l.Data.Train.Len()-l.Config.Validation, n))
	}
	c.note(heldOut(l.Experiment))
	if chosen := chosenClasses(l.Experiment); chosen != "" {
		c.note(chosen)
	}
	if given := givenLabels(l.Experiment); given != "" {
		c.note(given)
	}
	if augmented := l.Augmentation(); augmented != "" {
		c.note(augmented)
	}
	c.started, c.drawn = c.time(), c.time()
	c.earlierSteps = l.Position.Step
	if l.Resumed {
		c.history.recall(l)
	}
	if c.terminal {
		printf(c.out, "training %s (%s parameters) on %s: %d %s, %d steps per epoch\nwriting to %s\n",
			l.Config.Model, plain.Thousands(l.Parameters.Count()), l.Data.Name, l.Data.Train.Len()-l.Config.Validation, l.Data.Train.Shape.Words("images"), l.Batches(), l.Run.Dir)
		return
	}
	c.log.Info("training", "model", l.Config.Model, "parameters", l.Parameters.Count(), "dataset", l.Data.Name,
		"images", l.Data.Train.Len()-l.Config.Validation, "steps_per_epoch", l.Batches(), "resumed", l.Resumed, "run", l.Run.Dir)
}

// stopping reports that a signal will stop training.
func (c *console) stopping() {
	c.end()
	c.note("stopping after this step; a second interrupt stops at once without a new checkpoint")
}

// progress returns a function that reports how much of some work is done. On a terminal
// it rewrites one line. Elsewhere it logs a line every ten seconds.
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
		case !c.terminal && time.Since(started) > pause: // short work needs no line
			c.log.Info(what, "done", done, "of", total, "eta", left.String())
		case c.terminal && done < total:
			printf(c.out, "\r%s: %d of %d  ETA %s"+eraseToEnd, what, done, total, left)
		case c.terminal:
			printf(c.out, "\r"+eraseToEnd)
		}
	}
}

// round rounds a value to five digits. It remains a number, also in JSON.
func round(v float64) slog.Value {
	rounded, err := strconv.ParseFloat(fmt.Sprintf("%.5g", v), 64)
	if err != nil {
		rounded = v
	}
	return slog.Float64Value(rounded)
}

// loaderOptions are options of loaders that show downloads and warnings on the console.
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
		_ = bar.Set64(done) // an error of the progress bar must not stop the download
	}
	return o
}
