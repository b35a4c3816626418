package viz

import (
	"image"
	"image/color"
	"image/draw"
	"math"
	"sync"
)

// divergingStops is the scheme RdBu of ColorBrewer (Harrower and Brewer 2003), which is safe for colour-blind readers,
// from negative (blue) over zero (near white) to positive (red).
var divergingStops = []color.RGBA{
	{0x05, 0x30, 0x61, 0xff}, {0x21, 0x66, 0xac, 0xff}, {0x43, 0x93, 0xc3, 0xff}, {0x92, 0xc5, 0xde, 0xff}, {0xd1, 0xe5, 0xf0, 0xff},
	{0xf7, 0xf7, 0xf7, 0xff},
	{0xfd, 0xdb, 0xc7, 0xff}, {0xf4, 0xa5, 0x82, 0xff}, {0xd6, 0x60, 0x4d, 0xff}, {0xb2, 0x18, 0x2b, 0xff}, {0x67, 0x00, 0x1f, 0xff},
}

// divergingMap holds the colours of −1…1 in 255 equal steps, so that zero has an entry of its own.
var divergingMap = sync.OnceValue(func() *[255]color.RGBA {
	var table [255]color.RGBA
	for i := range table {
		at := float64(i) / 254 * float64(len(divergingStops)-1)
		k := min(int(at), len(divergingStops)-2)
		table[i] = mix(divergingStops[k], divergingStops[k+1], at-float64(k))
	}
	return &table
})

const (
	barWidth  = 220
	barHeight = 12
)

// Filters draws weights N×C×H×W, one picture for each filter in the order of their index, so that a filter has the same
// place in every epoch. Each filter is divided by its own max |w|. Its colours go from blue (−max |w|) over white (0) to red
// (+max |w|). A filter with three channels is drawn in red, green and blue around mid-grey. Other numbers of channels are
// averaged. columns ≤ 0 means 16.
func Filters(title string, weights Images, columns int) image.Image {
	return FilterRows(title, columns, Row{Images: weights})
}

// FilterRows draws rows of filters below each other in aligned columns, as Grid does for images. Each filter is drawn as by
// Filters. All rows have the channels of the first row.
func FilterRows(title string, columns int, rows ...Row) image.Image {
	s := newSheet(title, columns, len(rows))
	tiles := make([][]image.Image, len(rows))
	count := 0
	for r, row := range rows {
		s.add(row)
		for i := range row.Images.Len() {
			tiles[r] = append(tiles[r], filterImage(row.Images, i))
		}
		count += row.Images.Len()
	}
	if count == 0 {
		return s.draw(tiles)
	}
	signed := rows[0].Images.Channels != 3
	note := "each filter scaled by its own max |w|"
	s.footer = bandGap + noteFace().height()
	s.footerWidth = noteFace().widest([]string{note})
	if signed {
		s.footer += barHeight + 8 + noteFace().height()
		s.footerWidth = max(s.footerWidth, barWidth)
	}
	canvas := s.draw(tiles)
	y := canvas.Bounds().Dy() - margin - s.footer + bandGap
	if signed {
		drawColourBar(canvas, margin, y)
		y += barHeight + 8 + noteFace().height()
	}
	noteFace().draw(canvas, margin, y, note, muted)
	return canvas
}

// drawColourBar draws the scale from −max |w| to +max |w| with its three labels.
func drawColourBar(canvas draw.Image, x, y int) {
	table := divergingMap()
	for u := range barWidth {
		column := image.Rect(x+u, y, x+u+1, y+barHeight)
		draw.Draw(canvas, column, image.NewUniform(table[u*len(table)/barWidth]), image.Point{}, draw.Src)
	}
	for _, label := range []struct {
		text string
		at   float64
	}{{"−max", 0}, {"0", 0.5}, {"+max", 1}} {
		free := float64(barWidth) - noteFace().width(label.text)
		noteFace().draw(canvas, x+int(free*label.at), y+barHeight+4, label.text, muted)
	}
}

// filterImage colours filter i, scaled by its own greatest magnitude.
func filterImage(weights Images, i int) image.Image {
	values := weights.Pixels[i*weights.size() : (i+1)*weights.size()]
	if weights.Channels != 3 {
		values = channelMean(values, weights.Channels, weights.Height*weights.Width)
	}
	scale := 1 / magnitude(values)
	if weights.Channels == 3 {
		shifted := make([]float32, len(values))
		for p, v := range values {
			shifted[p] = 0.5 + 0.5*v*scale
		}
		return colourImage(shifted, weights.Width, weights.Height)
	}
	table := divergingMap()
	filter := image.NewRGBA(image.Rect(0, 0, weights.Width, weights.Height))
	for p, v := range values {
		c := missing
		if v == v {
			c = table[min(max(int(math.Round(float64(v*scale)*127))+127, 0), 254)]
		}
		filter.SetRGBA(p%weights.Width, p/weights.Width, c)
	}
	return filter
}

// magnitude is the greatest finite |v|, or 1 when there is none above zero.
func magnitude(values []float32) float32 {
	greatest := float32(0)
	for _, v := range values {
		if a := float32(math.Abs(float64(v))); a > greatest && !math.IsInf(float64(a), 0) {
			greatest = a
		}
	}
	if greatest == 0 {
		return 1
	}
	return greatest
}
