package viz

import (
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// sign is a glyph and the name of what it represents.
type sign struct {
	name  string
	glyph draw.GlyphStyle
}

// drawLegend lists signs from the top of a canvas downwards, in as many columns as they need.
func drawLegend(canvas draw.Canvas, signs []sign) {
	size := canvas.Size()
	rows := max(1, int(size.Y/entryHeight))
	columns := (len(signs) + rows - 1) / rows
	width := size.X / vg.Length(max(1, columns))
	style := textStyle(10.5, ink)
	for i, e := range signs {
		x := canvas.Min.X + vg.Length(i/rows)*width
		y := canvas.Max.Y - vg.Length(i%rows)*entryHeight
		canvas.DrawGlyph(e.glyph, vg.Point{X: x + 5, Y: y - 6})
		canvas.FillText(style, vg.Point{X: x + 14, Y: y - 9.5}, fitText(style, e.name, width-18))
	}
}
