package cmd

import (
	"context"
	"fmt"
	"strings"
	"time"

	"gaetrain/trainer"
)

// How often progress within an epoch is shown.
const (
	redrawEvery = 100 * time.Millisecond // on a terminal
	lineEvery   = 30 * time.Second       // elsewhere
)

func (c *console) time() time.Time {
	if c.now != nil {
		return c.now()
	}
	return time.Now()
}

// end clears the terminal's line.
func (c *console) end() {
	if c.live {
		printf(c.out, "\r"+eraseToEnd)
		c.live = false
	}
}

// hook shows progress.
func (c *console) hook() trainer.Hook {
	return trainer.Hook{
		Name: "progress",
		Step: func(_ context.Context, l *trainer.Loop) error {
			switch since := c.time().Sub(c.drawn); {
			case c.terminal && since > redrawEvery:
				c.draw(l)
			case !c.terminal && since >= lineEvery && l.Position.Step < l.Batches():
				c.step(l)
			}
			return nil
		},
		Epoch: func(ctx context.Context, l *trainer.Loop) error {
			c.done += work(l, l.Position.Stage, l.Batches()-c.earlierSteps)
			c.history.add(l.Position.Stage, l.Latest)
			if err := c.preview.update(ctx, c, l); err != nil {
				return err
			}
			if c.terminal {
				c.end()
				c.preview.erase(c.out)
				c.row(l)
			} else {
				c.line(l)
			}
			for _, news := range l.News {
				c.warn(news)
			}
			c.preview.show(c)
			c.earlierSteps, c.drawn = 0, c.time()
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
	if at.Step < steps { // otherwise the epoch has ended, and c.done includes it
		made += work(l, at.Stage, at.Step-c.earlierSteps)
	}
	if made <= 0 {
		return 0
	}
	return time.Duration(float64(c.time().Sub(c.started)) / made * left).Round(time.Second)
}

// row writes the row of an epoch. It first writes a heading if the figure differs from
// the figure of the previous row. The word "best" follows the figure of the split that
// selects the best epoch, if the epoch is the best so far.
func (c *console) row(l *trainer.Loop) {
	epoch := l.Position.Epoch + 1
	spans := []span{{text: fmt.Sprintf("epoch %*d/%d", len(fmt.Sprint(l.Stage.Epochs)), epoch, l.Stage.Epochs)}}
	if len(l.Stages) > 1 {
		spans[0].text = l.Stage.Name + " " + spans[0].text
	}
	name, value := headline(l.Latest)
	heading := name
	if unit := l.Stage.Unit(strings.ReplaceAll(name, " ", "_")); unit != "" {
		heading += " in " + unit
	}
	if heading != c.heading {
		c.heading = heading
		c.display.writeFitted(c.out, c.columns(), []span{{heading + " after each epoch:", dimStyle}})
		printf(c.out, "\n")
	}
	for _, r := range l.Latest {
		v, ok := value(r)
		if !ok {
			continue
		}
		spans = append(spans, span{text: fmt.Sprintf("%s %-7.5g", r.Split, v)})
		if r.Split == l.Selection() {
			best := span{text: "    "}
			if l.Position.BestEpoch == epoch {
				best = span{"best", greenStyle}
			}
			spans = append(spans, best)
		}
	}
	c.display.writeFitted(c.out, c.columns(), spans)
	printf(c.out, "\n")
}

// headline is the figure of the row. It is the accuracy of a classifier, the distance that
// selects the best epoch of an adversarial model, or otherwise the loss. A loss with only
// one term has the name of the term.
func headline(records []trainer.Record) (name string, value func(trainer.Record) (float64, bool)) {
	for _, measure := range []string{trainer.Accuracy, trainer.SampleDistance} {
		for _, r := range records {
			if _, measured := r.Measures[measure]; measured {
				return strings.ReplaceAll(measure, "_", " "), func(r trainer.Record) (float64, bool) {
					v, ok := r.Measures[measure]
					return v, ok
				}
			}
		}
	}
	name = "loss"
	for term := range records[0].Terms {
		if len(records[0].Terms) == 1 {
			name = strings.ReplaceAll(term, "_", " ")
		}
	}
	return name, func(r trainer.Record) (float64, bool) { return r.Loss, true }
}

// history is the figure of the row after each epoch of a stage so far, of the first split
// that has it.
type history struct {
	stage  int
	values []float64
}

// add adds the records of an epoch of a stage.
func (h *history) add(stage int, records []trainer.Record) {
	if h.stage != stage {
		*h = history{stage: stage}
	}
	_, value := headline(records)
	for _, r := range records {
		if v, ok := value(r); ok {
			h.values = append(h.values, v)
			return
		}
	}
}

// recall adds the epochs of the present stage that an earlier process has trained.
func (h *history) recall(l *trainer.Loop) {
	records, _ := l.Records() // progress must not end training
	for len(records) > 0 {
		n := 1
		for n < len(records) && records[n].Epoch == records[0].Epoch && records[n].Stage == records[0].Stage {
			n++
		}
		if records[0].Stage == l.Stage.Name {
			h.add(l.Position.Stage, records[:n])
		}
		records = records[n:]
	}
}

// of returns the values of a stage.
func (h *history) of(stage int) []float64 {
	if h.stage != stage {
		return nil
	}
	return h.values
}

// mostBars is the largest number of characters of the sparkline of the losses.
const mostBars = 20

// draw rewrites the line of the terminal. If the terminal is narrow, the less important
// parts are left out.
func (c *console) draw(l *trainer.Loop) {
	c.drawn, c.live = c.time(), true
	parts := []part{
		{span{text: fmt.Sprintf("epoch %d/%d", min(l.Position.Epoch+1, l.Stage.Epochs), l.Stage.Epochs)}, 1},
		{span{text: fmt.Sprintf("step %d/%d", l.Position.Step, l.Batches())}, 5},
		{span{text: fmt.Sprintf("loss %.5g", l.Program.Mean())}, 2},
		{span{text: sparkline(c.history.of(l.Position.Stage), min(mostBars, c.columns()/5), c.display.bars()), style: cyanStyle}, 3},
		{span{text: fmt.Sprintf("ETA %s", c.eta(l))}, 4},
	}
	if len(l.Stages) > 1 {
		parts[0].text = l.Stage.Name + " " + parts[0].text
	}
	if l.Seconds > 0 {
		parts = append(parts, part{span{text: fmt.Sprintf("%.0f images/s", float64(l.Images)/l.Seconds)}, 6})
	}
	printf(c.out, "\r")
	c.display.writeFitted(c.out, c.columns(), chosen(parts, c.columns()))
	printf(c.out, eraseToEnd)
}

const eraseToEnd = "\x1b[K" // of a terminal's line

// columns is the width of the terminal.
func (c *console) columns() int {
	columns, _ := c.display.dimensions()
	return columns
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

// step logs the progress within a long epoch.
func (c *console) step(l *trainer.Loop) {
	c.drawn = c.time()
	pairs := []any{
		"stage", l.Stage.Name, "epoch", l.Position.Epoch + 1, "epochs", l.Stage.Epochs, "step", l.Position.Step, "steps", l.Batches(),
		"loss", round(l.Program.Mean()),
	}
	if l.Seconds > 0 {
		pairs = append(pairs, "images_per_second", int(float64(l.Images)/l.Seconds))
	}
	pairs = append(pairs, "eta", c.eta(l).String())
	c.log.Info(fmt.Sprintf("epoch %d/%d, step %d/%d", l.Position.Epoch+1, l.Stage.Epochs, l.Position.Step, l.Batches()), pairs...)
}
