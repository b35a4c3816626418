package op_test

import (
	"fmt"
	"testing"

	"gorgonia.org/gorgonia"

	"gaetrain/graph/kernel"
	"gaetrain/graph/op"
)

// pool takes the mean or the greatest of windows of images of 2 channels, 5×4.
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
