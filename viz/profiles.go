package viz

import (
	"image"
	"image/color"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"

	"gaetrain/viz/plain"
	"gaetrain/viz/plot"
)

// Profiles draws rows of D values as curves over the index of the value, in panels with the same axes.
type Profiles struct {
	Title  string
	XLabel string
	YLabel string
	Names  []string // D, of the values; nil: they are numbered from 0
	Curves []string // names of the curves of a panel, which have the same colours in all panels; nil: no legend
	Panels []Panel
}

// Panel is a batch of curves with its name. Values that are not finite leave a gap.
type Panel struct {
	Label  string
	Values [][]float32 // K×D
	Colour Colouring
}

// Colouring says how the curves of a panel differ in colour.
type Colouring uint8

// The ways to colour the curves of a panel.
const (
	Distinct Colouring = iota // each curve has its own colour
	Ordered                   // from blue for the first to red for the last
	First                     // the first is dark, the others are light
	Alike                     // all are light
)

// Sizes of profiles, in points.
const (
	profileDPI    = 96
	profileHeight = vg.Length(108) // of a panel with its label
	profileSingle = vg.Length(230) // of the only panel
	profileLegend = vg.Length(18)
	profileAxis   = vg.Length(40) // below the last panels
	profileNames  = vg.Length(92) // below the last panels, if values have names
	profileSide   = vg.Length(44) // left of each panel
	profileGap    = vg.Length(10)
	mostNames     = 40 // that are written below panels
)

// Image draws the panels in two columns, or in one column if the values have names.
func (p Profiles) Image() image.Image {
	columns, foot := 2, profileAxis
	if len(p.Panels) == 1 || p.Names != nil {
		columns = 1
	}
	if p.Names != nil {
		foot = profileNames
	}
	rows := max(1, (len(p.Panels)+columns-1)/columns)
	height := 2*figureMargin + vg.Length(rows)*p.height() + foot
	if p.Title != "" {
		height += titleHeight
	}
	if p.Curves != nil {
		height += profileLegend
	}
	canvas := vgimg.NewWith(vgimg.UseWH(figureWidth, height), vgimg.UseDPI(profileDPI))
	plate{title: plain.Line(p.Title), height: height, draw: func(c draw.Canvas) { p.draw(c, rows, columns, foot) }}.fill(draw.New(canvas))
	return canvas.Image()
}

// height is that of a panel with its label.
func (p Profiles) height() vg.Length {
	if len(p.Panels) == 1 {
		return profileSingle
	}
	return profileHeight
}

// draw draws the legend and the panels below the title.
func (p Profiles) draw(canvas draw.Canvas, rows, columns int, foot vg.Length) {
	if p.Curves != nil {
		p.legend(canvas)
		canvas.Max.Y -= profileLegend
	}
	count, low, high := p.extent()
	if count == 0 {
		canvas.FillText(textStyle(11, muted), vg.Point{X: canvas.Min.X, Y: canvas.Max.Y - 11}, "no values")
		return
	}
	width := canvas.Size().X / vg.Length(columns)
	for i, panel := range p.Panels {
		row, column := i/columns, i%columns
		at := canvas
		at.Min.X += vg.Length(column) * width
		at.Max.X = at.Min.X + width - profileGap
		at.Max.Y -= vg.Length(row) * p.height()
		at.Min.Y = at.Max.Y - p.height()
		last := i+columns >= len(p.Panels)
		p.panel(at, panel, count, low, high, last, foot)
	}
}

// extent returns the largest number of values of a curve, and the range of all values.
func (p Profiles) extent() (count int, low, high float64) {
	all := emptyRange()
	for _, panel := range p.Panels {
		for _, curve := range panel.Values {
			count = max(count, len(curve))
			for _, v := range curve {
				if finite(float64(v)) {
					all.include(float64(v))
				}
			}
		}
	}
	if all.low > all.high {
		return count, 0, 1
	}
	low, high = all.around()
	return count, low, high
}

// panel draws the label, the axes and the curves of a panel. The last panel of a column
// has the ticks of the horizontal axis below it.
func (p Profiles) panel(canvas draw.Canvas, panel Panel, count int, low, high float64, last bool, foot vg.Length) {
	style := textStyle(10, ink)
	canvas.FillText(style, vg.Point{X: canvas.Min.X + profileSide, Y: canvas.Max.Y - 11}, fitText(style, plain.Line(panel.Label), canvas.Size().X-profileSide))
	field := draw.Crop(canvas, profileSide, 0, profileGap, -16)
	axes := newAxes("", "")
	axes.X.Min, axes.X.Max = -0.5, float64(count)-0.5
	axes.Y.Min, axes.Y.Max = low, high
	axes.Y.Tick.Marker = evenTicks{target: 4}
	if len(p.Panels) == 1 {
		axes.Y.Tick.Marker = evenTicks{target: 8}
	}
	gridLines{}.Plot(field, axes)
	p.yTicks(field, axes)
	curves{p, panel}.Plot(field, axes)
	frame := draw.LineStyle{Color: muted, Width: 0.6}
	field.StrokeLines(frame, []vg.Point{{X: field.Min.X, Y: field.Max.Y}, field.Min, {X: field.Max.X, Y: field.Min.Y}})
	if last {
		p.xTicks(field, axes, count, foot)
	}
}

// yTicks writes the numbers of the vertical axis, and its label along it.
func (p Profiles) yTicks(field draw.Canvas, axes *plot.Plot) {
	_, toY := axes.Transforms(&field)
	style := textStyle(8.5, muted)
	style.XAlign, style.YAlign = draw.XRight, draw.YCenter
	for _, tick := range axes.Y.Tick.Marker.Ticks(axes.Y.Min, axes.Y.Max) {
		field.FillText(style, vg.Point{X: field.Min.X - 4, Y: toY(tick.Value)}, tick.Label)
	}
	label := textStyle(8.5, ink)
	label.XAlign, label.YAlign, label.Rotation = draw.XCenter, draw.YBottom, math.Pi/2
	field.FillText(label, vg.Point{X: field.Min.X - 31, Y: (field.Min.Y + field.Max.Y) / 2}, fitText(label, plain.Line(p.YLabel), profileHeight))
}

// xTicks writes names or numbers below a panel.
func (p Profiles) xTicks(field draw.Canvas, axes *plot.Plot, count int, foot vg.Length) {
	toX, _ := axes.Transforms(&field)
	line := draw.LineStyle{Color: muted, Width: 0.6}
	if p.Names == nil {
		style := textStyle(8.5, muted)
		style.XAlign, style.YAlign = draw.XCenter, draw.YTop
		for _, tick := range (evenTicks{target: 8, whole: true}).Ticks(0, math.Max(1, float64(count-1))) {
			field.StrokeLine2(line, toX(tick.Value), field.Min.Y, toX(tick.Value), field.Min.Y-3)
			field.FillText(style, vg.Point{X: toX(tick.Value), Y: field.Min.Y - 5}, tick.Label)
		}
		style = textStyle(9.5, ink)
		style.XAlign, style.YAlign = draw.XCenter, draw.YTop
		field.FillText(style, vg.Point{X: (field.Min.X + field.Max.X) / 2, Y: field.Min.Y - 19}, plain.Line(p.XLabel))
		return
	}
	style := textStyle(8.5, ink)
	style.XAlign, style.YAlign, style.Rotation = draw.XRight, draw.YCenter, math.Pi/4
	every := (len(p.Names) + mostNames - 1) / mostNames
	for i := 0; i < min(count, len(p.Names)); i += every {
		field.StrokeLine2(line, toX(float64(i)), field.Min.Y, toX(float64(i)), field.Min.Y-3)
		field.FillText(style, vg.Point{X: toX(float64(i)), Y: field.Min.Y - 6}, fitText(style, plain.Line(p.Names[i]), foot+16))
	}
}

// legend writes the names of the curves in their colours on one line.
func (p Profiles) legend(canvas draw.Canvas) {
	style, x := textStyle(10, ink), canvas.Min.X+profileSide
	share := (canvas.Max.X - x) / vg.Length(len(p.Curves))
	for i, name := range p.Curves {
		name = fitText(style, plain.Line(name), share-34)
		y := canvas.Max.Y - 7
		canvas.StrokeLine2(draw.LineStyle{Color: Distinct.colour(i, len(p.Curves)), Width: strokeWidth}, x, y, x+16, y)
		canvas.FillText(style, vg.Point{X: x + 20, Y: y - 3.5}, name)
		x += min(share, style.Width(name)+40)
	}
}

// colour is the colour of curve i of n.
func (c Colouring) colour(i, n int) color.Color {
	pale := color.NRGBA{blue.R, blue.G, blue.B, 0x60}
	switch {
	case c == Distinct && i == 0:
		return ink
	case c == Distinct:
		return hues[i%len(hues)]
	case c == Ordered:
		return mix(blue, vermilion, float64(i)/math.Max(1, float64(n-1)))
	case c == First && i == 0:
		return ink
	}
	return pale
}

// curves are those of one panel. The first one is drawn last, so that no other covers it.
type curves struct {
	Profiles
	Panel
}

// Plot implements plot.Plotter.
func (c curves) Plot(canvas draw.Canvas, axes *plot.Plot) {
	toX, toY := axes.Transforms(&canvas)
	for n := range c.Values {
		i := n
		if c.Colour == First {
			i = len(c.Values) - 1 - n
		}
		style := draw.LineStyle{Color: c.Colour.colour(i, len(c.Values)), Width: 1.1}
		var path []vg.Point
		flush := func() {
			if len(path) == 1 { // a value between gaps, or the only one
				canvas.DrawGlyph(draw.GlyphStyle{Color: style.Color, Radius: 1.8, Shape: draw.CircleGlyph{}}, path[0])
			} else if len(path) > 1 {
				canvas.StrokeLines(style, path)
			}
			path = nil
		}
		for x, v := range c.Values[i] {
			if !finite(float64(v)) {
				flush()
				continue
			}
			path = append(path, vg.Point{X: toX(float64(x)), Y: toY(float64(v))})
		}
		flush()
	}
}
