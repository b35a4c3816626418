package viz

import (
	"fmt"
	"image/color"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"gaetrain/viz/plain"
	"gaetrain/viz/plot"
)

// Scatter draws points in the plane, coloured by class. Points that are not finite are ignored, and so is the surplus of the
// longer one of X and Y. Points are drawn in their order, so no class as a whole covers another.
type Scatter struct {
	Title          string
	XLabel, YLabel string // both empty: the axes have no meaning and no ticks
	X, Y           []float64
	Classes        []uint16 // of each point; nil: all have one colour and there is no legend
	Names          []string // of the classes; those without a name go by their number
	Note           string   // a line below the points, such as what distances mean
}

// Sizes of scatters, in points.
const (
	scatterSide = vg.Length(560) // of the field with its axes
	entryHeight = vg.Length(15)  // of a line of a legend
)

// SVG writes the points as a vector picture. Errors are those of w.
func (s Scatter) SVG(w io.Writer) error { return s.plate().svg(w) }

// PNG writes the points at 144 dots per inch. Errors are those of w.
func (s Scatter) PNG(w io.Writer) error { return s.plate().png(w) }

// plate plans the picture. Text is cleaned here, once, because the vector canvas writes it as it is.
func (s Scatter) plate() plate {
	s.Title, s.XLabel, s.YLabel, s.Note = plain.Line(s.Title), plain.Line(s.XLabel), plain.Line(s.YLabel), plain.Line(s.Note)
	points := s.finite()
	words := fmt.Sprintf("%s: scatter of %d points", s.Title, len(points))
	if s.XLabel != "" || s.YLabel != "" {
		words += fmt.Sprintf(", %s against %s", s.YLabel, s.XLabel)
	}
	if s.Note != "" {
		words += ". " + s.Note
	}
	height := 2*figureMargin + scatterSide
	if s.Title != "" {
		height += titleHeight
	}
	return plate{s.Title, s.Note, strings.TrimPrefix(words, ": "), height, func(canvas draw.Canvas) { s.draw(canvas, points) }}
}

// finite lists the points that can be drawn.
func (s Scatter) finite() (points []int) {
	for i := range min(len(s.X), len(s.Y)) {
		if finite(s.X[i]) && finite(s.Y[i]) {
			points = append(points, i)
		}
	}
	return points
}

func (s Scatter) draw(canvas draw.Canvas, points []int) {
	if len(points) == 0 {
		canvas.FillText(textStyle(11, muted), vg.Point{X: canvas.Min.X, Y: canvas.Max.Y - 11}, "no points")
		return
	}
	axes := newAxes(s.XLabel, s.YLabel)
	axes.X.Min, axes.X.Max = s.around(s.X, points)
	axes.Y.Min, axes.Y.Max = s.around(s.Y, points)
	axes.X.Tick.Marker, axes.Y.Tick.Marker = evenTicks{target: 8}, evenTicks{target: 8}
	if s.XLabel == "" && s.YLabel == "" {
		axes.HideAxes()
	}
	axes.Add(cloud{s, points})
	field := canvas
	field.Max.X = field.Min.X + scatterSide
	axes.Draw(field)
	drawLegend(draw.Crop(canvas, scatterSide+figureMargin, 0, 0, 0), s.legend(points))
}

// around is the range of the values of points with a little room on both sides.
func (s Scatter) around(values []float64, points []int) (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, i := range points {
		low, high = math.Min(low, values[i]), math.Max(high, values[i])
	}
	room := math.Max(0.03*(high-low), math.Max(1e-3, 1e-9*math.Abs(low)))
	return low - room, high + room
}

// cloud are the points of a scatter.
type cloud struct {
	Scatter
	points []int
}

// Plot implements plot.Plotter.
func (c cloud) Plot(canvas draw.Canvas, axes *plot.Plot) {
	toX, toY := axes.Transforms(&canvas)
	radius := vg.Length(math.Min(3.2, math.Max(1.2, 80/math.Sqrt(float64(len(c.points))))))
	for _, i := range c.points {
		glyph := glyphOf(c.class(i))
		glyph.Radius = radius
		canvas.DrawGlyph(glyph, vg.Point{X: toX(c.X[i]), Y: toY(c.Y[i])})
	}
}

// class is the class of point i, or 0 if there are no classes.
func (s Scatter) class(i int) int {
	if i < len(s.Classes) {
		return int(s.Classes[i])
	}
	return 0
}

// legend lists the classes that have points, in their order.
func (s Scatter) legend(points []int) (signs []sign) {
	if s.Classes == nil {
		return nil
	}
	count := make([]int, 1+int(slices.Max(append(slices.Clone(s.Classes), 0))))
	for _, i := range points {
		count[s.class(i)]++
	}
	for class, n := range count {
		if n == 0 {
			continue
		}
		name := strconv.Itoa(class)
		if class < len(s.Names) {
			name = plain.Line(s.Names[class])
		}
		signs = append(signs, sign{name, glyphOf(class)})
	}
	return signs
}

// classHues are the colours of classes: the vivid scheme of Sasha Trubetskoy's "List of 20 simple, distinct colors" (2017)
// as far as ten of them stay apart on white for most of those who are colour-blind.
var classHues = []color.RGBA{
	{0x43, 0x63, 0xd8, 0xff}, {0xe6, 0x19, 0x4b, 0xff}, {0x3c, 0xb4, 0x4b, 0xff}, {0xf5, 0x82, 0x31, 0xff}, {0x91, 0x1e, 0xb4, 0xff},
	{0x2f, 0xc4, 0xd6, 0xff}, {0x80, 0x00, 0x00, 0xff}, {0xf0, 0x70, 0xc8, 0xff}, {0x00, 0x00, 0x75, 0xff}, {0x8a, 0x8a, 0x1c, 0xff},
}

// classShapes distinguish classes of the same colour.
var classShapes = []draw.GlyphDrawer{draw.CircleGlyph{}, draw.BoxGlyph{}, draw.PyramidGlyph{}, draw.RingGlyph{}, draw.CrossGlyph{}}

// glyphOf is the glyph of a class. After ten colours, the next shape follows.
func glyphOf(class int) draw.GlyphStyle {
	hue := classHues[class%len(classHues)]
	shape := classShapes[class/len(classHues)%len(classShapes)]
	return draw.GlyphStyle{Color: color.NRGBA{hue.R, hue.G, hue.B, 0xc8}, Radius: 3.5, Shape: shape}
}
