package viz

import (
	"image"
	"image/draw"

	"gaetrain/viz/plain"
)

const (
	defaultColumns = 16
	tileSize       = 84   // pixels an image is enlarged to at most, if it is smaller; twice that in height
	gridWidth      = 1440 // pixels of all columns together that enlarging may not exceed
	labelWidth     = 190  // pixels of a row's label before it wraps
	labelLines     = 3
	titleLines     = 3
	narrow         = 520 // pixels that the title and the notes of a narrow sheet may take before they wrap
	headGap        = 4   // between the heads of columns and the images
	frameWidth     = 3   // of the frame around a marked image, which has room in the gap
)

// layout is the geometry of a sheet. Distances are in pixels.
type layout struct {
	Sheet
	lines []line
	title []string // lines
	foot  footer

	lead                  int // columns at the left
	tileWidth, tileHeight int // of the place of a tile
	left, leadGap, top    int // left of the first tile, gap after the lead, top of the first tile
	bands, bandGap        int
	colour                bool
}

func newLayout(s Sheet) *layout {
	if s.Columns <= 0 {
		s.Columns = defaultColumns
	}
	l := &layout{Sheet: s, lines: s.lines()}
	l.measure()
	return l
}

// measure finds all distances.
func (l *layout) measure() {
	width, height, count := 1, 1, 0
	for _, line := range l.lines {
		count, l.lead = max(count, len(line.tiles)), max(l.lead, len(line.lead))
		for _, t := range append(line.lead[:len(line.lead):len(line.lead)], line.tiles...) {
			width, height = max(width, t.image.Bounds().Dx()), max(height, t.image.Bounds().Dy())
			_, grey := t.image.(*image.Gray)
			l.colour = l.colour || !grey || t.marked
		}
	}
	l.bands, l.bandGap = (count+l.Columns-1)/l.Columns, bandGap
	if len(l.lines) == 1 {
		l.bandGap = gap // bands of one row need nothing to hold them together
	}
	l.Columns = max(1, min(l.Columns, count))
	scale := max(1, min(tileSize/width, 2*tileSize/height, (gridWidth/(l.lead+l.Columns)-gap)/width))
	l.tileWidth, l.tileHeight = width*scale, height*scale

	l.left, l.top = margin, margin
	for i := range l.lines {
		line := &l.lines[i]
		if w := labelFace().widest(line.label); w > 0 {
			l.left = max(l.left, margin+w+labelGap)
		}
		line.height = max(l.tileHeight, len(line.label)*labelFace().height())
		if line.captions {
			line.height += noteFace().height()
		}
	}
	if l.lead > 0 {
		l.leadGap = labelGap
	}
	limit := min(max(l.x(l.lead+l.Columns)-gap-margin, narrow), gridWidth)
	l.title = titleFace().wrap(plain.Line(l.Title), float64(limit), titleLines)
	l.foot = l.footer(limit)
	l.colour = l.colour || l.foot.coloured
	if len(l.title) > 0 {
		l.top += len(l.title)*titleFace().height() + titleGap
	}
	if l.Heads != nil {
		l.top += noteFace().height() + headGap
	}
}

// draw draws the sheet.
func (l *layout) draw() image.Image {
	canvas := l.canvas()
	for i, text := range l.title {
		titleFace().draw(canvas, margin, margin+i*titleFace().height(), text, ink)
	}
	if l.bands == 0 {
		labelFace().draw(canvas, margin, l.top, "no images", muted)
		return canvas
	}
	for column, head := range l.Heads[:min(len(l.Heads), l.lead+l.Columns)] {
		l.drawNote(canvas, l.x(column), l.top-headGap-noteFace().height(), head)
	}
	y := l.top
	for band := range l.bands {
		for _, line := range l.lines {
			l.drawLine(canvas, y, line, band)
			y += line.height + gap
		}
		y += l.bandGap - gap
		if len(l.lines) > 1 && band < l.bands-1 {
			middle := y - l.bandGap/2
			draw.Draw(canvas, image.Rect(margin, middle, canvas.Bounds().Dx()-margin, middle+1), image.NewUniform(faint), image.Point{}, draw.Src)
		}
	}
	l.foot.draw(canvas, y-l.bandGap+bandGap)
	return canvas
}

// canvas makes the white ground. It is as wide as the tiles, the title and the notes.
func (l *layout) canvas() draw.Image {
	width := max(l.x(l.lead+l.Columns)-gap, margin+max(titleFace().widest(l.title), l.foot.width)) + margin
	height := l.top + margin
	if l.bands == 0 {
		width = max(width, 2*margin+labelFace().widest([]string{"no images"}))
		height += labelFace().height()
	} else {
		height += l.bands*(l.bandHeight()+l.bandGap) - l.bandGap
		if l.foot.height > 0 {
			height += bandGap + l.foot.height
		}
	}
	bounds := image.Rect(0, 0, width, height)
	var canvas draw.Image = image.NewGray(bounds)
	if l.colour {
		canvas = image.NewRGBA(bounds)
	}
	draw.Draw(canvas, bounds, image.NewUniform(paper), image.Point{}, draw.Src)
	return canvas
}

// bandHeight is the height of the lines of a band.
func (l *layout) bandHeight() (height int) {
	for _, line := range l.lines {
		height += line.height + gap
	}
	return height - gap
}

// x is the left of a column, counted from the first one of the lead.
func (l *layout) x(column int) int {
	x := l.left + column*(l.tileWidth+gap)
	if column >= l.lead {
		x += l.leadGap
	}
	return x
}

// drawLine draws a line of tiles in a band, with its label flush right against the tiles and centred on their height.
func (l *layout) drawLine(canvas draw.Image, y int, row line, band int) {
	face, tiles := labelFace(), row.height
	if row.captions {
		tiles -= noteFace().height()
	}
	at := y + (tiles-len(row.label)*face.height())/2
	for _, text := range row.label {
		face.draw(canvas, l.left-labelGap-face.widest([]string{text}), at, text, ink)
		at += face.height()
	}
	if band == 0 {
		for column, t := range row.lead {
			l.drawTile(canvas, l.x(column), y, tiles, t)
		}
	}
	from := min(band*l.Columns, len(row.tiles))
	for column, t := range row.tiles[from:min(from+l.Columns, len(row.tiles))] {
		x := l.x(l.lead + column)
		l.drawTile(canvas, x, y, tiles, t)
		l.drawNote(canvas, x, y+tiles, t.caption)
	}
}

// drawTile enlarges a tile into the centre of its place at (x, y), which has the given height.
func (l *layout) drawTile(canvas draw.Image, x, y, height int, t tile) {
	size := t.image.Bounds().Size()
	if size.X == 0 || size.Y == 0 {
		return
	}
	scale := max(1, min(l.tileWidth/size.X, l.tileHeight/size.Y))
	at := image.Rectangle{Max: size.Mul(scale)}.Add(image.Pt(x+(l.tileWidth-size.X*scale)/2, y+(height-size.Y*scale)/2))
	if t.marked {
		draw.Draw(canvas, at.Inset(-frameWidth), image.NewUniform(vermilion), image.Point{}, draw.Src)
	}
	if dst, grey := canvas.(*image.Gray); grey {
		enlargeGrey(dst, at.Min.X, at.Min.Y, t.image.(*image.Gray), scale)
		return
	}
	enlarge(canvas.(*image.RGBA), at.Min.X, at.Min.Y, t.image, scale)
}

// drawNote writes a head or a caption in the middle of a column.
func (l *layout) drawNote(canvas draw.Image, x, y int, text string) {
	text = noteFace().fit(plain.Line(text), float64(l.tileWidth))
	noteFace().draw(canvas, x+centred(text, l.tileWidth), y, text, muted)
}

// enlargeGrey copies src to (x, y), each pixel as a square of scale×scale.
func enlargeGrey(dst *image.Gray, x, y int, src *image.Gray, scale int) {
	width, height := src.Bounds().Dx(), src.Bounds().Dy()
	for v := range height {
		first := dst.PixOffset(x, y+v*scale)
		line := dst.Pix[first : first+width*scale]
		for u, level := range src.Pix[v*src.Stride : v*src.Stride+width] {
			for k := range scale {
				line[u*scale+k] = level
			}
		}
		for k := 1; k < scale; k++ {
			copy(dst.Pix[first+k*dst.Stride:], line)
		}
	}
}

// enlarge copies src to (x, y), each pixel as a square of scale×scale.
func enlarge(dst *image.RGBA, x, y int, src image.Image, scale int) {
	width, height := src.Bounds().Dx(), src.Bounds().Dy()
	for v := range height {
		first := dst.PixOffset(x, y+v*scale)
		line := dst.Pix[first : first+4*width*scale]
		for u := range width {
			r, g, b, _ := src.At(src.Bounds().Min.X+u, src.Bounds().Min.Y+v).RGBA()
			for k := range scale {
				copy(line[4*(u*scale+k):], []uint8{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8), 0xff})
			}
		}
		for k := 1; k < scale; k++ {
			copy(dst.Pix[first+k*dst.Stride:], line)
		}
	}
}
