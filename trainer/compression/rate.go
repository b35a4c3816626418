package compression

import (
	"context"
	"fmt"
	"math"
)

// Point is the size and the error of images that a coder has compressed with one
// setting.
type Point struct {
	Coder   string  `json:"coder"`
	Setting string  `json:"setting"` // such as "4 bits"
	Bytes   float64 `json:"bytes_per_image"`
	MSE     float64 `json:"mse"` // squared error per pixel, of pixels in [0, 1]
}

// PSNR is the peak signal-to-noise ratio in decibels; +Inf if the error is 0.
func (p Point) PSNR() float64 { return -10 * math.Log10(p.MSE) }

// Codes holds codes of images, and the function that decodes them.
type Codes struct {
	Coder  string
	Values []float32 // N×L
	Units  int       // L
	Rule   Rule
	Decode func(codes []float32) ([]float32, error) // N×L → N×D
}

// Measure compresses the codes with each number of bits per value up to most, and
// compares the decoded images with the images N×D. The bytes are those of the whole
// file, including the levels of the quantiser.
func (c Codes) Measure(ctx context.Context, images []float32, most int) (points []Point, err error) {
	values, err := newColumns(ctx, c.Values, c.Units)
	if err != nil {
		return nil, err
	}
	for bits := 1; bits <= most; bits++ {
		q, err := values.quantiser(ctx, bits, c.Rule)
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
			return nil, fmt.Errorf("%w: the decoder returned %d values for images of %d values", ErrInput, len(decoded), len(images))
		}
		n := float64(a.Images())
		setting := fmt.Sprintf("%d bits", bits)
		if bits == 1 {
			setting = "1 bit"
		}
		points = append(points, Point{c.Coder, setting, float64(len(file)) / n, MeanSquaredError(decoded, images)})
	}
	return points, nil
}

// MeanSquaredError is the mean of (x − y)² over all values.
func MeanSquaredError(x, y []float32) float64 {
	sum := 0.0
	for i, v := range x {
		difference := float64(v) - float64(y[i])
		sum += difference * difference
	}
	return sum / float64(len(x))
}

// At returns the error of a coder at a rate in bytes per image, interpolated between
// the neighbouring points on logarithmic scales. It is NaN outside the range of the
// points.
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
