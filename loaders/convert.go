package loaders

import (
	"context"
	"image"
	"image/draw"
)

// convert draws an image as RGBA, with colours premultiplied by alpha. Values of 16
// bits are rounded to 8 bits. Package draw would truncate them.
func convert(ctx context.Context, dst *image.RGBA, m image.Image) error {
	const rows = 64
	wide, ok := m.(image.RGBA64Image)
	whole := !ok || is8bit(m) && isOpaque(m)
	for y := m.Bounds().Min.Y; y < m.Bounds().Max.Y; y += rows {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		strip := m.Bounds()
		strip.Min.Y, strip.Max.Y = y, min(y+rows, strip.Max.Y)
		if whole {
			draw.Draw(dst, strip, m, strip.Min, draw.Src)
		} else {
			round(dst, wide, strip)
		}
	}
	return nil
}

// round draws a part of an image pixel by pixel and rounds each value.
func round(dst *image.RGBA, m image.RGBA64Image, part image.Rectangle) {
	to8 := func(v uint16) uint8 { return uint8((uint32(v)*255 + 32767) / 65535) }
	for y := part.Min.Y; y < part.Max.Y; y++ {
		at := dst.PixOffset(part.Min.X, y)
		for x := part.Min.X; x < part.Max.X; x++ {
			c := m.RGBA64At(x, y)
			copy(dst.Pix[at:], []uint8{to8(c.R), to8(c.G), to8(c.B), to8(c.A)})
			at += 4
		}
	}
}

func is8bit(m image.Image) bool {
	switch m.(type) {
	case *image.Gray16, *image.RGBA64, *image.NRGBA64:
		return false
	}
	return true
}

func isOpaque(m image.Image) bool {
	o, ok := m.(interface{ Opaque() bool })
	return ok && o.Opaque()
}
