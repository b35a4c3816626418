package pictures

import (
	"context"

	"gaetrain/trainer"
	"gaetrain/viz"
)

// drawCurves draws every term of metrics.jsonl over all epochs.
func drawCurves(_ context.Context, l *trainer.Loop) error {
	records, err := l.Records()
	if err != nil {
		return err
	}
	c := Curves(records)
	c.Title = heading(l)
	if err := writeFile(l.Run.Path("curves.svg"), c.SVG); err != nil {
		return err
	}
	return writeFile(l.Run.Path("curves.png"), c.PNG)
}

// Curves turns the records of a run into curves: the loss where it is not just
// its one term, every term, and the squared error per pixel. The epochs of
// several stages are joined, with marks at the borders.
func Curves(records []trainer.Record) viz.Curves {
	c := viz.Curves{XLabel: "epoch"}
	at := make(map[string]int) // index in c.Series by name and split
	add := func(name, split string, x, y float64) {
		i, ok := at[name+"/"+split]
		if !ok {
			i = len(c.Series)
			at[name+"/"+split] = i
			c.Series = append(c.Series, viz.Series{Name: name, Split: split})
		}
		c.Series[i].X = append(c.Series[i].X, x)
		c.Series[i].Y = append(c.Series[i].Y, y)
	}
	before, offset, stage := 0, 0, ""
	for _, r := range records {
		if r.Stage != stage {
			if stage != "" {
				c.Marks = append(c.Marks, viz.Mark{X: float64(before), Label: r.Stage})
			}
			offset, stage = before, r.Stage
		}
		x := float64(offset + r.Epoch)
		before = offset + r.Epoch
		if len(r.Terms) > 1 {
			add("loss", r.Split, x, r.Loss)
		}
		for name, value := range r.All() {
			add(name, r.Split, x, value)
		}
	}
	return c
}
