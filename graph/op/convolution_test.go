package op_test

import (
	"fmt"
	"testing"

	"gorgonia.org/gorgonia"

	"gaetrain/graph/kernel"
	"gaetrain/graph/op"
)

// convolve computes a convolution from B×D images to B×D′ maps, or its
// transpose.
func convolve(c kernel.Convolution, transposed bool, x, w array, b []float64) array {
	image, maps, factor := c.Image, c.Maps, max(1, c.Enlarge.Factor)
	small := kernel.Images{Channels: image.Channels, Height: image.Height / factor, Width: image.Width / factor}
	to := maps
	if transposed {
		to = small
	}
	z := zeros(x.shape[0], to.Values())
	for i := range z.values {
		if b != nil {
			z.values[i] = b[i/(to.Height*to.Width)%to.Channels]
		}
	}
	for n := range x.shape[0] {
		for f := range maps.Channels {
			for y := range maps.Height {
				for u := range maps.Width {
					for i := range c.Kernel.Height {
						for j := range c.Kernel.Width {
							iy, ix := y*c.Stride.Height-c.Padding.Height+i*c.Dilation.Height, u*c.Stride.Width-c.Padding.Width+j*c.Dilation.Width
							if iy < 0 || ix < 0 || iy >= image.Height || ix >= image.Width {
								continue
							}
							for channel := range image.Channels {
								at := ((n*image.Channels+channel)*small.Height+iy/factor)*small.Width + ix/factor
								map_ := ((n*maps.Channels+f)*maps.Height+y)*maps.Width + u
								weight := w.values[((f*c.Kernel.Height+i)*c.Kernel.Width+j)*image.Channels+channel]
								if transposed {
									z.values[at] += weight * x.values[map_]
								} else {
									z.values[map_] += weight * x.values[at]
								}
							}
						}
					}
				}
			}
		}
	}
	return z
}

// convolutional is a convolution between rows under a squared error.
func convolutional(c kernel.Convolution, act kernel.Activation, transposed, bias, constantInput bool) model {
	from, to := c.Enlarge.Input(c.Image), c.Maps
	if transposed {
		from, to = to, from
	}
	m := model{inputs: []input{
		{name: "x", shape: []int{from.Values()}, batch: true, wrt: !constantInput, lo: -1, hi: 1},
		{name: "target", shape: []int{to.Values()}, batch: true, lo: -1, hi: 1},
		{name: "w", shape: []int{c.Maps.Channels, c.Kernel.Height, c.Kernel.Width, c.Image.Channels}, wrt: true, lo: -1, hi: 1},
	}}
	if bias {
		m.inputs = append(m.inputs, input{name: "b", shape: []int{to.Channels}, wrt: true, lo: -1, hi: 1})
	}
	m.declare = func(t *testing.T, rows *op.Rows, in gorgonia.Nodes) (*gorgonia.Node, op.Loss) {
		var b *gorgonia.Node
		if bias {
			b = in[3]
		}
		x := must[*gorgonia.Node](t)(op.FromRows("first", rows, from.Channels, from.Height, from.Width, constantInput, in[0]))
		y := must[*gorgonia.Node](t)(op.Convolution("layer", rows, act, c, transposed, constantInput, x, in[2], b))
		last := must[*gorgonia.Node](t)(op.ToRows("last", rows, y))
		return last, must[op.Loss](t)(op.SquaredError("loss", rows, last, in[1]))
	}
	m.reference = func(in []array) (array, losses) {
		var b []float64
		if bias {
			b = in[3].values
		}
		y := activate(act, convolve(c, transposed, in[0], in[2], b))
		return y, squaredError(y, in[1])
	}
	return m
}

func convolutions() map[string]kernel.Convolution {
	one, two := kernel.Extent{Height: 1, Width: 1}, kernel.Extent{Height: 2, Width: 2}
	three := kernel.Extent{Height: 3, Width: 3}
	return map[string]kernel.Convolution{
		"plain": {Image: kernel.Images{Channels: 2, Height: 4, Width: 3}, Maps: kernel.Images{Channels: 3, Height: 4, Width: 3},
			Kernel: three, Stride: one, Padding: one, Dilation: one},
		"strided": {Image: kernel.Images{Channels: 1, Height: 7, Width: 6}, Maps: kernel.Images{Channels: 2, Height: 4, Width: 3},
			Kernel: three, Stride: two, Padding: one, Dilation: one},
		"dilated": {Image: kernel.Images{Channels: 2, Height: 5, Width: 6}, Maps: kernel.Images{Channels: 2, Height: 3, Width: 4},
			Kernel: two, Stride: one, Padding: kernel.Extent{}, Dilation: two},
		"whole": {Image: kernel.Images{Channels: 3, Height: 2, Width: 2}, Maps: kernel.Images{Channels: 4, Height: 1, Width: 1},
			Kernel: two, Stride: one, Dilation: one},
		"enlarged": {Image: kernel.Images{Channels: 2, Height: 6, Width: 4}, Maps: kernel.Images{Channels: 1, Height: 6, Width: 4},
			Kernel: three, Stride: one, Padding: one, Dilation: one, Enlarge: kernel.Enlargement{Factor: 2}},
	}
}

func TestConvolution(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		for name, c := range convolutions() {
			for bits := range 8 {
				transposed, bias, constantInput := bits&1 != 0, bits&2 != 0, bits&4 != 0
				t.Run(fmt.Sprintf("%s/transposed=%t,bias=%t,constant=%t", name, transposed, bias, constantInput), func(t *testing.T) {
					convolutional(c, kernel.Tanh, transposed, bias, constantInput).checkBatches(t)
				})
			}
		}
	})
}

func TestConvolutionActivations(t *testing.T) {
	t.Parallel()
	for _, act := range kernel.Activations() {
		m := convolutional(convolutions()["strided"], act, false, true, false)
		m.checkBatches(t)
		m.check(t, 33, 40)
	}
}

func TestConvolutionShapes(t *testing.T) {
	t.Parallel()
	c := convolutions()["plain"]
	for name, wrong := range map[string][2][]int{
		"layer: convolution+linear: input is 1×4×3, want 2×4×3":               {{12}, {3, 3, 3, 2}},
		"layer: convolution+linear: weights are (3, 3, 2, 2), want [3 3 3 2]": {{24}, {3, 3, 2, 2}},
		"first: images: rows of 25 values, want 2×4×3":                        {{25}, {3, 3, 3, 2}},
	} {
		graph, rows := gorgonia.NewGraph(), &op.Rows{Live: 2, Compiled: 2}
		x := declare(graph, "x", zeros(append([]int{2}, wrong[0]...)...))
		w := declare(graph, "w", zeros(wrong[1]...))
		channels := 2
		if wrong[0][0] == 12 {
			channels = 1
		}
		images, err := op.FromRows("first", rows, channels, 4, 3, false, x)
		if err == nil {
			_, err = op.Convolution("layer", rows, kernel.Linear, c, false, false, images, w, nil)
		}
		if err == nil || err.Error() != name {
			t.Errorf("error %v, want %s", err, name)
		}
	}
}
