package viz

import (
	"fmt"
	"image/color"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"gaetrain/viz/plain"
)

// Series is one line: the values Y of a term at the places X, in ascending order. Where X or Y is not finite the line has
// a gap; what the longer of the two has more is left out.
type Series struct {
	Name  string // term of the loss, such as "reconstruction"
	Split string // "train", "test" or "validation"
	X, Y  []float64
}

// Mark is a vertical line through all panels, such as the border of a stage or the best epoch.
type Mark struct {
	X     float64
	Label string
}

// Curves draws one panel per term over a shared horizontal axis, in the order in which the terms first appear. A term has
// one hue and its splits differ by stroke: train solid, test dashed, validation dotted. Beside a term's name stand the
// last finite values. A panel's scale is logarithmic when all its values are positive and span more than two decades.
type Curves struct {
	Title  string
	XLabel string // such as "epoch"
	Series []Series
	Marks  []Mark
}

// Sizes of curves, in points.
const (
	panelGap     = vg.Length(22)
	splitsHeight = vg.Length(20) // of the legend
)

// SVG writes the curves as a vector picture. Errors are those of w.
func (c Curves) SVG(w io.Writer) error { return c.plate().svg(w) }

// PNG writes the curves at 144 dots per inch. Errors are those of w.
func (c Curves) PNG(w io.Writer) error { return c.plate().png(w) }

// description tells in words what the picture shows.
func (c Curves) description() string {
	var terms []string
	for _, p := range c.panels() {
		terms = append(terms, p.name)
	}
	return strings.TrimSpace(fmt.Sprintf("%s: curves of %s over %s", c.Title, strings.Join(terms, ", "), c.XLabel))
}

// panels gathers the series by term.
func (c Curves) panels() []*panel {
	var panels []*panel
	for _, s := range c.Series {
		i := slices.IndexFunc(panels, func(p *panel) bool { return p.name == s.Name })
		if i < 0 {
			i = len(panels)
			panels = append(panels, &panel{name: s.Name, hue: hues[i%len(hues)]})
		}
		panels[i].series = append(panels[i].series, s)
	}
	return panels
}

// splits lists the splits in order of first appearance.
func (c Curves) splits() []string {
	var splits []string
	for _, s := range c.Series {
		if s.Split != "" && !slices.Contains(splits, s.Split) {
			splits = append(splits, s.Split)
		}
	}
	return splits
}

// domain is the range of the horizontal axis over all finite points and marks; a single place gets half a unit around it.
func (c Curves) domain() (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, s := range c.Series {
		for i := range min(len(s.X), len(s.Y)) {
			if finite(s.X[i]) && finite(s.Y[i]) {
				low, high = math.Min(low, s.X[i]), math.Max(high, s.X[i])
			}
		}
	}
	if low > high {
		return 0, 1
	}
	for _, m := range c.Marks {
		if finite(m.X) {
			low, high = math.Min(low, m.X), math.Max(high, m.X)
		}
	}
	if low == high {
		return low - 0.5, high + 0.5
	}
	return low, high
}

// figure is the arrangement of the panels.
type figure struct {
	Curves
	panels        []*panel
	rows, columns int
}

// plate plans the picture. Text is cleaned here, once, because the vector canvas writes it as it is.
func (c Curves) plate() plate {
	c.Title, c.XLabel = plain.Line(c.Title), plain.Line(c.XLabel)
	c.Series, c.Marks = slices.Clone(c.Series), slices.Clone(c.Marks)
	for i := range c.Series {
		c.Series[i].Name, c.Series[i].Split = plain.Line(c.Series[i].Name), plain.Line(c.Series[i].Split)
	}
	for i := range c.Marks {
		c.Marks[i].Label = plain.Line(c.Marks[i].Label)
	}
	f := &figure{Curves: c, panels: c.panels()}
	n := max(1, len(f.panels))
	f.columns = min(n, 3)
	if n == 4 {
		f.columns = 2
	}
	f.rows = (n + f.columns - 1) / f.columns
	panelHeight := map[int]vg.Length{1: 330, 2: 250, 3: 205}[f.columns]
	height := 2*figureMargin + vg.Length(f.rows)*panelHeight + vg.Length(f.rows-1)*panelGap
	if c.Title != "" {
		height += titleHeight
	}
	if len(c.splits()) > 0 {
		height += splitsHeight
	}
	return plate{c.Title, c.description(), height, f.draw}
}

// draw draws legend and panels.
func (f *figure) draw(inner draw.Canvas) {
	if len(f.splits()) > 0 {
		f.drawSplits(inner)
		inner.Max.Y -= splitsHeight
	}
	if len(f.panels) == 0 {
		inner.FillText(textStyle(11, muted), vg.Point{X: inner.Min.X, Y: inner.Max.Y - 11}, "no values")
		return
	}
	low, high := f.domain()
	grid := make([][]*plot.Plot, f.rows)
	for r := range grid {
		grid[r] = make([]*plot.Plot, f.columns)
	}
	for i, p := range f.panels {
		bottom := i+f.columns >= len(f.panels)
		grid[i/f.columns][i%f.columns] = p.plot(low, high, f.XLabel, bottom, f.Marks)
	}
	tiles := draw.Tiles{Rows: f.rows, Cols: f.columns, PadX: panelGap, PadY: panelGap}
	places := plot.Align(grid, tiles, inner)
	for i, p := range f.panels {
		p.draw(places[i/f.columns][i%f.columns], grid[i/f.columns][i%f.columns], f.Marks)
	}
}

// drawSplits writes which stroke means which split.
func (f *figure) drawSplits(canvas draw.Canvas) {
	x, y := canvas.Min.X, canvas.Max.Y
	for _, split := range f.splits() {
		line := splitStroke(split, muted)
		canvas.StrokeLine2(line, x, y-6, x+26, y-6)
		style := textStyle(10.5, ink)
		canvas.FillText(style, vg.Point{X: x + 31, Y: y - 9.5}, split)
		x += 31 + style.Width(split) + 18
	}
}

// splitStroke is the line of a split.
func splitStroke(split string, c color.Color) draw.LineStyle {
	line := draw.LineStyle{Color: c, Width: strokeWidth}
	switch split {
	case "train", "":
	case "test":
		line.Dashes = []vg.Length{5, 2.5}
	case "validation":
		line.Dashes = []vg.Length{1.6, 2}
	default:
		line.Dashes = []vg.Length{6, 2, 1.6, 2}
	}
	return line
}

// textStyle is the regular typeface in a size in points.
func textStyle(size float64, c color.Color) draw.TextStyle {
	return draw.TextStyle{
		Color:   c,
		Font:    font.Font{Typeface: "Liberation", Variant: "Sans", Size: vg.Length(size)},
		Handler: plot.DefaultTextHandler,
	}
}

// fitText shortens a line to a width in points.
func fitText(style draw.TextStyle, text string, limit vg.Length) string {
	if style.Width(text) <= limit {
		return text
	}
	runes := []rune(text)
	for len(runes) > 0 && style.Width(string(runes)+ellipsis) > limit {
		runes = runes[:len(runes)-1]
	}
	return strings.TrimRight(string(runes), " ") + ellipsis
}

// finite reports whether v can be drawn: it is a number, and of a size whose differences are numbers too.
func finite(v float64) bool { return math.Abs(v) < 1e300 }

// figures writes a value with four significant digits, without an exponent from 0.001 up to a million.
func figures(v float64) string {
	magnitude := math.Abs(v)
	text := "0"
	switch {
	case magnitude >= 1e6 || magnitude != 0 && magnitude < 1e-3:
		text = strconv.FormatFloat(v, 'g', 3, 64)
	case magnitude != 0:
		text = strconv.FormatFloat(v, 'f', max(0, 3-int(math.Floor(math.Log10(magnitude)))), 64)
	}
	return strings.ReplaceAll(text, "-", "−")
}
