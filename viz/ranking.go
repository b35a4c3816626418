package viz

import (
	"fmt"
	"io"
	"math"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"gaetrain/viz/plain"
)

// Ranking draws a horizontal bar for each named value, in order. Bars begin at 0. Values that are not finite, and values
// below 0, have no bar.
type Ranking struct {
	Title  string
	XLabel string // of the values
	Names  []string
	Values []float64
	Notes  []string // text at the right of each bar; nil: the values
	Rest   string   // a line below the bars, such as "and 12 more"; "": none
}

// Sizes of rankings, in points.
const (
	rankHeight = vg.Length(19)  // of a bar with its gap
	rankNames  = vg.Length(210) // room for a name
	rankNotes  = vg.Length(170) // room for a note
	rankAxis   = vg.Length(22)  // for the label of the values
)

// SVG writes the bars as a vector picture. Errors are those of w.
func (r Ranking) SVG(w io.Writer) error { return r.plate().svg(w) }

// PNG writes the bars at 144 dots per inch. Errors are those of w.
func (r Ranking) PNG(w io.Writer) error { return r.plate().png(w) }

func (r Ranking) plate() plate {
	r.Title, r.XLabel = plain.Line(r.Title), plain.Line(r.XLabel)
	height := 2*figureMargin + vg.Length(max(1, len(r.Names)))*rankHeight + rankAxis
	for _, more := range []string{r.Title, r.Rest} {
		if more != "" {
			height += titleHeight
		}
	}
	words := fmt.Sprintf("%s: %d bars, %s", r.Title, len(r.Names), r.XLabel)
	return plate{r.Title, "", strings.TrimPrefix(words, ": "), height, r.draw}
}

func (r Ranking) draw(canvas draw.Canvas) {
	label, value, note := textStyle(10.5, ink), textStyle(10.5, muted), textStyle(9.5, muted)
	largest := 0.0
	for _, v := range r.Values {
		if finite(v) {
			largest = math.Max(largest, v)
		}
	}
	left, right := canvas.Min.X+rankNames, canvas.Max.X-rankNotes
	canvas.FillText(note, vg.Point{X: left, Y: canvas.Max.Y - 11}, r.XLabel)
	y := canvas.Max.Y - rankAxis
	for i, name := range r.Names {
		name = fitText(label, plain.Line(name), rankNames-8)
		canvas.FillText(label, vg.Point{X: left - 8 - label.Width(name), Y: y - 12}, name)
		end := left
		if v := r.Values[i]; finite(v) && v > 0 && largest > 0 {
			end += (right - left) * vg.Length(v/largest)
			canvas.FillPolygon(blue, []vg.Point{{X: left, Y: y - 2}, {X: end, Y: y - 2}, {X: end, Y: y - rankHeight + 4}, {X: left, Y: y - rankHeight + 4}})
		}
		text := fmt.Sprintf("%.4g", r.Values[i])
		if r.Notes != nil {
			text = r.Notes[i]
		}
		canvas.FillText(value, vg.Point{X: end + 6, Y: y - 12}, fitText(value, plain.Line(text), canvas.Max.X-end-6))
		y -= rankHeight
	}
	if r.Rest != "" {
		canvas.FillText(note, vg.Point{X: left, Y: y - 16}, plain.Line(r.Rest))
	}
	if len(r.Names) == 0 {
		canvas.FillText(note, vg.Point{X: left, Y: y - 12}, "no values")
	}
}
