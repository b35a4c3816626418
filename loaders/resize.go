package loaders

import (
	"context"
	"image"

	"golang.org/x/image/draw"
)

// places returns the part of an image of a size that is used, and where this part stands
// in a picture of the size of the options.
func (o ImageOptions) places(size image.Point) (part, at image.Rectangle) {
	want := image.Pt(o.Size.Width, o.Size.Height)
	part, at = image.Rectangle{Max: size}, image.Rectangle{Max: want}
	switch o.Fit {
	case fitStretch:
	case fitPad:
		at = centred(want, size)
	default:
		part = centred(size, want)
	}
	return part, at
}

// centred returns the largest rectangle of a proportion in the centre of a picture. The
// size of the proportion is only that: a ratio. The rectangle has whole pixels, and at
// least one.
func centred(picture, proportion image.Point) image.Rectangle {
	side := picture
	// Which side limits the rectangle: picture.X/proportion.X or picture.Y/proportion.Y?
	if picture.X*proportion.Y > picture.Y*proportion.X {
		side.X = max(1, (2*picture.Y*proportion.X+proportion.Y)/(2*proportion.Y))
	} else {
		side.Y = max(1, (2*picture.X*proportion.Y+proportion.X)/(2*proportion.X))
	}
	corner := picture.Sub(side).Div(2)
	return image.Rectangle{corner, corner.Add(side)}
}

// resizingBytes bounds the memory that resize takes for an image of a height.
func (o ImageOptions) resizingBytes(height int) int64 {
	if o.Size == (Size{}) {
		return 0
	}
	const sum, deep, shallow = 32, 8, 4 // bytes of a pixel: four float64, four of 16 bits, four of 8 bits
	return sum*int64(o.Size.Width)*int64(height) + (deep+shallow)*int64(o.Size.Width)*int64(o.Size.Height)
}

// resize fits an image into the size of the options. It also returns where the image is;
// the pixels beside it are transparent. The filter is the cubic one of Catmull and Rom
// (1974), which is widened for a smaller picture, so that every pixel of the image counts.
// It is the filter BICUBIC of Pillow.
func (o ImageOptions) resize(ctx context.Context, src *image.NRGBA) (dst *image.NRGBA, at image.Rectangle, err error) {
	if o.Size == (Size{}) || src.Rect.Dx() == o.Size.Width && src.Rect.Dy() == o.Size.Height {
		return src, src.Rect, nil
	}
	part, at := o.places(src.Rect.Size())
	// With 16 bits, the result can be rounded. With 8 bits, package draw would truncate it.
	deep := image.NewRGBA64(image.Rect(0, 0, o.Size.Width, o.Size.Height))
	from := image.Image(src)
	if src.Opaque() { // then the colours are the same, and package draw is faster
		from = &image.RGBA{Pix: src.Pix, Stride: src.Stride, Rect: src.Rect}
	}
	scaled := make(chan struct{})
	go func() {
		defer close(scaled)
		draw.CatmullRom.Scale(deep, at, from, part.Add(src.Rect.Min), draw.Src, nil)
	}()
	select {
	case <-scaled:
	case <-ctx.Done(): // a large image takes seconds, and package draw cannot be interrupted
		return nil, at, context.Cause(ctx)
	}
	dst = image.NewNRGBA(deep.Rect)
	straighten(dst, deep, at)
	return dst, at, nil
}
