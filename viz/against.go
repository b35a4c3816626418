package viz

import (
	"fmt"
	"io"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"gaetrain/viz/plain"
	"gaetrain/viz/plot"
)

// Against draws a panel for each setting with the results of items against it. A bar is the mean of the results with one value of
// the setting. Items without a result are left out.
type Against struct {
	Title    string
	Settings []Variable
	Result   Variable
}

const againstHeight = vg.Length(190) // of a panel

// SVG writes the panels as a vector picture. Errors are those of w.
func (a Against) SVG(w io.Writer) error { return a.plate().svg(w) }

// PNG writes the panels at 144 dots per inch. Errors are those of w.
func (a Against) PNG(w io.Writer) error { return a.plate().png(w) }

func (a Against) plate() plate {
	a.Title, a.Result = plain.Line(a.Title), a.Result.clean()
	a.Settings = slices.Clone(a.Settings)
	for i := range a.Settings {
		a.Settings[i] = a.Settings[i].clean()
	}
	rows, _ := a.grid()
	height := 2*figureMargin + vg.Length(rows)*againstHeight + vg.Length(rows-1)*panelGap
	if a.Title != "" {
		height += titleHeight
	}
	words := fmt.Sprintf("%s: %s against %s", a.Title, a.Result.Name, namesOf(a.Settings))
	return plate{a.Title, "Each point is a run. Bars are means over runs with the same value.", words, height, a.draw}
}

// grid is the number of rows and columns of panels.
func (a Against) grid() (rows, columns int) {
	n := max(1, len(a.Settings))
	columns = min(n, 3)
	if n == 4 {
		columns = 2
	}
	return (n + columns - 1) / columns, columns
}

func (a Against) draw(canvas draw.Canvas) {
	if len(a.Settings) == 0 || len(a.Result.distinct()) == 0 {
		canvas.FillText(textStyle(11, muted), vg.Point{X: canvas.Min.X, Y: canvas.Max.Y - 11}, "no results")
		return
	}
	rows, columns := a.grid()
	plots := make([][]*plot.Plot, rows)
	for r := range plots {
		plots[r] = make([]*plot.Plot, columns)
		for c := range plots[r] {
			if k := r*columns + c; k < len(a.Settings) {
				plots[r][c] = a.panel(a.Settings[k], c == 0)
			}
		}
	}
	places := plot.Align(plots, draw.Tiles{Rows: rows, Cols: columns, PadX: panelGap, PadY: panelGap}, canvas)
	for r := range plots {
		for c, p := range plots[r] {
			if p != nil {
				p.Draw(places[r][c])
			}
		}
	}
}

// panel makes the axes of a setting. Only the first panel of a row names the result.
func (a Against) panel(setting Variable, first bool) *plot.Plot {
	name := ""
	if first {
		name = a.Result.Name
	}
	axes := newAxes(setting.Name, name)
	axes.X.Tick.Marker, axes.Y.Tick.Marker = shortTicks{setting}, evenTicks{target: 5}
	low, high := setting.span()
	if setting.logarithmic() {
		axes.X.Scale = plot.LogScale{}
		room := math.Pow(high/low, 0.06)
		axes.X.Min, axes.X.Max = low/room, high*room
	} else {
		room := 0.06 * (high - low)
		if setting.Labels != nil {
			room = 0.5
		}
		axes.X.Min, axes.X.Max = low-room, high+room
	}
	values := a.Result.distinct()
	axes.Y.Min, axes.Y.Max = span{values[0], values[len(values)-1]}.around()
	if a.Result.logarithmic() {
		axes.Y.Scale, axes.Y.Tick.Marker = plot.LogScale{}, fineTicks{}
		axes.Y.Min, axes.Y.Max = values[0]/1.15, values[len(values)-1]*1.15
	}
	axes.Add(gridLines{}, againstPoints{a, setting})
	return axes
}

// shortTicks are the ticks of a variable with labels that fit a panel.
type shortTicks struct{ Variable }

// panelField is the width of the field of a panel, at least.
const panelField = vg.Length(180)

// Ticks implements plot.Ticker. A label that would overlap an earlier one is left out.
func (s shortTicks) Ticks(low, high float64) []plot.Tick {
	ticks := s.Variable.Ticks(low, high)
	style := textStyle(9.5, muted)
	room := panelField / vg.Length(max(1, len(ticks)))
	end := vg.Length(math.Inf(-1))
	for i := range ticks {
		if s.Labels != nil {
			ticks[i].Label = fitText(style, ticks[i].Label, room)
		}
		middle, half := panelField*vg.Length(s.place(ticks[i].Value)), style.Width(ticks[i].Label)/2
		if s.Labels == nil && middle-half < end+3 {
			ticks[i].Label = ""
			continue
		}
		end = middle + half
	}
	return ticks
}

// againstPoints are the points and the means of a panel.
type againstPoints struct {
	Against
	setting Variable
}

// Plot implements plot.Plotter.
func (p againstPoints) Plot(canvas draw.Canvas, axes *plot.Plot) {
	toX, toY := axes.Transforms(&canvas)
	glyph := lineGlyph(0)
	sums, counts := make(map[float64]float64), make(map[float64]float64)
	for i := range p.Result.Values {
		x, y := p.setting.at(i), p.Result.at(i)
		if !finite(x) || !finite(y) {
			continue
		}
		sums[x], counts[x] = sums[x]+y, counts[x]+1
		canvas.DrawGlyph(glyph, vg.Point{X: toX(x), Y: toY(y)})
	}
	mean := draw.LineStyle{Color: hues[1], Width: strokeWidth}
	for _, x := range p.setting.distinct() {
		if counts[x] > 1 {
			y := toY(sums[x] / counts[x])
			canvas.StrokeLine2(mean, toX(x)-8, y, toX(x)+8, y)
		}
	}
}
