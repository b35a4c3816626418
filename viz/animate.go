package viz

import (
	"errors"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"io"
	"time"
)

// ErrNoFrames reports an animation without frames.
var ErrNoFrames = errors.New("animation has no frames")

// animationColours is the number of colours of an animation: few, because the file would be twice as large with 256, and shades
// of neighbouring levels look alike.
const animationColours = 63

// Animate writes frames as a GIF that repeats endlessly. delay is the time per frame. It is rounded to hundredths of a
// second and is at least 0.02 s, because browsers slow down shorter delays. The last frame stays four times as long, and at
// least two seconds. Colours are exact if all frames together have at most 63 colours. Otherwise the palette is chosen by
// median cut. A frame holds only what differs from the frame before. Smaller frames are at the upper left of the largest, on
// white. Errors are ErrNoFrames and those of w.
func Animate(w io.Writer, frames []image.Image, delay time.Duration) error {
	if len(frames) == 0 {
		return ErrNoFrames
	}
	bounds := image.Rectangle{}
	for _, frame := range frames {
		bounds = bounds.Union(image.Rectangle{Max: frame.Bounds().Size()})
	}
	if bounds.Empty() {
		return ErrNoFrames
	}
	indexer := newIndexer(frames, animationColours)
	hundredths := max(2, int((delay+5*time.Millisecond)/(10*time.Millisecond)))
	animation := &gif.GIF{Config: image.Config{ColorModel: indexer.palette, Width: bounds.Dx(), Height: bounds.Dy()}}
	var before *image.Paletted
	for _, frame := range frames {
		whole := indexer.frame(frame, bounds)
		animation.Image = append(animation.Image, indexer.changes(before, whole))
		animation.Delay = append(animation.Delay, hundredths)
		animation.Disposal = append(animation.Disposal, gif.DisposalNone)
		before = whole
	}
	animation.Delay[len(frames)-1] = max(200, 4*hundredths)
	return gif.EncodeAll(w, animation)
}

// changes returns the part of a frame that differs from the frame before, in which pixels that do not differ are transparent.
// The first frame is whole, and a frame without changes has one pixel.
func (x *indexer) changes(before, whole *image.Paletted) *image.Paletted {
	if before == nil {
		return whole
	}
	changed := image.Rectangle{}
	for v := range whole.Rect.Dy() {
		for u := range whole.Rect.Dx() {
			if i := v*whole.Stride + u; whole.Pix[i] != before.Pix[i] {
				changed = changed.Union(image.Rect(u, v, u+1, v+1))
			}
		}
	}
	if changed.Empty() {
		changed = image.Rect(0, 0, 1, 1)
	}
	part := image.NewPaletted(changed, x.palette)
	for v := changed.Min.Y; v < changed.Max.Y; v++ {
		for u := changed.Min.X; u < changed.Max.X; u++ {
			index := whole.ColorIndexAt(u, v)
			if index == before.ColorIndexAt(u, v) {
				index = x.transparent
			}
			part.SetColorIndex(u, v, index)
		}
	}
	return part
}

// indexer turns colours into indices of one palette shared by all frames, so that still parts do not flicker.
type indexer struct {
	palette     color.Palette
	transparent uint8 // index of no colour, which is the last one
	index       map[color.RGBA]uint8
}

// newIndexer collects the colours of all frames and chooses a palette of at most size colours and no colour. White is always in it.
func newIndexer(frames []image.Image, size int) *indexer {
	counts := map[color.RGBA]int{{0xff, 0xff, 0xff, 0xff}: 1}
	for _, frame := range frames {
		countColours(counts, frame)
	}
	x := &indexer{index: make(map[color.RGBA]uint8, len(counts))}
	opaque := medianCut(counts, size)
	if len(counts) <= size {
		for i, c := range opaque {
			x.index[c.(color.RGBA)] = uint8(i)
		}
	}
	x.palette, x.transparent = append(opaque, color.RGBA{}), uint8(len(opaque))
	return x
}

// frame draws img on white and indexes its colours.
func (x *indexer) frame(img image.Image, bounds image.Rectangle) *image.Paletted {
	paletted := image.NewPaletted(bounds, x.palette)
	white := x.lookup(color.RGBA{0xff, 0xff, 0xff, 0xff})
	for i := range paletted.Pix {
		paletted.Pix[i] = white
	}
	if grey, ok := img.(*image.Gray); ok {
		x.indexGrey(paletted, grey)
		return paletted
	}
	rgba := opaque(img)
	for v := range rgba.Rect.Dy() {
		for u := range rgba.Rect.Dx() {
			paletted.Pix[v*paletted.Stride+u] = x.lookup(rgba.RGBAAt(u, v))
		}
	}
	return paletted
}

func (x *indexer) indexGrey(dst *image.Paletted, src *image.Gray) {
	var table [256]uint8
	seen := [256]bool{}
	for v := range src.Rect.Dy() {
		for u, level := range src.Pix[v*src.Stride : v*src.Stride+src.Rect.Dx()] {
			if !seen[level] {
				seen[level], table[level] = true, x.lookup(color.RGBA{level, level, level, 0xff})
			}
			dst.Pix[v*dst.Stride+u] = table[level]
		}
	}
}

// lookup returns the index of the nearest colour of the palette and remembers it.
func (x *indexer) lookup(c color.RGBA) uint8 {
	i, known := x.index[c]
	if !known {
		i = uint8(x.palette[:x.transparent].Index(c))
		x.index[c] = i
	}
	return i
}

// opaque copies an image onto white, with its upper left corner at the origin. An RGBA image that needs no change is not copied.
func opaque(img image.Image) *image.RGBA {
	if rgba, ok := img.(*image.RGBA); ok && rgba.Rect.Min == (image.Point{}) && rgba.Opaque() {
		return rgba
	}
	bounds := image.Rectangle{Max: img.Bounds().Size()}
	rgba := image.NewRGBA(bounds)
	draw.Draw(rgba, bounds, image.White, image.Point{}, draw.Src)
	draw.Draw(rgba, bounds, img, img.Bounds().Min, draw.Over)
	return rgba
}

// countColours adds the number of pixels of each colour of img.
func countColours(counts map[color.RGBA]int, img image.Image) {
	if grey, ok := img.(*image.Gray); ok {
		var levels [256]int
		for v := range grey.Rect.Dy() {
			for _, level := range grey.Pix[v*grey.Stride : v*grey.Stride+grey.Rect.Dx()] {
				levels[level]++
			}
		}
		for level, n := range levels {
			if n > 0 {
				counts[color.RGBA{uint8(level), uint8(level), uint8(level), 0xff}] += n
			}
		}
		return
	}
	rgba := opaque(img)
	var last color.RGBA
	run := 0
	for v := range rgba.Rect.Dy() {
		for u := range rgba.Rect.Dx() {
			c := rgba.RGBAAt(u, v)
			if c != last && run > 0 {
				counts[last] += run
				run = 0
			}
			last = c
			run++
		}
	}
	if run > 0 {
		counts[last] += run
	}
}
