package viz

import (
	"bufio"
	"context"
	"fmt"
	"image"
	"image/png"
	"io"
	"os"

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

// EncodeSmallPNG writes img to w as a small PNG of at most colours colours, 2 to 255. It is exact if the image has no more, and
// otherwise the colours are chosen by median cut.
func EncodeSmallPNG(w io.Writer, img image.Image, colours int) error {
	indexer := newIndexer([]image.Image{img}, colours)
	paletted := indexer.frame(img, image.Rectangle{Max: img.Bounds().Size()})
	paletted.Palette = indexer.palette[:indexer.transparent] // of the colours, because no pixel is transparent
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	return encoder.Encode(w, paletted)
}

// ReadPNG reads the picture at path.
func ReadPNG(path string) (image.Image, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading picture: %w", err)
	}
	defer file.Close()
	img, err := png.Decode(bufio.NewReader(file))
	if err != nil {
		return nil, fmt.Errorf("reading picture %s: %w", path, err)
	}
	return img, nil
}
