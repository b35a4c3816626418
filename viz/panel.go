package viz

import (
	"image/color"
	"math"
	"strings"

	"golang.org/x/image/font"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Sizes within a panel, in points.
const (
	headingHeight = vg.Length(20) // of the term's name above a panel
	markHeight    = vg.Length(10) // of one line of labels of marks
	markLevels    = 2             // lines of labels of marks at most
	maxPoints     = 2000          // points of a line that are drawn one by one
)

// panel is the curves of one term.
type panel struct {
	name   string
	hue    color.RGBA
	series []Series
}

// valueRange is the range of all finite values and whether their scale is logarithmic.
func (p *panel) valueRange() (low, high float64, logarithmic bool) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, s := range p.series {
		for i := range min(len(s.X), len(s.Y)) {
			if finite(s.X[i]) && finite(s.Y[i]) {
				low, high = math.Min(low, s.Y[i]), math.Max(high, s.Y[i])
			}
		}
	}
	switch {
	case low > high:
		return 0, 1, false
	case low == high:
		pad := math.Max(math.Abs(low)*0.1, 1e-3)
		return low - pad, high + pad, false
	case low > 0 && high/100 > low:
		pad := math.Pow(10, 0.04*(math.Log10(high)-math.Log10(low)))
		return math.Max(low/pad, math.SmallestNonzeroFloat64), math.Min(high*pad, math.MaxFloat64), true
	}
	pad := math.Max((high-low)*0.05, math.Abs(high)*1e-12)
	return low - pad, high + pad, false
}

// plot makes the axes of the panel; bottom panels carry the label of the horizontal axis.
func (p *panel) plot(low, high float64, xlabel string, bottom bool, marks []Mark) *plot.Plot {
	if !bottom {
		xlabel = ""
	}
	axes := newAxes(xlabel, "")
	axes.X.Min, axes.X.Max = low, high
	axes.X.Tick.Marker = evenTicks{whole: high-low >= 1, target: 5}
	var logarithmic bool
	axes.Y.Min, axes.Y.Max, logarithmic = p.valueRange()
	axes.Y.Tick.Marker = evenTicks{target: 5}
	if logarithmic {
		axes.Y.Scale, axes.Y.Tick.Marker = plot.LogScale{}, decadeTicks{}
	}
	axes.Add(gridLines{}, markLines(marks), p)
	// An empty title reserves the height of the heading and of the labels of marks, so that Align counts it.
	axes.Title.Text = " "
	axes.Title.TextStyle = textStyle(1, paper)
	axes.Title.Padding = headingHeight + levels(marks)*markHeight
	return axes
}

// levels is the number of lines that the labels of marks may take.
func levels(marks []Mark) vg.Length { return vg.Length(min(len(marks), markLevels)) }

// draw draws the axes with their curves, then the heading and the labels of marks above them.
func (p *panel) draw(canvas draw.Canvas, axes *plot.Plot, marks []Mark) {
	axes.Draw(canvas)
	data := axes.DataCanvas(canvas)
	y := data.Max.Y + levels(marks)*markHeight + 7
	name, values := boldStyle(11.5, p.hue), textStyle(9.5, muted)
	last := p.lastValues()
	free := data.Max.X - data.Min.X - values.Width(last) - 10
	if free < 60 {
		last, free = "", data.Max.X-data.Min.X
	}
	canvas.FillText(name, vg.Point{X: data.Min.X, Y: y}, fitText(name, p.name, free))
	canvas.FillText(values, vg.Point{X: data.Max.X - values.Width(last), Y: y}, last)
	drawMarkLabels(data, axes, marks)
}

// lastValues is the last finite value of every split, such as "train 98.1 · test 103.2".
func (p *panel) lastValues() string {
	var values []string
	for _, s := range p.series {
		for i := min(len(s.X), len(s.Y)) - 1; i >= 0; i-- {
			if finite(s.X[i]) && finite(s.Y[i]) {
				values = append(values, strings.TrimSpace(s.Split+" "+figures(s.Y[i])))
				break
			}
		}
	}
	return strings.Join(values, " · ")
}

// Plot draws the lines of the panel; a point without a neighbour, and every point of a short line, gets a dot.
func (p *panel) Plot(canvas draw.Canvas, axes *plot.Plot) {
	toX, toY := axes.Transforms(&canvas)
	for _, s := range p.series {
		for _, run := range runs(s) {
			for i := range run {
				run[i] = vg.Point{X: toX(float64(run[i].X)), Y: toY(float64(run[i].Y))}
			}
			if len(run) > 1 {
				canvas.StrokeLines(splitStroke(s.Split, p.shade(s.Split)), thin(run, maxPoints))
			}
			if len(run) == 1 || min(len(s.X), len(s.Y)) <= 12 {
				p.drawDots(canvas, s.Split, run)
			}
		}
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

// shade is the hue for train and a darker one for the other splits.
func (p *panel) shade(split string) color.RGBA {
	if split == "train" || split == "" {
		return mix(p.hue, paper, 0.15)
	}
	return mix(p.hue, color.Black, 0.35)
}

// runs splits a series at its gaps; the points still carry data coordinates.
func runs(s Series) [][]vg.Point {
	var all [][]vg.Point
	var run []vg.Point
	for i := range min(len(s.X), len(s.Y)) {
		if finite(s.X[i]) && finite(s.Y[i]) {
			run = append(run, vg.Point{X: vg.Length(s.X[i]), Y: vg.Length(s.Y[i])})
			continue
		}
		if len(run) > 0 {
			all, run = append(all, run), nil
		}
	}
	if len(run) > 0 {
		all = append(all, run)
	}
	return all
}

// thin keeps the lowest and the highest of every few neighbours, so that a line of a million steps keeps its envelope.
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
