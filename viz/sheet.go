package viz

import (
	"image"
	"math"
	"strconv"

	"gaetrain/viz/plain"
)

// Sheet is a picture of rows of images below each other in aligned columns: column i shows image i of every row. If there are
// more images than columns, further bands follow below, with a faint line between bands of several rows. Images are enlarged
// by whole factors without smoothing.
type Sheet struct {
	Title   string
	Columns int      // without those of Lead; ≤ 0: 16
	Heads   []string // above the columns, from the first one of Lead; nil: none
	Rows    []Row
	Scale   string   // what colours mean, such as "absolute error of a pixel"; "" for Weights: that filters are scaled
	Notes   []string // lines below the images
}

// Row is a batch of images with its name, such as "original" or "reconstruction".
type Row struct {
	Label    string
	Lead     Images // at the left of the images, in columns of their own and always with Pixels as colours; empty: none
	Images   Images
	Colours  Colours
	Captions []string // a line below each image; nil: none
	Marked   []int    // images with a frame
}

// Colours says how values become colours.
type Colours int

const (
	// Pixels are grey or coloured images, from 0 for black to 1 for white.
	Pixels Colours = iota
	// Weights are the weights of filters: blue for −max|w|, white for 0 and red for +max|w|, where max|w| is that of each filter.
	// Weights of three channels are red, green and blue around mid-grey. Those of other numbers of channels are averaged.
	Weights
	// Heat are maps of values that are not negative: black for 0 and light yellow for the largest value of all maps of the sheet.
	Heat
	// Signed are maps of values: blue for −max|v|, white for 0 and red for +max|v|, where max|v| is that of all maps of the sheet.
	Signed
)

// Grid is a sheet with only a title and rows.
func Grid(title string, columns int, rows ...Row) image.Image {
	return Sheet{Title: title, Columns: columns, Rows: rows}.Image()
}

// Image draws the sheet. Without images, the picture says so. Text is shortened to the room that it has. The result is
// *image.Gray unless there is colour.
func (s Sheet) Image() image.Image { return newLayout(s).draw() }

// tile is an image in its place of a row.
type tile struct {
	image   image.Image
	caption string
	marked  bool
}

// line is a row as it is drawn: one frame of its images.
type line struct {
	label       []string // lines of text
	lead, tiles []tile
	captions    bool
	height      int // of the tiles with label and captions
}

// lines colours the rows and separates their frames.
func (s Sheet) lines() (lines []line) {
	scale := s.scales()
	for _, row := range s.Rows {
		frames := max(1, row.Images.Frames)
		for frame := range frames {
			l := line{label: labelFace().wrap(plain.Line(row.Label), labelWidth, labelLines), captions: row.Captions != nil && frame == frames-1}
			if frames > 1 {
				l.label = append(labelFace().wrap(plain.Line(row.Label), labelWidth, labelLines-1), "frame "+strconv.Itoa(frame+1))
			}
			for i := range row.Lead.Len() {
				l.lead = append(l.lead, tile{image: part(row.Lead.At(i), frame, frames)})
			}
			for i := range row.Images.Len() {
				t := tile{image: part(row.image(i, scale), frame, frames)}
				if i < len(row.Captions) && l.captions {
					t.caption = row.Captions[i]
				}
				l.tiles = append(l.tiles, t)
			}
			for _, i := range row.Marked {
				if i >= 0 && i < len(l.tiles) {
					l.tiles[i].marked = true
				}
			}
			lines = append(lines, l)
		}
	}
	return lines
}

// scales are the largest magnitudes of all maps of a sheet by their colours; 0 without maps.
func (s Sheet) scales() map[Colours]float32 {
	most := map[Colours]float32{}
	for _, row := range s.Rows {
		if row.Colours != Heat && row.Colours != Signed {
			continue
		}
		maps := row.Images
		for i := range maps.Len() {
			for _, v := range channelMean(maps.Pixels[i*maps.size():(i+1)*maps.size()], maps.Channels, maps.Height*maps.Width) {
				if a := float32(math.Abs(float64(v))); !math.IsInf(float64(a), 0) && a > most[row.Colours] {
					most[row.Colours] = a
				}
			}
		}
	}
	return most
}

// image colours image i of a row.
func (r Row) image(i int, scale map[Colours]float32) image.Image {
	switch r.Colours {
	case Weights:
		return filterImage(r.Images, i)
	case Heat:
		return heatImage(r.Images, i, scale[Heat])
	case Signed:
		return signedImage(r.Images, i, scale[Signed])
	}
	return r.Images.At(i)
}

// part is one of the frames of an image, which are above each other.
func part(whole image.Image, frame, frames int) image.Image {
	if frames == 1 {
		return whole
	}
	b := whole.Bounds()
	height := b.Dy() / frames
	b.Min.Y += frame * height
	b.Max.Y = b.Min.Y + height
	return whole.(interface {
		SubImage(image.Rectangle) image.Image
	}).SubImage(b)
}
