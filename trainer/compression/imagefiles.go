package compression

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"slices"
)

// Qualities are the quality settings of JPEG that are measured.
var Qualities = []int{1, 5, 10, 20, 40, 60, 80}

// Files measures images that are written as one file each: as JPEG with the standard
// Huffman tables, as JPEG without the bytes before the coded pixels (headers and tables,
// which many images could share), and as PNG, which is lossless.
func Files(ctx context.Context, images []image.Image) (points []Point, err error) {
	var bare []Point
	for _, quality := range Qualities {
		all, scan, squares, pixels := 0, 0, 0.0, 0
		for _, img := range images {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			file, err := encodeJPEG(img, quality)
			if err != nil {
				return nil, err
			}
			all, scan = all+len(file), scan+scanLength(file)
			decoded, err := jpeg.Decode(bytes.NewReader(file))
			if err != nil {
				return nil, err
			}
			s, p := squaredDifference(img, decoded)
			squares, pixels = squares+s, pixels+p
		}
		n, setting, mse := float64(len(images)), fmt.Sprintf("quality %d", quality), squares/float64(pixels)
		points = append(points, Point{"JPEG", setting, float64(all) / n, mse})
		bare = append(bare, Point{"JPEG without tables", setting, float64(scan) / n, mse})
	}
	bytes, err := pngBytes(ctx, images)
	return append(append(points, bare...), Point{"PNG", "lossless", bytes, 0}), err
}

// encodeJPEG returns the JPEG file of an image. The encoder always writes a second
// quantisation table for colour differences. A grey image has none, so the table is
// left out.
func encodeJPEG(img image.Image, quality int) ([]byte, error) {
	var file bytes.Buffer
	if err := jpeg.Encode(&file, img, &jpeg.Options{Quality: quality}); err != nil {
		return nil, err
	}
	const table = 1 + 64 // its number and its values
	start, two, one := []byte{0xff, 0xd8}, []byte{0xff, 0xdb, 0, 2 + 2*table}, []byte{0xff, 0xdb, 0, 2 + table}
	tables, found := bytes.CutPrefix(file.Bytes(), append(start, two...))
	if _, grey := img.(*image.Gray); !grey || !found || len(tables) < 2*table {
		return file.Bytes(), nil
	}
	return slices.Concat(start, one, tables[:table], tables[2*table:]), nil
}

// scanLength is the number of bytes of a JPEG file from the start of scan.
func scanLength(file []byte) int { return len(file) - max(0, bytes.Index(file, []byte{0xff, 0xda})) }

func pngBytes(ctx context.Context, images []image.Image) (float64, error) {
	total := 0
	for _, img := range images {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		var file bytes.Buffer
		encoder := png.Encoder{CompressionLevel: png.BestCompression}
		if err := encoder.Encode(&file, img); err != nil {
			return 0, err
		}
		total += file.Len()
	}
	return float64(total) / float64(len(images)), nil
}

// squaredDifference sums the squared differences of the values of two images, and
// counts the values: one per pixel of a grey image a, else three.
func squaredDifference(a, b image.Image) (sum float64, count int) {
	_, grey := a.(*image.Gray)
	for y := a.Bounds().Min.Y; y < a.Bounds().Max.Y; y++ {
		for x := a.Bounds().Min.X; x < a.Bounds().Max.X; x++ {
			p, q := channels(a, x, y), channels(b, x, y)
			for c := range p {
				if c == 0 || !grey {
					sum += (p[c] - q[c]) * (p[c] - q[c])
					count++
				}
			}
		}
	}
	return sum, count
}

func channels(img image.Image, x, y int) [3]float64 {
	r, g, b, _ := img.At(x, y).RGBA()
	return [3]float64{float64(r) / 0xffff, float64(g) / 0xffff, float64(b) / 0xffff}
}
