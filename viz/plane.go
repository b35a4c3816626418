package viz

import (
	"image"
	"image/color"
	"image/draw"

	"gaetrain/viz/plain"
)

// Plane is a picture in which the place has a meaning, such as a grid of decoded codes, with ticks at its lower and its left
// side. Both axes have the same ticks.
type Plane struct {
	Title          string
	XLabel, YLabel string
	Picture        Images // the first one is drawn
	Ticks          []Tick
	Notes          []string
}

// Tick is a mark of an axis.
type Tick struct {
	At   float64 // share of the axis, from 0 at the left or below to 1
	Name string
	Note string // a second line
}

const (
	tickLength = 6 // pixels
	planeSide  = 560
)

// Image draws the plane. Small pictures are enlarged by a whole factor without smoothing.
func (p Plane) Image() image.Image {
	face := noteFace()
	picture := p.Picture.At(0)
	scale := max(1, planeSide/max(1, picture.Bounds().Dx(), picture.Bounds().Dy()))
	size := picture.Bounds().Size().Mul(scale)
	names := make([]string, 0, 2*len(p.Ticks))
	for _, t := range p.Ticks {
		names = append(names, plain.Line(t.Name), plain.Line(t.Note))
	}
	left := margin + face.widest(names) + tickLength + gap
	limit := max(left+size.X-margin, narrow)
	title := titleFace().wrap(plain.Line(p.Title), float64(limit), titleLines)
	foot := Sheet{Notes: p.Notes}.footer(limit)
	top := margin + len(title)*titleFace().height() + titleGap + face.height() + headGap
	bottom := top + size.Y
	below := tickLength + 2*face.height() + headGap + face.height()
	width := max(left+size.X, margin+max(titleFace().widest(title), foot.width)) + margin
	bounds := image.Rect(0, 0, width, bottom+below+bandGap+foot.height+margin)
	grey, isGrey := picture.(*image.Gray)
	var canvas draw.Image = image.NewRGBA(bounds)
	if isGrey {
		canvas = image.NewGray(bounds)
	}
	draw.Draw(canvas, canvas.Bounds(), image.NewUniform(paper), image.Point{}, draw.Src)
	for i, line := range title {
		titleFace().draw(canvas, margin, margin+i*titleFace().height(), line, ink)
	}
	if isGrey {
		enlargeGrey(canvas.(*image.Gray), left, top, grey, scale)
	} else {
		enlarge(canvas.(*image.RGBA), left, top, picture, scale)
	}
	face.draw(canvas, margin, top-headGap-face.height(), face.fit(plain.Line(p.YLabel), float64(limit)), ink)
	label := face.fit(plain.Line(p.XLabel), float64(limit))
	face.draw(canvas, max(margin, left+centred(label, size.X)), bottom+below-face.height(), label, ink)
	for _, t := range p.Ticks {
		p.drawTick(canvas, t, image.Rect(left, top, left+size.X, bottom))
	}
	foot.draw(canvas, bottom+below+bandGap)
	return canvas
}

// drawTick draws a tick of both axes of a picture.
func (p Plane) drawTick(canvas draw.Image, t Tick, field image.Rectangle) {
	if !finite(t.At) || t.At < 0 || t.At > 1 {
		return
	}
	face := noteFace()
	x, y := field.Min.X+int(t.At*float64(field.Dx()-1)), field.Max.Y-1-int(t.At*float64(field.Dy()-1))
	draw.Draw(canvas, image.Rect(x, field.Max.Y, x+1, field.Max.Y+tickLength), image.NewUniform(muted), image.Point{}, draw.Src)
	draw.Draw(canvas, image.Rect(field.Min.X-tickLength, y, field.Min.X, y+1), image.NewUniform(muted), image.Point{}, draw.Src)
	for i, text := range []string{plain.Line(t.Name), plain.Line(t.Note)} {
		colour := []color.Color{ink, muted}[i]
		width := int(face.width(text))
		face.draw(canvas, min(max(x-width/2, margin), canvas.Bounds().Dx()-margin-width), field.Max.Y+tickLength+i*face.height(), text, colour)
		face.draw(canvas, field.Min.X-tickLength-gap-width, y+(i-1)*face.height(), text, colour)
	}
}
