package viz

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"

	"gaetrain/loaders/files"
)

// WritePNG writes img to path as PNG, atomically, unless the context ends before.
func WritePNG(ctx context.Context, path string, img image.Image) error {
	return files.Write(path, func(w io.Writer) error { return EncodePNG(files.Until(ctx, w), img) })
}

// EncodePNG writes img to w as PNG. It prefers speed to size, because a picture is
// written in every epoch, and flat squares compress well at any level.
func EncodePNG(w io.Writer, img image.Image) error {
	encoder := png.Encoder{CompressionLevel: png.BestSpeed}
	return encoder.Encode(w, img)
}

// withPalette returns the same image with a palette, or nil if it has more than 256 colours. It is encoded as PNG several
// times as fast, because an image with a palette is not filtered.
func withPalette(img *image.RGBA) *image.Paletted {
	small := image.NewPaletted(img.Bounds(), nil)
	indices := make(map[color.RGBA]uint8)
	var last color.RGBA
	var index uint8
	for at := range small.Pix {
		p := img.Pix[4*at : 4*at+4 : 4*at+4] // NewRGBA and NewPaletted have no space between lines
		if c := (color.RGBA{p[0], p[1], p[2], p[3]}); at == 0 || c != last {
			known := false
			if index, known = indices[c]; !known {
				if len(small.Palette) == 256 {
					return nil
				}
				index = uint8(len(small.Palette))
				indices[c], small.Palette = index, append(small.Palette, c)
			}
			last = c
		}
		small.Pix[at] = index
	}
	return small
}

// EncodeSmallPNG writes img to w as a small PNG of at most colours colours, 2 to 255. It is exact if the image has no more, and
// otherwise the colours are chosen by median cut.
func EncodeSmallPNG(w io.Writer, img image.Image, colours int) error {
	indexer := newIndexer([]image.Image{img}, colours)
	paletted := indexer.frame(img, image.Rectangle{Max: img.Bounds().Size()})
	paletted.Palette = indexer.palette[:indexer.transparent] // of the colours, because no pixel is transparent
	return png.Encode(w, paletted)                           // the best compression takes several times as long for 1 % fewer bytes
}

// Limits of a picture that is read.
const (
	mostBytes  = 64 << 20
	mostPixels = 32 << 20
)

// ReadPNG reads the picture at path, which must be a regular file.
func ReadPNG(path string) (image.Image, error) {
	data, err := files.ReadRegular(path, mostBytes)
	if err != nil {
		return nil, fmt.Errorf("reading picture %s: %w", path, files.Reason(err))
	}
	size, err := png.DecodeConfig(bytes.NewReader(data))
	if err == nil && size.Width > mostPixels/max(1, size.Height) {
		err = fmt.Errorf("it has %d×%d pixels, which is too large", size.Height, size.Width)
	}
	var img image.Image
	if err == nil {
		img, err = png.Decode(bytes.NewReader(data))
	}
	if err != nil {
		return nil, fmt.Errorf("reading picture %s: %w", path, err)
	}
	return img, nil
}
