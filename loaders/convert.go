package loaders

import (
	"context"
	"image"
	"image/color"
	"image/draw"
)

// convert draws an image as RGBA of 8 bits, with colours that are not multiplied by
// alpha. Values of 16 bits are rounded. Package draw would truncate them.
func convert(ctx context.Context, dst *image.NRGBA, m image.Image) error {
	const rows = 64
	if lossy, ok := m.(*image.YCbCr); ok {
		m = smooth(lossy)
	}
	whole := is8bit(m) && isOpaque(m)
	premultiplied := &image.RGBA{Pix: dst.Pix, Stride: dst.Stride, Rect: dst.Rect} // the same, if all pixels are opaque
	for y := m.Bounds().Min.Y; y < m.Bounds().Max.Y; y += rows {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		strip := m.Bounds()
		strip.Min.Y, strip.Max.Y = y, min(y+rows, strip.Max.Y)
		if whole {
			draw.Draw(premultiplied, strip, m, strip.Min, draw.Src)
		} else {
			straighten(dst, m, strip)
		}
	}
	return nil
}

// straighten draws a part of an image pixel by pixel. It divides colours that are
// multiplied by alpha, and rounds each value once.
func straighten(dst *image.NRGBA, m image.Image, part image.Rectangle) {
	pixel := straight(m)
	for y := part.Min.Y; y < part.Max.Y; y++ {
		at := dst.PixOffset(part.Min.X, y)
		for x := part.Min.X; x < part.Max.X; x++ {
			c := pixel(x, y)
			dst.Pix[at], dst.Pix[at+1], dst.Pix[at+2], dst.Pix[at+3] = c.R, c.G, c.B, c.A
			at += 4
		}
	}
}

// straight returns a function that returns a pixel of an image.
func straight(m image.Image) func(x, y int) color.NRGBA {
	switch m := m.(type) {
	case *image.NRGBA:
		return m.NRGBAAt
	case *image.RGBA: // Pillow rounds these quotients down
		return func(x, y int) color.NRGBA {
			c := m.RGBAAt(x, y)
			if c.A == 0 {
				return color.NRGBA{}
			}
			divided := func(v uint8) uint8 { return uint8(min(255*uint32(v)/uint32(c.A), 255)) }
			return color.NRGBA{divided(c.R), divided(c.G), divided(c.B), c.A}
		}
	case *image.Paletted:
		colours := make([]color.NRGBA, 256) // an index beyond the palette is transparent
		for i, c := range m.Palette {
			colours[i] = color.NRGBAModel.Convert(c).(color.NRGBA)
		}
		return func(x, y int) color.NRGBA { return colours[m.ColorIndexAt(x, y)] }
	case *image.CMYK:
		return func(x, y int) color.NRGBA {
			c := m.CMYKAt(x, y)
			white := 255 - uint32(c.K)
			mixed := func(ink uint8) uint8 { return uint8(white - (uint32(ink)*white+127)/255) }
			return color.NRGBA{mixed(c.C), mixed(c.M), mixed(c.Y), 255}
		}
	case *image.NRGBA64:
		return func(x, y int) color.NRGBA {
			c := m.NRGBA64At(x, y)
			return color.NRGBA{to8(uint32(c.R)), to8(uint32(c.G)), to8(uint32(c.B)), to8(uint32(c.A))}
		}
	}
	return func(x, y int) color.NRGBA {
		red, green, blue, alpha := m.At(x, y).RGBA()
		if alpha == 0 {
			return color.NRGBA{}
		}
		divided := func(v uint32) uint8 { return to8(min((v*65535+alpha/2)/alpha, 65535)) }
		return color.NRGBA{divided(red), divided(green), divided(blue), to8(alpha)}
	}
}

// to8 rounds a value of 16 bits to 8 bits.
func to8(v uint32) uint8 { return uint8((v*255 + 32767) / 65535) }

// is8bit reports whether the colours of an image are those of package draw with 8 bits.
// Those of CMYK are products, which package draw truncates.
func is8bit(m image.Image) bool {
	switch m.(type) {
	case *image.Gray16, *image.RGBA64, *image.NRGBA64, *image.CMYK:
		return false
	}
	return true
}

func isOpaque(m image.Image) bool {
	o, ok := m.(interface{ Opaque() bool })
	return ok && o.Opaque()
}
