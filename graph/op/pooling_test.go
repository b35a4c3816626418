package op_test

import (
	"fmt"
	"testing"

	"gorgonia.org/gorgonia"

	"gaetrain/graph/kernel"
	"gaetrain/graph/op"
)

// pool computes the mean or the maximum of windows of images of 2 channels,
// 5×4.
func pool(x array, window, stride kernel.Extent, average bool) array {
	const channels, height, width = 2, 5, 4
	down, across := (height-window.Height)/stride.Height+1, (width-window.Width)/stride.Width+1
	y := zeros(x.shape[0], channels*down*across)
	for i := range y.values {
		plane, row, column := i/(down*across), i/across%down, i%across
		for u := range window.Height {
			for v := range window.Width {
				value := x.values[(plane*height+row*stride.Height+u)*width+column*stride.Width+v]
				switch {
				case average:
					y.values[i] += value / float64(window.Height*window.Width)
				case u+v == 0 || value > y.values[i]:
					y.values[i] = value
				}
			}
		}
	}
	return y
}

func TestPool(t *testing.T) {
	t.Parallel()
	for _, average := range []bool{false, true} {
		for _, stride := range []kernel.Extent{{Height: 1, Width: 2}, {Height: 2, Width: 1}, {Height: 3, Width: 3}} {
			window := kernel.Extent{Height: 2, Width: 2}
			m := onInput(-1, 1, -1, 1, 40, func(t *testing.T, rows *op.Rows, x, target *gorgonia.Node) (*gorgonia.Node, op.Loss) {
				images := must[*gorgonia.Node](t)(op.FromRows("first", rows, 2, 5, 4, false, x))
				y := must[*gorgonia.Node](t)(op.ToRows("last", rows, must[*gorgonia.Node](t)(op.Pool("pool", rows, window, stride, average, images))))
				return y, must[op.Loss](t)(op.SquaredError("loss", rows, y, target))
			}, func(x, target array) (array, losses) {
				y := pool(x, window, stride, average)
				return y, squaredError(y, target)
			})
			m.inputs[1].shape = []int{pool(zeros(1, 40), window, stride, average).shape[1]}
			t.Run(fmt.Sprintf("average=%t,stride=%v", average, stride), m.checkBatches)
		}
	}
}

func TestPoolShapes(t *testing.T) {
	t.Parallel()
	graph, rows := gorgonia.NewGraph(), &op.Rows{Live: 2, Compiled: 2}
	images, err := op.FromRows("first", rows, 1, 2, 3, false, declare(graph, "x", zeros(2, 6)))
	if err != nil {
		t.Fatal(err)
	}
	_, err = op.Pool("encoder/1", rows, kernel.Extent{Height: 3, Width: 1}, kernel.Extent{Height: 1, Width: 1}, false, images)
	if want := "encoder/1: max pooling: windows of {3 1} with stride {1 1} on images of 2×3"; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

// unpool moves values to the positions of the maxima that pool found.
func unpool(pooled, x array, window, stride kernel.Extent) array {
	const channels, height, width = 2, 5, 4
	y, across, down := zeros(x.shape[0], channels*height*width), (width-window.Width)/stride.Width+1, (height-window.Height)/stride.Height+1
	for i, v := range x.values {
		plane, row, column := i/(down*across), i/across%down, i%across
		best := -1
		for u := range window.Height {
			for w := range window.Width {
				at := (plane*height+row*stride.Height+u)*width + column*stride.Width + w
				if best < 0 || pooled.values[at] > pooled.values[best] {
					best = at
				}
			}
		}
		y.values[best] += v
	}
	return y
}

func TestUnpool(t *testing.T) {
	t.Parallel()
	for _, stride := range []kernel.Extent{{Height: 2, Width: 2}, {Height: 1, Width: 2}, {Height: 3, Width: 1}} {
		window := kernel.Extent{Height: 2, Width: 2}
		values := pool(zeros(1, 40), window, stride, false).shape[1]
		m := model{inputs: []input{
			{name: "pooled", shape: []int{40}, batch: true, wrt: true, lo: -1, hi: 1},
			{name: "x", shape: []int{values}, batch: true, wrt: true, lo: -1, hi: 1},
			{name: "target", shape: []int{40}, batch: true, lo: -1, hi: 1},
			{name: "weight", shape: []int{1}, batch: true, lo: 1, hi: 1},
		}}
		m.declare = func(t *testing.T, rows *op.Rows, in gorgonia.Nodes) (*gorgonia.Node, op.Loss) {
			pooled := must[*gorgonia.Node](t)(op.Pool("pool", rows, window, stride, false, must[*gorgonia.Node](t)(op.FromRows("first", rows, 2, 5, 4, false, in[0]))))
			s := pooled.Shape()
			x := must[*gorgonia.Node](t)(op.FromRows("second", rows, s[3], s[1], s[2], false, in[1]))
			y := must[*gorgonia.Node](t)(op.ToRows("last", rows, must[*gorgonia.Node](t)(op.Unpool("unpool", rows, pooled, x))))
			loss := must[op.Loss](t)(op.SquaredError("loss", rows, y, in[2]))
			// The pooled values have a loss too, so that they have a gradient.
			other := must[op.Loss](t)(op.L1("other", rows, must[*gorgonia.Node](t)(op.ToRows("pooled", rows, pooled))))
			loss.Node = must[*gorgonia.Node](t)(op.WeightedSum("sum", []*op.Weight{{Value: 1}, {Value: 1}}, gorgonia.Nodes{loss.Node, other.Node}))
			return y, loss
		}
		m.reference = func(in []array) (array, losses) {
			y := unpool(in[0], in[1], window, stride)
			return y, squaredError(y, in[2])
		}
		for _, b := range [][2]int{{1, 1}, {5, 5}, {33, 40}} {
			all := m.values(b[1])
			c := m.compile(t, b[1], all)
			c.run(t, b[0])
			in := m.live(all, b[0])
			want, l := m.reference(in)
			near(t, "output", floats(c.y)[:len(want.values)], want.values)
			gradient := make([]float64, len(in[1].values))
			for i := range gradient {
				gradient[i] = slope(&in[1].values[i], func() float64 { _, l := m.reference(in); return l.mean() })
			}
			near(t, "loss per image", c.loss.PerImage(), l.perImage)
			near(t, "gradient", c.gradient(m, 1), gradient)
		}
	}
}

func TestUnpoolShapes(t *testing.T) {
	t.Parallel()
	graph, rows := gorgonia.NewGraph(), &op.Rows{Live: 2, Compiled: 2}
	images := must[*gorgonia.Node](t)(op.FromRows("first", rows, 1, 2, 4, false, declare(graph, "x", zeros(2, 8))))
	two := kernel.Extent{Height: 2, Width: 2}
	mean := must[*gorgonia.Node](t)(op.Pool("mean", rows, two, two, true, images))
	greatest := must[*gorgonia.Node](t)(op.Pool("encoder/1", rows, two, two, false, images))
	for want, in := range map[string][2]*gorgonia.Node{
		"decoder/1: max unpooling: mean: average pooling is not a max pooling": {mean, mean},
		"decoder/1: max unpooling: first: images is not a max pooling":         {images, mean},
		"decoder/1: max unpooling: input is 1×2×4, want 1×1×2":                 {greatest, images},
	} {
		if _, err := op.Unpool("decoder/1", rows, in[0], in[1]); err == nil || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}
