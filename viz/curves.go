package viz

import (
	"fmt"
	"image/color"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"gaetrain/viz/plain"
	"gaetrain/viz/plot"
)

// Series is one line: the values Y at the places X, in ascending order. The line has a gap where X or Y is not finite. If
// one of the two is longer than the other, its surplus is ignored.
type Series struct {
	Name  string // such as "reconstruction"
	Unit  string // of Y, such as "nats per image"; "" for none
	Split string // "train", "test" or "validation"
	X, Y  []float64
}

// Mark is a vertical line through all panels, such as the best epoch.
type Mark struct {
	X     float64
	Label string
}

// Stage is a part of training. Lines are broken between stages, because their values are not comparable.
type Stage struct {
	Name     string
	From, To float64 // first and last place
}

// Curves draws a panel for each name and unit of its series, in the order in which they first appear, over a shared
// horizontal axis. The splits of a panel differ by stroke: train solid, test dashed, validation dotted. The heading gives
// the last finite values. The scale of a panel is logarithmic if all its values are positive and span more than two
// decades. The first values of each stage are outside the axis if they would flatten all others, see panel.axis; then the
// panel marks them. Values that do not change are written below the panels instead.
type Curves struct {
	Title  string
	XLabel string // such as "epoch"
	Series []Series
	Marks  []Mark
	Stages []Stage // of training, one or more; nil: the places are not those of training
}

// Sizes of curves, in points.
const (
	panelGap     = vg.Length(22)
	splitsHeight = vg.Length(20) // of the legend
	noteHeight   = vg.Length(14) // of a line below the panels
	axisWidth    = vg.Length(52) // of the vertical axis with its labels, at most
)

// SVG writes the curves as a vector picture. Errors are those of w.
func (c Curves) SVG(w io.Writer) error { return c.plate().svg(w) }

// PNG writes the curves at 144 dots per inch. Errors are those of w.
func (c Curves) PNG(w io.Writer) error { return c.plate().png(w) }

// description describes the picture for readers who cannot see it.
func (c Curves) description() string {
	var terms []string
	panels, _ := c.panels()
	for _, p := range panels {
		terms = append(terms, p.name)
	}
	return strings.TrimSpace(fmt.Sprintf("%s: curves of %s over %s", c.Title, strings.Join(terms, ", "), c.XLabel))
}

// panels gathers the series by name and unit. Those that do not change are in constant.
func (c Curves) panels() (panels, constant []*panel) {
	var all []*panel
	for _, s := range c.Series {
		i := slices.IndexFunc(all, func(p *panel) bool { return p.name == s.Name && p.unit == s.Unit })
		if i < 0 {
			i = len(all)
			all = append(all, &panel{name: s.Name, unit: s.Unit, stages: c.Stages})
		}
		all[i].series = append(all[i].series, s)
	}
	for _, p := range all {
		if p.constant() {
			constant = append(constant, p)
			continue
		}
		p.hue = hues[len(panels)%len(hues)]
		p.scale = p.axis()
		panels = append(panels, p)
	}
	return panels, constant
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

// domain is the range of the horizontal axis over all finite points and marks. A single place has half a unit at each side.
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
	notes         []string // lines below the panels
	levels        int      // lines of labels above each panel
	rows, columns int
}

// plate plans the picture. Text is cleaned here, once, because the vector canvas writes it as it is.
func (c Curves) plate() plate {
	c.Title, c.XLabel = plain.Line(c.Title), plain.Line(c.XLabel)
	c.Series, c.Marks = slices.Clone(c.Series), slices.Clone(c.Marks)
	for i := range c.Series {
		s := &c.Series[i]
		s.Name, s.Unit, s.Split = plain.Line(s.Name), plain.Line(s.Unit), plain.Line(s.Split)
	}
	c.Stages = slices.Clone(c.Stages)
	for i := range c.Stages {
		c.Stages[i].Name = plain.Line(c.Stages[i].Name)
	}
	for i := range c.Marks {
		c.Marks[i].Label = plain.Line(c.Marks[i].Label)
	}
	f := c.arrange()
	panelHeight := map[int]vg.Length{1: 330, 2: 250, 3: 215}[f.columns] + vg.Length(f.levels)*markHeight
	height := 2*figureMargin + vg.Length(f.rows)*panelHeight + vg.Length(f.rows-1)*panelGap + f.notesHeight()
	if c.Title != "" {
		height += titleHeight
	}
	if len(c.splits()) > 0 {
		height += splitsHeight
	}
	return plate{c.Title, "", c.description(), height, f.draw}
}

// arrange chooses as many columns, up to three, as leave the heading of every panel uncut.
func (c Curves) arrange() *figure {
	f := &figure{Curves: c}
	var constant []*panel
	f.panels, constant = c.panels()
	clipped := false
	for _, p := range f.panels {
		clipped = clipped || len(p.outside()) > 0
	}
	if clipped {
		f.notes = append(f.notes, "▲ and ▼: the first values of a stage are outside the axis. ↑ and ↓ give the farthest of them.")
	}
	if len(constant) > 0 {
		f.notes = append(f.notes, constants(constant)...)
	}
	n := max(1, len(f.panels))
	f.columns = min(n, 3)
	if n == 4 {
		f.columns = 2
	}
	for f.columns > 1 && slices.ContainsFunc(f.panels, func(p *panel) bool { return p.headingWidth() > f.panelWidth() }) {
		f.columns--
	}
	f.rows = (n + f.columns - 1) / f.columns
	for _, p := range f.panels {
		f.levels = max(f.levels, f.labelLevels(p))
	}
	return f
}

// labelLevels is the number of lines that the labels above a panel need.
func (f *figure) labelLevels(p *panel) (levels int) {
	low, high := f.domain()
	toX := func(x float64) vg.Length { return f.panelWidth() * vg.Length((x-low)/(high-low)) }
	for _, l := range placeLabels(f.labels(p), toX, 0, f.panelWidth(), markLevels) {
		levels = max(levels, l.level+1)
	}
	return levels
}

// labels returns the labels above a panel: of the stages, the marks and the values outside the axis.
func (f *figure) labels(p *panel) []Mark {
	labels := append(p.outside(), f.Marks...)
	if len(f.Stages) > 1 {
		for _, s := range f.Stages {
			labels = append(labels, Mark{(s.From + s.To) / 2, s.Name})
		}
	}
	return labels
}

// notesHeight is the height of all notes, including the gap above them.
func (f *figure) notesHeight() vg.Length {
	if len(f.notes) == 0 {
		return 0
	}
	return vg.Length(len(f.notes))*noteHeight + noteHeight/2
}

// panelWidth is the smallest width of the data of a panel.
func (f *figure) panelWidth() vg.Length {
	n := vg.Length(f.columns)
	return (figureWidth-2*figureMargin-(n-1)*panelGap)/n - axisWidth
}

// constants returns lines that list the figures that do not change, with their values.
func constants(panels []*panel) (lines []string) {
	line, style := "Does not change:", textStyle(9.5, muted)
	for i, p := range panels {
		item := " " + p.name + " " + strings.ReplaceAll(strconv.FormatFloat(p.series[0].last(), 'g', 4, 64), "-", "−")
		if i < len(panels)-1 {
			item += ","
		}
		if style.Width(line+item) > figureWidth-2*figureMargin {
			lines, line = append(lines, line), ""
		}
		line += item
	}
	return append(lines, line)
}

// draw draws the legend, the panels and the notes below them.
func (f *figure) draw(inner draw.Canvas) {
	if len(f.splits()) > 0 {
		f.drawSplits(inner)
		inner.Max.Y -= splitsHeight
	}
	for i, note := range f.notes {
		y := inner.Min.Y + vg.Length(len(f.notes)-1-i)*noteHeight
		inner.FillText(textStyle(9.5, muted), vg.Point{X: inner.Min.X, Y: y}, note)
	}
	inner.Min.Y += f.notesHeight()
	if len(f.panels) == 0 && len(f.notes) == 0 {
		inner.FillText(textStyle(11, muted), vg.Point{X: inner.Min.X, Y: inner.Max.Y - 11}, "no values")
		return
	}
	if len(f.panels) == 0 {
		return
	}
	low, high := f.domain()
	grid := make([][]*plot.Plot, f.rows)
	for r := range grid {
		grid[r] = make([]*plot.Plot, f.columns)
	}
	for i, p := range f.panels {
		xlabel := ""
		if i+f.columns >= len(f.panels) {
			xlabel = f.XLabel
		}
		grid[i/f.columns][i%f.columns] = f.axes(p, low, high, xlabel)
	}
	tiles := draw.Tiles{Rows: f.rows, Cols: f.columns, PadX: panelGap, PadY: panelGap}
	places := plot.Align(grid, tiles, inner)
	for i, p := range f.panels {
		f.drawPanel(places[i/f.columns][i%f.columns], grid[i/f.columns][i%f.columns], p)
	}
}

// drawSplits writes which stroke stands for which split.
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
		Handler: plotText(),
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

// finite reports whether v can be drawn: it is a number, and so are differences of numbers of this size.
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
