package viz

import (
	"image"
	"image/color"
	"image/draw"
	"math"
	"sync"
)

// heatStops is the scheme inferno of matplotlib (van der Walt and Smith 2015), which is safe for colour-blind readers and
// whose lightness rises evenly from black to light yellow.
var heatStops = []color.RGBA{
	{0x00, 0x00, 0x04, 0xff}, {0x1b, 0x0c, 0x41, 0xff}, {0x4a, 0x0c, 0x6b, 0xff}, {0x78, 0x1c, 0x6d, 0xff}, {0xa5, 0x2c, 0x60, 0xff},
	{0xcf, 0x44, 0x46, 0xff}, {0xed, 0x69, 0x25, 0xff}, {0xfb, 0x9b, 0x06, 0xff}, {0xf7, 0xd1, 0x3d, 0xff}, {0xfc, 0xff, 0xa4, 0xff},
}

// heatMap holds the colours of 0…1 in 256 equal steps.
var heatMap = sync.OnceValue(func() *[256]color.RGBA {
	var table [256]color.RGBA
	for i := range table {
		at := float64(i) / 255 * float64(len(heatStops)-1)
		k := min(int(at), len(heatStops)-2)
		table[i] = mix(heatStops[k], heatStops[k+1], at-float64(k))
	}
	return &table
})

// HeatGroup is a part of a HeatGrid: images as Grid draws them, and below each image a map of values that are not negative,
// such as errors.
type HeatGroup struct {
	Rows []Row
	Heat Row // N×1×H×W; values that are not numbers are drawn in magenta
}

// HeatGrid draws groups of rows below each other, as Grid does. The colours of all maps have one scale, from black for 0 to
// light yellow for the largest value, which a colour bar with the given name shows. columns ≤ 0 means 16.
func HeatGrid(title string, columns int, scale string, groups ...HeatGroup) image.Image {
	var tiles [][]image.Image
	s := newSheet(title, columns, 0)
	most := float32(0)
	for _, g := range groups {
		for _, v := range g.Heat.Images.Pixels {
			if !math.IsInf(float64(v), 0) && v > most {
				most = v
			}
		}
	}
	s.colour = true
	for _, g := range groups {
		for _, row := range g.Rows {
			s.add(row)
			tiles = append(tiles, nil)
			for i := range row.Images.Len() {
				tiles[len(tiles)-1] = append(tiles[len(tiles)-1], row.Images.At(i))
			}
		}
		if g.Heat.Images.Len() == 0 {
			continue
		}
		s.add(g.Heat)
		tiles = append(tiles, nil)
		for i := range g.Heat.Images.Len() {
			tiles[len(tiles)-1] = append(tiles[len(tiles)-1], heatImage(g.Heat.Images, i, most))
		}
	}
	if most == 0 {
		return s.draw(tiles)
	}
	s.footer = bandGap + noteFace().height() + barHeight + 8 + noteFace().height()
	s.footerWidth = max(barWidth, noteFace().widest([]string{scale}))
	canvas := s.draw(tiles)
	y := canvas.Bounds().Dy() - margin - s.footer + bandGap
	noteFace().draw(canvas, margin, y, scale, ink)
	drawHeatBar(canvas, margin, y+noteFace().height()+2, float64(most))
	return canvas
}

// heatImage colours map i, whose values are divided by most.
func heatImage(maps Images, i int, most float32) image.Image {
	table, values := heatMap(), maps.Pixels[i*maps.size():(i+1)*maps.size()]
	values = channelMean(values, maps.Channels, maps.Height*maps.Width)
	heat := image.NewRGBA(image.Rect(0, 0, maps.Width, maps.Height))
	for p, v := range values {
		c := missing
		if v == v {
			c = table[level(v/max(most, math.SmallestNonzeroFloat32))]
		}
		heat.SetRGBA(p%maps.Width, p/maps.Width, c)
	}
	return heat
}

// drawHeatBar draws the scale from 0 to most with labels at its ends and in the middle.
func drawHeatBar(canvas draw.Image, x, y int, most float64) {
	table := heatMap()
	for u := range barWidth {
		column := image.Rect(x+u, y, x+u+1, y+barHeight)
		draw.Draw(canvas, column, image.NewUniform(table[u*len(table)/barWidth]), image.Point{}, draw.Src)
	}
	for _, at := range []float64{0, 0.5, 1} {
		text := figures(most * at)
		noteFace().draw(canvas, x+int((float64(barWidth)-noteFace().width(text))*at), y+barHeight+4, text, muted)
	}
}
