package viz

import (
	"fmt"
	"io"
	"math"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"gaetrain/viz/plain"
	"gaetrain/viz/plot"
)

// Bars draws a bar for each value, in order. Bars of values that are not finite are left out.
type Bars struct {
	Title          string
	XLabel, YLabel string
	Values         []float64
	Names          []string // drawn below the bars, as many as fit; nil: none
}

const barsHeight = vg.Length(300) // of the field with its axes

// SVG writes the bars as a vector picture. Errors are those of w.
func (b Bars) SVG(w io.Writer) error { return b.plate().svg(w) }

// PNG writes the bars at 144 dots per inch. Errors are those of w.
func (b Bars) PNG(w io.Writer) error { return b.plate().png(w) }

func (b Bars) plate() plate {
	b.Title, b.XLabel, b.YLabel = plain.Line(b.Title), plain.Line(b.XLabel), plain.Line(b.YLabel)
	words := fmt.Sprintf("%s: %d bars, %s of each %s", b.Title, len(b.Values), b.YLabel, b.XLabel)
	height := 2*figureMargin + barsHeight
	if b.Title != "" {
		height += titleHeight
	}
	return plate{b.Title, "", strings.TrimPrefix(words, ": "), height, b.draw}
}

func (b Bars) draw(canvas draw.Canvas) {
	axes := newAxes(b.XLabel, b.YLabel)
	y := span{0, 0}
	for _, v := range b.Values {
		if finite(v) {
			y.include(v)
		}
	}
	if y.low == y.high {
		y.high = 1
	}
	axes.X.Min, axes.X.Max = -0.7, float64(len(b.Values))-0.3
	axes.Y.Min, axes.Y.Max = y.low, y.high+0.04*(y.high-y.low)
	axes.X.Tick.Marker, axes.Y.Tick.Marker = barNames(b.Names), evenTicks{target: 5}
	axes.Add(gridLines{}, b)
	axes.Draw(canvas)
}

// Plot implements plot.Plotter.
func (b Bars) Plot(canvas draw.Canvas, axes *plot.Plot) {
	toX, toY := axes.Transforms(&canvas)
	for i, v := range b.Values {
		if !finite(v) {
			continue
		}
		left, right, foot, head := toX(float64(i)-0.4), toX(float64(i)+0.4), toY(0), toY(v)
		if right-left < 0.5 {
			right = left + 0.5
		}
		canvas.FillPolygon(blue, []vg.Point{{X: left, Y: foot}, {X: left, Y: head}, {X: right, Y: head}, {X: right, Y: foot}})
	}
}

// barNames puts names below bars. If there are many bars, only every few have a name.
type barNames []string

// Ticks implements plot.Ticker.
func (names barNames) Ticks(_, _ float64) (ticks []plot.Tick) {
	const most = 32
	every := int(math.Ceil(float64(len(names)) / most))
	for i := 0; i < len(names); i += every {
		ticks = append(ticks, plot.Tick{Value: float64(i), Label: plain.Line(names[i])})
	}
	return ticks
}
