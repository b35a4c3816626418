package viz

import (
	"fmt"
	"image/color"
	"io"
	"math"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"gaetrain/viz/plain"
	"gaetrain/viz/plot"
)

// Lines draws curves of y against x, and bars of the spread around them. Lines with few points also show these.
type Lines struct {
	Title          string
	XLabel, YLabel string
	LogX, LogY     bool // decades along an axis; points that are not above zero are left out
	Lines          []Line
}

// Line is one curve of a figure.
type Line struct {
	Name   string
	X, Y   []float64 // the surplus of the longer one is ignored
	Spread []float64 // half the length of the bar at each point; nil: none
}

const (
	linesHeight = vg.Length(420) // of the field with its axes
	linesLegend = vg.Length(170) // width of the legend
	shownPoints = 60             // points of a line at most that are shown as such
)

// SVG writes the curves as a vector picture. Errors are those of w.
func (l Lines) SVG(w io.Writer) error { return l.plate().svg(w) }

// PNG writes the curves at 144 dots per inch. Errors are those of w.
func (l Lines) PNG(w io.Writer) error { return l.plate().png(w) }

func (l Lines) plate() plate {
	l.Title, l.XLabel, l.YLabel = plain.Line(l.Title), plain.Line(l.XLabel), plain.Line(l.YLabel)
	names := make([]string, len(l.Lines))
	for i, line := range l.Lines {
		names[i] = plain.Line(line.Name)
	}
	words := fmt.Sprintf("%s: %s against %s of %s", l.Title, l.YLabel, l.XLabel, strings.Join(names, ", "))
	height := 2*figureMargin + linesHeight
	if l.Title != "" {
		height += titleHeight
	}
	return plate{l.Title, "", strings.TrimPrefix(words, ": "), height, l.draw}
}

// points lists which points of a line can be drawn.
func (l Lines) points(line Line) (points []int) {
	for i := range min(len(line.X), len(line.Y)) {
		if finite(line.X[i]) && finite(line.Y[i]) && (!l.LogX || line.X[i] > 0) && (!l.LogY || line.Y[i] > 0) {
			points = append(points, i)
		}
	}
	return points
}

// spread returns the spread of a point, or 0 if there is none.
func (l Line) spread(i int) float64 {
	if i < len(l.Spread) && finite(l.Spread[i]) {
		return math.Abs(l.Spread[i])
	}
	return 0
}

// bar is the range of the spread around a point. On a logarithmic axis, a range that is not above 0 begins at the point.
func (l Lines) bar(line Line, i int) (low, high float64) {
	low, high = line.Y[i]-line.spread(i), line.Y[i]+line.spread(i)
	if l.LogY && low <= 0 {
		low = line.Y[i]
	}
	return low, high
}

func (l Lines) draw(canvas draw.Canvas) {
	axes := newAxes(l.XLabel, l.YLabel)
	x, y := emptyRange(), emptyRange()
	var signs []sign
	for n, line := range l.Lines {
		for _, i := range l.points(line) {
			x.include(line.X[i])
			low, high := l.bar(line, i)
			y.include(low)
			y.include(high)
		}
		signs = append(signs, sign{plain.Line(line.Name), lineGlyph(n)})
		axes.Add(drawnLine{l, line, n})
	}
	if x.low > x.high {
		canvas.FillText(textStyle(11, muted), vg.Point{X: canvas.Min.X, Y: canvas.Max.Y - 11}, "no points")
		return
	}
	axes.X.Tick.Marker, axes.Y.Tick.Marker = evenTicks{target: 8, whole: l.countable()}, evenTicks{target: 8}
	if l.LogX {
		axes.X.Scale, axes.X.Tick.Marker = plot.LogScale{}, fineTicks{}
		axes.X.Min, axes.X.Max = x.low/1.15, x.high*1.15
	} else {
		axes.X.Min, axes.X.Max = x.around()
	}
	if l.LogY {
		axes.Y.Scale, axes.Y.Tick.Marker = plot.LogScale{}, fineTicks{}
		axes.Y.Min, axes.Y.Max = y.low/1.15, y.high*1.15
	} else {
		axes.Y.Min, axes.Y.Max = y.around()
	}
	axes.Draw(draw.Crop(canvas, 0, -linesLegend, 0, 0))
	drawLegend(draw.Crop(canvas, canvas.Max.X-canvas.Min.X-linesLegend+figureMargin, 0, 0, 0), signs)
}

// countable reports whether all places are whole numbers, such as epochs.
func (l Lines) countable() bool {
	for _, line := range l.Lines {
		for _, i := range l.points(line) {
			if line.X[i] != math.Trunc(line.X[i]) {
				return false
			}
		}
	}
	return true
}

// span is a range of values, empty while low is above high.
type span struct{ low, high float64 }

func emptyRange() span { return span{math.Inf(1), math.Inf(-1)} }

func (s *span) include(v float64) { s.low, s.high = math.Min(s.low, v), math.Max(s.high, v) }

// around is the span with a little room on both sides.
func (s span) around() (low, high float64) {
	room := math.Max(0.04*(s.high-s.low), math.Max(1e-3*math.Abs(s.high), 1e-9))
	return s.low - room, s.high + room
}

// lineGlyph is the glyph of the points of a line. After all hues, the next shape follows.
func lineGlyph(n int) draw.GlyphStyle {
	hue := hues[n%len(hues)]
	return draw.GlyphStyle{Color: color.NRGBA{hue.R, hue.G, hue.B, 0xff}, Radius: 3, Shape: classShapes[n/len(hues)%len(classShapes)]}
}

// drawnLine is one curve on its axes.
type drawnLine struct {
	Lines
	line Line
	n    int
}

// Plot implements plot.Plotter.
func (d drawnLine) Plot(canvas draw.Canvas, axes *plot.Plot) {
	toX, toY := axes.Transforms(&canvas)
	glyph := lineGlyph(d.n)
	stroke := draw.LineStyle{Color: glyph.Color, Width: strokeWidth}
	if len(d.points(d.line)) > shownPoints && d.n >= len(hues) { // its glyphs, which would distinguish it, are not shown
		stroke.Dashes = []vg.Length{6, 3}
	}
	bar := draw.LineStyle{Color: glyph.Color, Width: strokeWidth / 2}
	var path []vg.Point
	for _, i := range d.points(d.line) {
		at := vg.Point{X: toX(d.line.X[i]), Y: toY(d.line.Y[i])}
		path = append(path, at)
		if low, high := d.bar(d.line, i); high > low {
			canvas.StrokeLine2(bar, at.X, toY(low), at.X, toY(high))
		}
	}
	canvas.StrokeLines(stroke, path)
	if len(path) > shownPoints {
		return
	}
	for _, at := range path {
		canvas.DrawGlyph(glyph, at)
	}
}
