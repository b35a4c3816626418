package kernel

import (
	"encoding/json"
	"os"
	"testing"
)

// TestConvolutionAsPyTorch compares all directions with the results of PyTorch,
// written by testdata/convolution.py.
func TestConvolutionAsPyTorch(t *testing.T) {
	text, err := os.ReadFile("testdata/convolution.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Batch, Channels, Filters, Enlarge       int
		Size, Kernel, Stride, Padding, Dilation Extent
		Bilinear                                bool
		Image, Weights, Bias                    []float32
		Maps, Transposed                        []float64
		MapsGradient                            []float32 `json:"maps_gradient"`
		ImageGradient                           []float64 `json:"image_gradient"`
		WeightsGradient                         []float64 `json:"weights_gradient"`
	}
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	eachPath(t, func(t *testing.T) {
		for _, p := range cases {
			c := convolutionCase{
				batch: p.Batch, channels: p.Channels, filters: p.Filters, size: p.Size, kernel: p.Kernel,
				stride: p.Stride, padding: p.Padding, dilation: p.Dilation, enlarge: Enlargement{p.Enlarge, p.Bilinear},
			}
			convolution := c.make()
			size := make([]float64, 1000) // values around 10
			for i := range size {
				size[i] = 10
			}
			image, gradient := blocks(convolution.Small, c.batch, p.Image), blocks(convolution.Maps, c.batch, p.MapsGradient)
			maps, back := make([]float32, len(gradient)), make([]float32, len(image))
			convolution.Convolve(c.batch, Linear, image, p.Weights, p.Bias, maps)
			within(t, c.String()+": maps", rowsOf(convolution.Maps, c.batch, maps), p.Maps, size, 10)
			convolution.Spread(c.batch, Linear, gradient, p.Weights, nil, back)
			within(t, c.String()+": image", rowsOf(convolution.Small, c.batch, back), p.ImageGradient, size, 10)
			within(t, c.String()+": transposed", rowsOf(convolution.Small, c.batch, back), p.Transposed, size, 10)
			weights := make([]float32, len(p.Weights))
			convolution.Gradient(c.batch, image, gradient, weights)
			within(t, c.String()+": weights", weights, p.WeightsGradient, size, 10)
		}
	})
}
