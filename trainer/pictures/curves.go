package pictures

import (
	"context"
	"fmt"
	"slices"

	"gaetrain/trainer"
	"gaetrain/viz"
	"gaetrain/viz/page"
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

// mostCurvePoints is the largest number of points of a curve on a page.
const mostCurvePoints = 1000

// curves are the figures of all epochs for the page; nil before the first epoch.
func (s Subject) curves(h trainer.History) *page.Curves {
	stages := h.Stages()
	stages[h.Position.Stage] = s.Model.Stage
	made := Curves(h.Records, stages)
	if len(made.Series) == 0 {
		return nil
	}
	c := &page.Curves{}
	for _, one := range made.Series {
		c.Series = append(c.Series, page.Series{Name: one.Name, Unit: one.Unit, Split: one.Split, X: evenly(one.X), Y: evenly(one.Y)})
	}
	for _, one := range made.Stages {
		c.Stages = append(c.Stages, page.Span{Name: page.Label(one.Name), From: one.From, To: one.To})
	}
	if best := h.Position.BestEpoch; best > 0 {
		c.Marks = []page.Mark{{X: made.Stages[len(made.Stages)-1].From - 1 + float64(best), Label: page.Label(fmt.Sprintf("best epoch %d", best))}}
	}
	return c
}

// evenly picks values at even distances if there are too many, and always the last one.
func evenly(values []float64) (picked []float64) {
	n := len(values)
	if n <= mostCurvePoints {
		return values
	}
	for i := range mostCurvePoints {
		picked = append(picked, values[i*(n-1)/(mostCurvePoints-1)])
	}
	return picked
}
