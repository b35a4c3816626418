package compression

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"math"
)

// Point is what a coder needs for an image, and what that costs in quality.
type Point struct {
	Coder   string  `json:"coder"`
	Setting string  `json:"setting"` // such as "4 bits"
	Bytes   float64 `json:"bytes_per_image"`
	MSE     float64 `json:"mse"` // squared error per pixel, of pixels in [0, 1]
}

// PSNR is the peak signal-to-noise ratio in decibels, +Inf without an error.
func (p Point) PSNR() float64 { return -10 * math.Log10(p.MSE) }

// Codes are codes of images, and how to get the images back.
type Codes struct {
	Coder  string
	Values []float32 // N×L
	Units  int       // L
	Rule   Rule
	Decode func(codes []float32) ([]float32, error) // N×L → N×D
}

// Measure compresses the codes with each number of bits per value up to most,
// and compares what is decoded with the images N×D. Bytes are those of the
// whole file.
func (c Codes) Measure(ctx context.Context, images []float32, most int) (points []Point, err error) {
	for bits := 1; bits <= most; bits++ {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		q, err := NewQuantiser(c.Values, c.Units, bits, c.Rule)
		if err != nil {
			return nil, err
		}
		a := Archive{Channels: 1, Height: 1, Width: 1, Quantiser: q, Symbols: q.Quantise(c.Values)}
		file, err := a.Encode()
		if err != nil {
			return nil, err
		}
		decoded, err := c.Decode(q.Dequantise(a.Symbols))
		if err != nil {
			return nil, err
		}
		if len(decoded) != len(images) {
			return nil, fmt.Errorf("%w: %d values decoded of %d", ErrInput, len(decoded), len(images))
		}
		n := float64(a.Images())
		points = append(points, Point{c.Coder, fmt.Sprintf("%d bits", bits), float64(len(file)) / n, meanSquaredError(decoded, images)})
	}
	return points, nil
}

func meanSquaredError(x, y []float32) float64 {
	sum := 0.0
	for i, v := range x {
		difference := float64(v) - float64(y[i])
		sum += difference * difference
	}
	return sum / float64(len(x))
}

// Qualities are the settings of JPEG that are measured.
var Qualities = []int{1, 5, 10, 20, 40, 60, 80}

// Files measures images as files of their own: JPEG, the same without what
// stands before the coded pixels (the tables, which many images could share), and
// PNG, which loses nothing.
func Files(ctx context.Context, images []image.Image) (points []Point, err error) {
	var bare []Point
	for _, quality := range Qualities {
		all, scan, squares, pixels := 0, 0, 0.0, 0
		for _, img := range images {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			var file bytes.Buffer
			if err := jpeg.Encode(&file, img, &jpeg.Options{Quality: quality}); err != nil {
				return nil, err
			}
			all, scan = all+file.Len(), scan+scanLength(file.Bytes())
			decoded, err := jpeg.Decode(&file)
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

// squaredDifference sums over pixels and channels (one if both are grey), and
// counts them.
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

// At returns the error of a coder at a rate in bytes per image, between those of
// the neighbouring points on logarithmic scales. It is NaN outside of them.
func At(points []Point, rate float64) float64 {
	for i := 1; i < len(points); i++ {
		a, b := points[i-1], points[i]
		if a.Bytes <= rate && rate <= b.Bytes && a.Bytes < b.Bytes {
			t := math.Log(rate/a.Bytes) / math.Log(b.Bytes/a.Bytes)
			return math.Exp((1-t)*math.Log(a.MSE) + t*math.Log(b.MSE))
		}
	}
	return math.NaN()
}
