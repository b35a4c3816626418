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
)

// Row is a batch of images with its name, such as "original" or "reconstruction".
type Row struct {
	Label    string
	Images   Images
	Captions []string // a line below each image; nil: none
}

// Grid draws rows of images below each other in aligned columns: column i shows image i of every row. If there are more
// images than columns, further bands follow below. columns ≤ 0 means 16. Images are enlarged by a whole factor without
// smoothing. Without images, the picture says so. The result is *image.Gray unless there is colour.
func Grid(title string, columns int, rows ...Row) image.Image {
	sheet := newSheet(title, columns, len(rows))
	tiles := make([][]image.Image, len(rows))
	for r, row := range rows {
		sheet.add(row)
		for i := range row.Images.Len() {
			tiles[r] = append(tiles[r], row.Images.At(i))
		}
	}
	return sheet.draw(tiles)
}

// sheet is the geometry of rows of tiles, shared by Grid and Filters. Distances are in pixels.
type sheet struct {
	title   string
	columns int
	labels  [][]string // lines of each row's label

	captions      [][]string // of the tiles of each row; nil: none
	captionHeight int        // to leave free below each row

	scale, tileWidth, tileHeight int // of an enlarged tile; a smaller one is centred in its place
	rowHeight                    int
	left, top                    int // of the first tile
	bands, bandGap               int
	footer                       int // height to leave free at the bottom
	footerWidth                  int
	colour                       bool
}

func newSheet(title string, columns, rows int) *sheet {
	if columns <= 0 {
		columns = defaultColumns
	}
	return &sheet{title: title, columns: columns, labels: make([][]string, 0, rows)}
}

// add adds the label and the captions of a row.
func (s *sheet) add(row Row) {
	s.labels = append(s.labels, labelFace().wrap(row.Label, labelWidth, labelLines))
	s.captions = append(s.captions, row.Captions)
	if row.Captions != nil {
		s.captionHeight = noteFace().height()
	}
}

// draw lays the tiles out and draws them with title and labels.
func (s *sheet) draw(tiles [][]image.Image) draw.Image {
	s.measure(tiles)
	canvas := s.canvas(tiles)
	if s.title != "" {
		limit := float64(canvas.Bounds().Dx() - 2*margin)
		titleFace().draw(canvas, margin, margin, titleFace().fit(s.title, limit), ink)
	}
	if s.bands == 0 {
		labelFace().draw(canvas, margin, s.top, "no images", muted)
	}
	for band := range s.bands {
		for r := range tiles {
			s.drawLabel(canvas, band, r)
			for column := range s.columns {
				if i := band*s.columns + column; i < len(tiles[r]) {
					s.drawTile(canvas, band, r, column, tiles[r][i])
					s.drawCaption(canvas, band, r, column, i)
				}
			}
		}
	}
	return canvas
}

// measure finds the common scale and all distances.
func (s *sheet) measure(tiles [][]image.Image) {
	width, height, count := 1, 1, 0
	for _, row := range tiles {
		count = max(count, len(row))
		for _, tile := range row {
			width, height = max(width, tile.Bounds().Dx()), max(height, tile.Bounds().Dy())
			_, grey := tile.(*image.Gray)
			s.colour = s.colour || !grey
		}
	}
	s.bands, s.bandGap = (count+s.columns-1)/s.columns, bandGap
	if len(tiles) == 1 {
		s.bandGap = gap // bands of one row need nothing to hold them together
	}
	s.columns = max(1, min(s.columns, count))
	s.scale = max(1, min(tileSize/width, 2*tileSize/height, (gridWidth/s.columns-gap)/width))
	s.tileWidth, s.tileHeight = width*s.scale, height*s.scale

	s.left, s.top = margin, margin
	lines := 0
	for _, label := range s.labels {
		lines = max(lines, len(label))
		if w := labelFace().widest(label); w > 0 {
			s.left = max(s.left, margin+w+labelGap)
		}
	}
	s.rowHeight = max(s.tileHeight, lines*labelFace().height()) + s.captionHeight
	if s.title != "" {
		s.top += titleFace().height() + titleGap
	}
}

// canvas makes the white ground. It is as wide as the tiles and the title, where the width of the title has a limit.
func (s *sheet) canvas(tiles [][]image.Image) draw.Image {
	width := s.left + s.columns*(s.tileWidth+gap) - gap
	if s.title != "" {
		width = max(width, min(margin+titleFace().widest([]string{s.title}), gridWidth))
	}
	width = max(width, margin+s.footerWidth) + margin
	height := s.top + s.bands*s.bandHeight(len(tiles)) - s.bandGap + s.footer + margin
	if s.bands == 0 {
		width = max(width, 2*margin+labelFace().widest([]string{"no images"}))
		height = s.top + labelFace().height() + margin
	}
	bounds := image.Rect(0, 0, width, height)
	var canvas draw.Image = image.NewGray(bounds)
	if s.colour {
		canvas = image.NewRGBA(bounds)
	}
	draw.Draw(canvas, bounds, image.NewUniform(paper), image.Point{}, draw.Src)
	return canvas
}

// bandHeight is the distance from one band to the next.
func (s *sheet) bandHeight(rows int) int { return rows*(s.rowHeight+gap) - gap + s.bandGap }

// rowTop is the top of a row's place in a band.
func (s *sheet) rowTop(band, row int) int {
	return s.top + band*s.bandHeight(len(s.labels)) + row*(s.rowHeight+gap)
}

// drawLabel writes a row's label flush right against its images, centred on their height.
func (s *sheet) drawLabel(canvas draw.Image, band, row int) {
	face, lines := labelFace(), s.labels[row]
	y := s.rowTop(band, row) + (s.rowHeight-s.captionHeight-len(lines)*face.height())/2
	for _, line := range lines {
		face.draw(canvas, s.left-labelGap-face.widest([]string{line}), y, line, ink)
		y += face.height()
	}
}

// drawTile enlarges a tile into the centre of its place.
func (s *sheet) drawTile(canvas draw.Image, band, row, column int, tile image.Image) {
	width, height := tile.Bounds().Dx()*s.scale, tile.Bounds().Dy()*s.scale
	x := s.left + column*(s.tileWidth+gap) + (s.tileWidth-width)/2
	y := s.rowTop(band, row) + (s.rowHeight-s.captionHeight-height)/2
	if dst, grey := canvas.(*image.Gray); grey {
		enlargeGrey(dst, x, y, tile.(*image.Gray), s.scale)
		return
	}
	enlarge(canvas.(*image.RGBA), x, y, tile, s.scale)
}

// drawCaption writes the caption of a tile below it, centred.
func (s *sheet) drawCaption(canvas draw.Image, band, row, column, i int) {
	if i >= len(s.captions[row]) {
		return
	}
	face := noteFace()
	text := face.fit(plain.Line(s.captions[row][i]), float64(s.tileWidth))
	x := s.left + column*(s.tileWidth+gap) + centred(text, s.tileWidth)
	face.draw(canvas, x, s.rowTop(band, row)+s.rowHeight-s.captionHeight, text, muted)
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
