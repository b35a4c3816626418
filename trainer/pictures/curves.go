package pictures

import (
	"context"
	"fmt"
	"slices"

	"gaetrain/trainer"
	"gaetrain/viz"
)

// drawCurves draws every figure of metrics.jsonl over all epochs, and marks the best
// epoch of the stage if there is one.
func drawCurves(_ context.Context, l *trainer.Loop) error {
	records, err := l.Records()
	if err != nil {
		return err
	}
	c := Curves(records, l.Stages)
	c.Title = heading(l)
	if best := l.Position.BestEpoch; best > 0 {
		x := float64(best)
		for _, s := range c.Stages {
			if s.Name == l.Stage.Name {
				x += s.From - 1
			}
		}
		c.Marks = []viz.Mark{{X: x, Label: fmt.Sprintf("best epoch %d", best)}}
	}
	if err := writeFile(l.Run.Path("curves.svg"), c.SVG); err != nil {
		return err
	}
	return writeFile(l.Run.Path("curves.png"), c.PNG)
}

// Curves turns the records of a run with these stages into curves: the loss if it
// has several terms, every term, the squared error per pixel and the measures. The
// epochs of a stage follow those of the stage before.
func Curves(records []trainer.Record, stages []trainer.Stage) viz.Curves {
	c := viz.Curves{XLabel: "epoch"}
	at := make(map[[3]string]int) // index in c.Series by name, unit and split
	add := func(name, unit, split string, x, y float64) {
		key := [3]string{name, unit, split}
		i, ok := at[key]
		if !ok {
			i = len(c.Series)
			at[key] = i
			c.Series = append(c.Series, viz.Series{Name: titleOf(name), Unit: unit, Split: split})
		}
		c.Series[i].X = append(c.Series[i].X, x)
		c.Series[i].Y = append(c.Series[i].Y, y)
	}
	before, offset := 0, 0
	for _, r := range records {
		if n := len(c.Stages); n == 0 || c.Stages[n-1].Name != r.Stage {
			offset = before
			c.Stages = append(c.Stages, viz.Stage{Name: r.Stage, From: float64(offset + 1)})
		}
		before = offset + r.Epoch
		x := float64(before)
		c.Stages[len(c.Stages)-1].To = x
		stage := named(stages, r.Stage)
		if len(r.Terms) > 1 {
			add("loss", unitOf(stage, "loss"), r.Split, x, r.Loss)
		}
		for name, value := range stage.Figures(r.Figures) {
			add(name, unitOf(stage, name), r.Split, x, value)
		}
	}
	return c
}

// named returns the stage with a name, or an otherwise empty stage if there is none.
func named(stages []trainer.Stage, name string) trainer.Stage {
	if i := slices.IndexFunc(stages, func(s trainer.Stage) bool { return s.Name == name }); i >= 0 {
		return stages[i]
	}
	return trainer.Stage{Name: name}
}
