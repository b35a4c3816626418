package kernel

import (
	"encoding/json"
	"os"
	"testing"
)

// TestPoolingAsPyTorch compares pooling and unpooling with the results of
// PyTorch, written by testdata/pooling.py.
func TestPoolingAsPyTorch(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/pooling.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Batch, Channels      int
		Size, Window, Stride Extent
		X, Values            []float32
		Mean, Greatest       []float64
		YGradient            []float32 `json:"y_gradient"`
		MeanGradient         []float64 `json:"mean_gradient"`
		GreatestGradient     []float64 `json:"greatest_gradient"`
		Unpooled             []float64
		UnpooledGradient     []float32 `json:"unpooled_gradient"`
		ValuesGradient       []float64 `json:"values_gradient"`
	}
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	size := make([]float64, 1000)
	for i := range size {
		size[i] = 20
	}
	for _, c := range cases {
		from := Images{c.Channels, c.Size.Height, c.Size.Width, 16}
		to := Images{c.Channels, (c.Size.Height-c.Window.Height)/c.Stride.Height + 1, (c.Size.Width-c.Window.Width)/c.Stride.Width + 1, 16}
		p := Pooling{From: from, To: to, Window: c.Window, Stride: c.Stride}
		y, dx, at := make([]float32, to.Size(c.Batch)), make([]float32, from.Size(c.Batch)), make([]uint32, to.Size(c.Batch))
		x, dy := blocks(from, c.Batch, c.X), blocks(to, c.Batch, c.YGradient)
		p.Pool(c.Batch, x, y, at)
		within(t, "greatest", rowsOf(to, c.Batch, y), c.Greatest, size, 1)
		p.Gradient(c.Batch, dy, at, dx)
		within(t, "gradient of the greatest", rowsOf(from, c.Batch, dx), c.GreatestGradient, size, 1)
		if c.Unpooled != nil {
			p.Gradient(c.Batch, blocks(to, c.Batch, c.Values), at, dx)
			within(t, "unpooled", rowsOf(from, c.Batch, dx), c.Unpooled, size, 1)
			p.Gather(c.Batch, blocks(from, c.Batch, c.UnpooledGradient), at, y)
			within(t, "gradient of unpooling", rowsOf(to, c.Batch, y), c.ValuesGradient, size, 1)
		}
		p.Average = true
		p.Pool(c.Batch, x, y, nil)
		within(t, "mean", rowsOf(to, c.Batch, y), c.Mean, size, 4)
		p.Gradient(c.Batch, dy, nil, dx)
		within(t, "gradient of the mean", rowsOf(from, c.Batch, dx), c.MeanGradient, size, 4)
	}
}
