package viz

import (
	"image/color"
	"math"
	"slices"
	"strings"

	"golang.org/x/image/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"gaetrain/viz/plot"
)

// Sizes within a panel, in points.
const (
	headingHeight = vg.Length(32) // of the two lines above a panel
	markHeight    = vg.Length(10) // of one line of labels of marks
	markLevels    = 3             // lines of labels of marks at most
	maxPoints     = 2000          // points of a line that are drawn one by one
)

// Styles of the lines of a heading. They are functions, because the typeface is unpacked only when text is drawn.
func nameStyle() draw.TextStyle   { return boldStyle(11.5, ink) }
func valuesStyle() draw.TextStyle { return textStyle(9, muted) }

// panel is the curves of one name and unit.
type panel struct {
	name, unit string
	hue        color.RGBA
	series     []Series
	stages     []Stage
	scale      axisRange
}

// axes makes the axes of a panel.
func (f *figure) axes(p *panel, low, high float64, xlabel string) *plot.Plot {
	axes := newAxes(xlabel, p.unit)
	axes.X.Min, axes.X.Max = low, high
	axes.X.Tick.Marker = evenTicks{whole: high-low >= 1, target: 5}
	axes.Y.Min, axes.Y.Max = p.scale.padded()
	axes.Y.Tick.Marker = evenTicks{target: 5}
	if p.scale.logarithmic {
		axes.Y.Scale, axes.Y.Tick.Marker = plot.LogScale{}, decadeTicks{}
	}
	axes.Y.Label.TextStyle = restyle(axes.Y.Label.TextStyle, 9, muted)
	axes.Add(gridLines{}, markLines(append(f.borders(), f.Marks...)), p)
	// An empty title reserves the height of the heading and of the labels of marks, so that Align counts it.
	axes.Title.Text = " "
	axes.Title.TextStyle = textStyle(1, paper)
	axes.Title.Padding = headingHeight + vg.Length(f.levels)*markHeight
	return axes
}

// borders are lines between the stages.
func (c Curves) borders() (marks []Mark) {
	for i := range max(0, len(c.Stages)-1) {
		marks = append(marks, Mark{X: (c.Stages[i].To + c.Stages[i+1].From) / 2})
	}
	return marks
}

// drawPanel draws the axes with their curves, and the heading and the labels of stages, marks and values outside the axis
// above them.
func (f *figure) drawPanel(canvas draw.Canvas, axes *plot.Plot, p *panel) {
	axes.Draw(canvas)
	data := axes.DataCanvas(canvas)
	y, width := data.Max.Y+vg.Length(f.levels)*markHeight+7, canvas.Max.X-data.Min.X
	style := nameStyle()
	style.Color = p.hue
	canvas.FillText(style, vg.Point{X: data.Min.X, Y: y + 13}, fitText(style, p.name, width))
	canvas.FillText(valuesStyle(), vg.Point{X: data.Min.X, Y: y}, fitText(valuesStyle(), p.lastValues(), width))
	drawMarkLabels(data, axes, f.labels(p), f.levels)
}

// headingWidth is the width of the heading, which must not be cut.
func (p *panel) headingWidth() vg.Length {
	return max(nameStyle().Width(p.name), valuesStyle().Width(p.lastValues()))
}

// lastValues lists the last finite value of each split, such as "train 98.1 · test 103.2".
func (p *panel) lastValues() string {
	var values []string
	for _, s := range p.series {
		if v := s.last(); s.Split != "" && finite(v) {
			values = append(values, s.Split+" "+figures(v))
		}
	}
	return strings.Join(values, " · ")
}

// last returns the last finite value, or NaN if there is none.
func (s Series) last() float64 {
	for i := min(len(s.X), len(s.Y)) - 1; i >= 0; i-- {
		if finite(s.X[i]) && finite(s.Y[i]) {
			return s.Y[i]
		}
	}
	return math.NaN()
}

// Plot draws the lines of the panel, cut off at the ends of the axis. Single points and the points of short lines get a
// dot, and values outside the axis a triangle at its end.
func (p *panel) Plot(canvas draw.Canvas, axes *plot.Plot) {
	toX, toY := axes.Transforms(&canvas)
	for _, s := range p.series {
		for _, run := range p.runs(s) {
			for i := range run {
				run[i] = vg.Point{X: toX(float64(run[i].X)), Y: toY(float64(run[i].Y))}
			}
			if len(run) > 1 {
				canvas.StrokeLines(splitStroke(s.Split, p.shade(s.Split)), canvas.ClipLinesXY(thin(run, maxPoints))...)
			}
			if len(run) == 1 || min(len(s.X), len(s.Y)) <= 12 {
				p.drawDots(canvas, s.Split, slices.DeleteFunc(slices.Clone(run), func(at vg.Point) bool { return !canvas.ContainsY(at.Y) }))
			}
			for _, at := range run {
				drawOutside(canvas, p.shade(s.Split), at)
			}
		}
	}
}

// drawOutside draws a triangle for a point outside the axis, at the nearer end of the axis.
func drawOutside(canvas draw.Canvas, c color.Color, at vg.Point) {
	const half, height = 3.2, 5
	switch {
	case canvas.ContainsY(at.Y):
		return
	case at.Y > canvas.Max.Y:
		y := canvas.Max.Y
		canvas.FillPolygon(c, []vg.Point{{X: at.X - half, Y: y - height}, {X: at.X + half, Y: y - height}, {X: at.X, Y: y}})
	default:
		y := canvas.Min.Y
		canvas.FillPolygon(c, []vg.Point{{X: at.X - half, Y: y + height}, {X: at.X + half, Y: y + height}, {X: at.X, Y: y}})
	}
}

// drawDots draws a filled dot per point for train and a ring for the other splits.
func (p *panel) drawDots(canvas draw.Canvas, split string, points []vg.Point) {
	for _, point := range points {
		canvas.DrawGlyph(draw.GlyphStyle{Color: p.shade(split), Radius: 2.6, Shape: draw.CircleGlyph{}}, point)
		if split != "train" && split != "" {
			canvas.DrawGlyph(draw.GlyphStyle{Color: paper, Radius: 1.3, Shape: draw.CircleGlyph{}}, point)
		}
	}
}

// shade is the hue for train and a darker colour for the other splits.
func (p *panel) shade(split string) color.RGBA {
	if split == "train" || split == "" {
		return p.hue
	}
	return mix(p.hue, color.Black, 0.35)
}

// runs splits a series at its gaps and between stages. The points have data coordinates.
func (p *panel) runs(s Series) [][]vg.Point {
	var all [][]vg.Point
	var run []vg.Point
	stage := 0
	for i := range min(len(s.X), len(s.Y)) {
		drawable := finite(s.X[i]) && finite(s.Y[i])
		if at := p.stageAt(s.X[i]); len(run) > 0 && (!drawable || at != stage) {
			all, run = append(all, run), nil
		}
		if drawable {
			run, stage = append(run, vg.Point{X: vg.Length(s.X[i]), Y: vg.Length(s.Y[i])}), p.stageAt(s.X[i])
		}
	}
	if len(run) > 0 {
		all = append(all, run)
	}
	return all
}

// thin keeps the lowest and the highest point of each group of neighbours, so a long line keeps its envelope.
func thin(points []vg.Point, most int) []vg.Point {
	if len(points) <= most {
		return points
	}
	kept := make([]vg.Point, 0, most+2)
	buckets := most / 2
	for b := range buckets {
		bucket := points[b*len(points)/buckets : (b+1)*len(points)/buckets]
		low, high := 0, 0
		for i, p := range bucket {
			if p.Y < bucket[low].Y {
				low = i
			}
			if p.Y > bucket[high].Y {
				high = i
			}
		}
		kept = append(kept, bucket[min(low, high)], bucket[max(low, high)])
	}
	return kept
}

// boldStyle is the bold typeface in a size in points.
func boldStyle(size float64, c color.Color) draw.TextStyle {
	style := textStyle(size, c)
	style.Font.Weight = font.WeightBold
	return style
}
