package viz

import (
	"fmt"
	"image/color"
	"io"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"gaetrain/viz/plain"
)

// Parallel draws parallel coordinates: an axis for each setting and one for the result, and a line for each item that joins its
// values. Dark lines have better results, and the best one has another hue. A line has a gap where its item has no value.
// Items without a result are left out.
type Parallel struct {
	Title    string
	Settings []Variable
	Result   Variable
	Higher   bool // whether higher results are better
}

const (
	parallelHeight = vg.Length(300) // of the axes
	parallelHead   = vg.Length(22)  // names above the axes
	parallelSide   = vg.Length(46)  // for the labels of the outermost axes
	labelHeight    = vg.Length(10)  // of a label beside an axis
)

// SVG writes the lines as a vector picture. Errors are those of w.
func (p Parallel) SVG(w io.Writer) error { return p.plate().svg(w) }

// PNG writes the lines at 144 dots per inch. Errors are those of w.
func (p Parallel) PNG(w io.Writer) error { return p.plate().png(w) }

func (p Parallel) plate() plate {
	p.Title, p.Result = plain.Line(p.Title), p.Result.clean()
	p.Settings = slices.Clone(p.Settings)
	for i := range p.Settings {
		p.Settings[i] = p.Settings[i].clean()
	}
	height := 2*figureMargin + parallelHead + parallelHeight
	if p.Title != "" {
		height += titleHeight
	}
	words := fmt.Sprintf("%s: parallel coordinates of %s and %s", p.Title, namesOf(p.Settings), p.Result.Name)
	return plate{p.Title, "Each line is a run. Darker lines have better results, and the best one is orange.", words, height, p.draw}
}

// order lists the items with a result, the worst first.
func (p Parallel) order() (items []int) {
	for i := range p.Result.Values {
		if finite(p.Result.Values[i]) {
			items = append(items, i)
		}
	}
	slices.SortStableFunc(items, func(a, b int) int {
		x, y := p.Result.at(a), p.Result.at(b)
		if p.Higher {
			x, y = y, x
		}
		switch {
		case x > y:
			return -1
		case x < y:
			return 1
		}
		return 0
	})
	return items
}

func (p Parallel) draw(canvas draw.Canvas) {
	items, axes := p.order(), append(slices.Clone(p.Settings), p.Result)
	if len(items) == 0 {
		canvas.FillText(textStyle(11, muted), vg.Point{X: canvas.Min.X, Y: canvas.Max.Y - 11}, "no results")
		return
	}
	field := canvas
	field.Min.X, field.Max.X = canvas.Min.X+parallelSide, canvas.Max.X-parallelSide
	field.Max.Y, field.Min.Y = canvas.Max.Y-parallelHead, canvas.Max.Y-parallelHead-parallelHeight
	gap := (field.Max.X - field.Min.X) / vg.Length(max(1, len(axes)-1))
	x := func(k int) vg.Length { return field.Min.X + vg.Length(k)*gap }
	y := func(k int, v float64) vg.Length {
		return field.Min.Y + 6 + (parallelHeight-12)*vg.Length(axes[k].place(v))
	}
	for rank, i := range items {
		stroke := p.stroke(rank, len(items))
		var path []vg.Point
		for k := range axes {
			if v := axes[k].at(i); finite(v) {
				path = append(path, vg.Point{X: x(k), Y: y(k, v)})
				continue
			}
			canvas.StrokeLines(stroke, path)
			path = nil
		}
		canvas.StrokeLines(stroke, path)
	}
	for k := range axes {
		p.drawAxis(canvas, axes[k], x(k), gap, field, func(v float64) vg.Length { return y(k, v) }, k == len(axes)-1)
	}
}

// stroke is the line of the item with a rank, from 0 for the worst.
func (p Parallel) stroke(rank, items int) draw.LineStyle {
	if rank == items-1 {
		return draw.LineStyle{Color: hues[1], Width: 1.5 * strokeWidth}
	}
	t := 1.0
	if items > 2 {
		t = float64(rank) / float64(items-2)
	}
	return draw.LineStyle{Color: mix(color.RGBA{0xcd, 0xdd, 0xe8, 0xff}, color.RGBA{0x00, 0x4c, 0x80, 0xff}, t), Width: strokeWidth * 0.75}
}

// drawAxis draws an axis with its name above it and labels beside it, on a light ground that keeps them readable.
func (p Parallel) drawAxis(canvas draw.Canvas, v Variable, x, gap vg.Length, field draw.Canvas, y func(float64) vg.Length, last bool) {
	canvas.StrokeLine2(draw.LineStyle{Color: ink, Width: 0.9}, x, field.Min.Y, x, field.Max.Y)
	name := boldStyle(10, ink)
	text := fitText(name, v.Name, max(gap-8, 2*parallelSide))
	at := x - name.Width(text)/2
	at = min(max(at, canvas.Min.X), canvas.Max.X-name.Width(text))
	canvas.FillText(name, vg.Point{X: at, Y: field.Max.Y + 8}, text)
	low, high := v.span()
	label, lowest := textStyle(9, ink), field.Min.Y-labelHeight
	for _, tick := range v.Ticks(low, high) {
		if tick.IsMinor() || tick.Value < low || tick.Value > high {
			continue
		}
		h := y(tick.Value)
		canvas.StrokeLine2(draw.LineStyle{Color: ink, Width: 0.9}, x-2.5, h, x+2.5, h)
		if h < lowest+labelHeight {
			continue // the label would overlap the one below
		}
		lowest = h
		text := fitText(label, tick.Label, max(gap/2, parallelSide-8))
		left, width := x+5, label.Width(text)
		if last && left+width > canvas.Max.X {
			left = canvas.Max.X - width
		}
		canvas.FillPolygon(color.NRGBA{0xff, 0xff, 0xff, 0xd8}, []vg.Point{{X: left - 1.5, Y: h - 5}, {X: left + width + 1.5, Y: h - 5}, {X: left + width + 1.5, Y: h + 5}, {X: left - 1.5, Y: h + 5}})
		canvas.FillText(label, vg.Point{X: left, Y: h - 3}, text)
	}
}
