// Package plot draws axes around data, with ticks, labels and a title. It is the part
// of gonum.org/v1/plot that the pictures use, under the licence beside it. The package
// of Gonum also links writers of PDF, EPS and TeX and ten more typefaces, 4 MB in all.
package plot

import (
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Plot is a horizontal and a vertical axis, and what is drawn between them.
type Plot struct {
	// Title is drawn above the data. Without a text, it takes no room.
	Title struct {
		Text      string
		TextStyle text.Style
		Padding   vg.Length // between the title and the data
	}
	X, Y Axis

	plotters []Plotter
}

// Plotter draws data.
type Plotter interface {
	// Plot draws on the part of a canvas between the axes.
	Plot(draw.Canvas, *Plot)
}

// New returns axes without a style and without a range. Labels are centred along their
// axis, and the title is centred above the data.
func New() *Plot {
	p := &Plot{}
	p.Title.TextStyle.XAlign, p.Title.TextStyle.YAlign = draw.XCenter, draw.YTop
	for _, a := range []*Axis{&p.X, &p.Y} {
		a.Label.TextStyle.XAlign, a.Label.TextStyle.YAlign = draw.XCenter, draw.YBottom
	}
	p.X.Tick.Label.XAlign, p.X.Tick.Label.YAlign = draw.XCenter, draw.YTop
	p.Y.Tick.Label.XAlign, p.Y.Tick.Label.YAlign = draw.XRight, draw.YCenter
	return p
}

// Add adds plotters, which are drawn in this order.
func (p *Plot) Add(plotters ...Plotter) { p.plotters = append(p.plotters, plotters...) }

// HideAxes removes the lines and the ticks of both axes.
func (p *Plot) HideAxes() {
	for _, a := range []*Axis{&p.X, &p.Y} {
		a.Width, a.Tick.Length, a.Tick.Marker = 0, 0, noTicks{}
	}
}

// Transforms returns functions from values to places on a canvas.
func (p *Plot) Transforms(c *draw.Canvas) (x, y func(float64) vg.Length) {
	return func(v float64) vg.Length { return c.X(p.X.norm(v)) },
		func(v float64) vg.Length { return c.Y(p.Y.norm(v)) }
}

// Draw draws the title, the axes and the data.
func (p *Plot) Draw(c draw.Canvas) {
	if p.Title.Text != "" {
		descent := p.Title.TextStyle.FontExtents().Descent
		c.FillText(p.Title.TextStyle, vg.Point{X: c.Center().X, Y: c.Max.Y + descent}, p.Title.Text)
	}
	data := p.DataCanvas(c)
	p.X.drawHorizontal(draw.Canvas{Canvas: c.Canvas, Rectangle: vg.Rectangle{
		Min: vg.Point{X: data.Min.X, Y: c.Min.Y}, Max: vg.Point{X: data.Max.X, Y: c.Max.Y}}})
	p.Y.drawVertical(draw.Canvas{Canvas: c.Canvas, Rectangle: vg.Rectangle{
		Min: vg.Point{X: c.Min.X, Y: data.Min.Y}, Max: vg.Point{X: c.Max.X, Y: data.Max.Y}}})
	for _, each := range p.plotters {
		each.Plot(data, p)
	}
}

// DataCanvas returns the part of a canvas in which the data are drawn. It leaves room
// for the last tick label of each axis, which may reach beyond the end of the axis.
func (p *Plot) DataCanvas(c draw.Canvas) draw.Canvas {
	if p.Title.Text != "" {
		c.Max.Y -= p.Title.TextStyle.Rectangle(p.Title.Text).Size().Y + p.Title.Padding
	}
	c = draw.Crop(c, p.Y.width(), 0, p.X.height(), 0)
	c.Max.X = inset(c.Min.X, c.Max.X, p.X.boxes(true))
	c.Max.Y = inset(c.Min.Y, c.Max.Y, p.Y.boxes(false))
	return c
}

// box is the extent of a text along an axis, relative to the place of its value.
type box struct {
	at   float64   // place, as a share of the axis
	over vg.Length // how far the text reaches beyond its place
}

// inset returns the end of an axis from low to high such that no text ends beyond high.
func inset(low, high vg.Length, boxes []box) vg.Length {
	farthest, end := box{at: 1}, high
	for _, b := range boxes {
		if reach := low + vg.Length(b.at)*(high-low) + b.over; reach > end && b.at > 0 && b.at <= 1 {
			farthest, end = b, reach
		}
	}
	return low + (high-farthest.over-low)/vg.Length(farthest.at)
}
