package plot

import (
	"math"

	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Axis is one axis. The horizontal one is below the data, the vertical one to the left.
type Axis struct {
	Min, Max float64 // values at the ends, Min < Max

	// Label names the axis. The label of the vertical axis is turned by a quarter.
	Label struct {
		Text      string
		TextStyle text.Style
		Padding   vg.Length // between the label and the tick labels
	}

	draw.LineStyle

	Tick struct {
		Label text.Style
		draw.LineStyle
		Length vg.Length // of a tick with a label; the others have half of it
		Marker Ticker    // nil: no ticks
	}

	Scale Scale // nil: linear
}

// Ticker chooses ticks for a range of values.
type Ticker interface {
	Ticks(low, high float64) []Tick
}

// Tick is a mark at a value. It is a minor tick if it has no label.
type Tick struct {
	Value float64
	Label string
}

// IsMinor reports whether the tick has no label.
func (t Tick) IsMinor() bool { return t.Label == "" }

// Scale places a value between low and high: 0 is at low, 1 at high.
type Scale interface {
	Normalize(low, high, x float64) float64
}

// LogScale is logarithmic. All values must be above zero.
type LogScale struct{}

// Normalize implements Scale.
func (LogScale) Normalize(low, high, x float64) float64 {
	return (math.Log(x) - math.Log(low)) / (math.Log(high) - math.Log(low))
}

type noTicks struct{}

func (noTicks) Ticks(_, _ float64) []Tick { return nil }

// norm returns the place of a value, as a share of the axis.
func (a *Axis) norm(x float64) float64 {
	if a.Scale != nil {
		return a.Scale.Normalize(a.Min, a.Max, x)
	}
	return (x - a.Min) / (a.Max - a.Min)
}

func (a *Axis) ticks() []Tick {
	if a.Tick.Marker == nil {
		return nil
	}
	return a.Tick.Marker.Ticks(a.Min, a.Max)
}

// height is the room that the horizontal axis takes.
func (a *Axis) height() (h vg.Length) {
	if a.Label.Text != "" {
		h += a.Label.TextStyle.Height(a.Label.Text) + a.Label.Padding
	}
	if ticks := a.ticks(); len(ticks) > 0 {
		h += a.Tick.Length + a.largest(ticks).Y
	}
	return h + a.Width/2
}

// width is the room that the vertical axis takes.
func (a *Axis) width() (w vg.Length) {
	if a.Label.Text != "" {
		w += a.Label.TextStyle.FontExtents().Descent + a.Label.TextStyle.Height(a.Label.Text) + a.Label.Padding
	}
	if ticks := a.ticks(); len(ticks) > 0 {
		if labels := a.largest(ticks).X; labels > 0 {
			w += labels + a.Tick.Label.Width(" ")
		}
		w += a.Tick.Length
	}
	return w + a.Width/2
}

// largest returns the largest width and height of the labels of ticks.
func (a *Axis) largest(ticks []Tick) (size vg.Point) {
	for _, t := range ticks {
		if !t.IsMinor() {
			of := a.Tick.Label.Rectangle(t.Label).Size()
			size.X, size.Y = max(size.X, of.X), max(size.Y, of.Y)
		}
	}
	return size
}

// boxes lists the texts of an axis with their extents along it.
func (a *Axis) boxes(horizontal bool) (boxes []box) {
	over := func(style text.Style, words string) vg.Length {
		if horizontal {
			return style.Rectangle(words).Max.X
		}
		extents := style.FontExtents()
		return style.Rectangle(words).Max.Y + extents.Height - extents.Ascent
	}
	if a.Label.Text != "" {
		boxes = append(boxes, box{0.5, a.Label.TextStyle.Width(a.Label.Text) / 2})
	}
	for _, t := range a.ticks() {
		if !t.IsMinor() {
			boxes = append(boxes, box{a.norm(t.Value), over(a.Tick.Label, t.Label)})
		}
	}
	return boxes
}

// drawHorizontal draws the axis along the lower edge of a canvas.
func (a *Axis) drawHorizontal(c draw.Canvas) {
	y := c.Min.Y
	if a.Label.Text != "" {
		descent := a.Label.TextStyle.FontExtents().Descent
		c.FillText(a.Label.TextStyle, vg.Point{X: c.Center().X, Y: y + descent}, a.Label.Text)
		y += a.Label.TextStyle.Height(a.Label.Text) + a.Label.Padding
	}
	ticks := a.ticks()
	y += a.largest(ticks).Y
	descent := a.Tick.Label.FontExtents().Descent
	for _, t := range ticks {
		x := c.X(a.norm(t.Value))
		if !c.ContainsX(x) {
			continue
		}
		if !t.IsMinor() {
			c.FillText(a.Tick.Label, vg.Point{X: x, Y: y + descent}, t.Label)
		}
		c.StrokeLine2(a.Tick.LineStyle, x, y+a.start(t), x, y+a.Tick.Length)
	}
	if len(ticks) > 0 {
		y += a.Tick.Length
	} else {
		y += a.Width / 2
	}
	c.StrokeLine2(a.LineStyle, c.Min.X, y, c.Max.X, y)
}

// drawVertical draws the axis along the left edge of a canvas.
func (a *Axis) drawVertical(c draw.Canvas) {
	x := c.Min.X
	if a.Label.Text != "" {
		style := a.Label.TextStyle
		style.Rotation += math.Pi / 2
		descent := style.FontExtents().Descent
		x += a.Label.TextStyle.Height(a.Label.Text)
		c.FillText(style, vg.Point{X: x - descent, Y: c.Center().Y}, a.Label.Text)
		x += descent + a.Label.Padding
	}
	ticks := a.ticks()
	space := vg.Length(0)
	if labels := a.largest(ticks).X; labels > 0 {
		x += labels
		space = a.Tick.Label.Width(" ")
	}
	descent := a.Tick.Label.FontExtents().Descent
	for _, t := range ticks {
		y := c.Y(a.norm(t.Value))
		if !c.ContainsY(y) {
			continue
		}
		if !t.IsMinor() {
			c.FillText(a.Tick.Label, vg.Point{X: x, Y: y + descent}, t.Label)
		}
		c.StrokeLine2(a.Tick.LineStyle, x+space+a.start(t), y, x+space+a.Tick.Length, y)
	}
	x += space
	if len(ticks) > 0 {
		x += a.Tick.Length
	}
	c.StrokeLine2(a.LineStyle, x, c.Min.Y, x, c.Max.Y)
}

// start is where the mark of a tick begins, so that a minor one has half the length.
func (a *Axis) start(t Tick) vg.Length {
	if t.IsMinor() {
		return a.Tick.Length / 2
	}
	return 0
}
