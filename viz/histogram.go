package viz

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"gaetrain/viz/plain"
	"gaetrain/viz/plot"
)

// Histogram draws the distributions of groups of values over one axis, each as the share of the group in every bin.
type Histogram struct {
	Title  string
	XLabel string
	Groups []Group
	Mark   Mark // a vertical line at a value, such as a threshold; none without a label
}

// Group is one distribution. Values that are not finite are left out.
type Group struct {
	Name   string
	Values []float64
}

const (
	histogramHeight = vg.Length(300) // of the field with its axes
	histogramBins   = 60
	histogramTail   = 0.005 // share of the values at each end that may be outside the axis
)

// SVG writes the histogram as a vector picture. Errors are those of w.
func (h Histogram) SVG(w io.Writer) error { return h.plate().svg(w) }

// PNG writes the histogram at 144 dots per inch. Errors are those of w.
func (h Histogram) PNG(w io.Writer) error { return h.plate().png(w) }

func (h Histogram) plate() plate {
	h.Title, h.XLabel, h.Mark.Label = plain.Line(h.Title), plain.Line(h.XLabel), plain.Line(h.Mark.Label)
	names := make([]string, len(h.Groups))
	for i, g := range h.Groups {
		names[i] = plain.Line(g.Name)
	}
	words := fmt.Sprintf("%s: distribution of %s, %s", h.Title, strings.Join(names, ", "), h.XLabel)
	height := 2*figureMargin + histogramHeight
	if h.Title != "" {
		height += titleHeight
	}
	return plate{h.Title, "", strings.TrimPrefix(words, ": "), height, h.draw}
}

// scale is the range of the axis: all values but the outermost ones of each group.
// It is logarithmic if the values are positive and spread over more than a decade.
func (h Histogram) scale() (s span, logarithmic bool) {
	s = emptyRange()
	for _, g := range h.Groups {
		sorted := slices.DeleteFunc(slices.Clone(g.Values), func(v float64) bool { return !finite(v) })
		slices.Sort(sorted)
		if n := len(sorted); n > 0 {
			out := int(histogramTail * float64(n))
			s.include(sorted[out])
			s.include(sorted[n-1-out])
		}
	}
	if h.Mark.Label != "" && finite(h.Mark.X) && s.low <= s.high {
		s.include(h.Mark.X)
	}
	return s, s.low > 0 && s.high > 10*s.low
}

// shares returns the share of the values in each bin and how many values are outside the axis.
func (g Group) shares(s span, logarithmic bool) (shares []float64, outside int) {
	shares = make([]float64, histogramBins)
	at := func(v float64) float64 { return (v - s.low) / (s.high - s.low) }
	if logarithmic {
		at = func(v float64) float64 { return math.Log(v/s.low) / math.Log(s.high/s.low) }
	}
	total := 0
	for _, v := range g.Values {
		if !finite(v) {
			continue
		}
		total++
		if v < s.low || v > s.high {
			outside++
			continue
		}
		shares[min(int(at(v)*histogramBins), histogramBins-1)]++
	}
	for i := range shares {
		shares[i] /= math.Max(1, float64(total))
	}
	return shares, outside
}

func (h Histogram) draw(canvas draw.Canvas) {
	s, logarithmic := h.scale()
	if s.low > s.high {
		canvas.FillText(textStyle(11, muted), vg.Point{X: canvas.Min.X, Y: canvas.Max.Y - 11}, "no values")
		return
	}
	if s.low == s.high {
		s.low, s.high = s.around()
	}
	var steps []stairs
	var signs []sign
	highest, outside := 0.0, 0
	for n, g := range h.Groups {
		shares, out := g.shares(s, logarithmic)
		highest, outside = math.Max(highest, slices.Max(shares)), outside+out
		glyph := lineGlyph(n)
		glyph.Shape = draw.BoxGlyph{}
		signs = append(signs, sign{plain.Line(g.Name), glyph})
		steps = append(steps, stairs{shares, s, logarithmic, n})
	}
	label := h.XLabel
	if outside > 0 {
		label += fmt.Sprintf(" (%d values are outside the axis)", outside)
	}
	axes := newAxes(label, "share of the items of a group")
	axes.X.Min, axes.X.Max = s.low, s.high
	axes.Y.Min, axes.Y.Max = 0, math.Max(1.06*highest, 1e-9)
	axes.X.Tick.Marker, axes.Y.Tick.Marker = evenTicks{target: 8}, evenTicks{target: 5}
	if logarithmic {
		axes.X.Scale, axes.X.Tick.Marker = plot.LogScale{}, fineTicks{}
	}
	axes.Add(gridLines{})
	for _, each := range steps {
		axes.Add(each)
	}
	field := draw.Crop(canvas, 0, -linesLegend, 0, 0)
	if h.Mark.Label != "" {
		axes.Add(markLines{h.Mark})
		axes.Title.Text, axes.Title.TextStyle, axes.Title.Padding = " ", textStyle(1, paper), markHeight+2
	}
	axes.Draw(field)
	if h.Mark.Label != "" {
		drawMarkLabels(axes.DataCanvas(field), axes, []Mark{h.Mark}, 1)
	}
	drawLegend(draw.Crop(canvas, canvas.Max.X-canvas.Min.X-linesLegend+figureMargin, 0, 0, 0), signs)
}

// stairs is the outline of one distribution, with a light filling.
type stairs struct {
	shares      []float64
	over        span
	logarithmic bool
	n           int
}

// Plot implements plot.Plotter.
func (s stairs) Plot(canvas draw.Canvas, axes *plot.Plot) {
	toX, toY := axes.Transforms(&canvas)
	edge := func(i int) vg.Length {
		t := float64(i) / histogramBins
		if s.logarithmic {
			return toX(math.Min(s.over.low*math.Pow(s.over.high/s.over.low, t), s.over.high))
		}
		return toX(s.over.low + t*(s.over.high-s.over.low))
	}
	outline := []vg.Point{{X: edge(0), Y: toY(0)}}
	for i, share := range s.shares {
		outline = append(outline, vg.Point{X: edge(i), Y: toY(share)}, vg.Point{X: edge(i + 1), Y: toY(share)})
	}
	outline = append(outline, vg.Point{X: edge(histogramBins), Y: toY(0)})
	hue := hues[s.n%len(hues)]
	filling := hue
	filling.R, filling.G, filling.B, filling.A = hue.R/5, hue.G/5, hue.B/5, 0xff/5 // premultiplied
	canvas.FillPolygon(filling, outline)
	canvas.StrokeLines(draw.LineStyle{Color: hue, Width: strokeWidth}, outline)
}
