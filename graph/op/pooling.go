package op

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"gaetrain/graph/kernel"
)

// Pool declares images made smaller by the greatest or, with average, the mean
// value of each window (x: images of C channels, y: as many).
func Pool(name string, rows *Rows, window, stride kernel.Extent, average bool, x *gorgonia.Node) (*gorgonia.Node, error) {
	kind := "max pooling"
	if average {
		kind = "average pooling"
	}
	b := base{name: fmt.Sprintf("%s: %s", name, kind), rows: rows}
	from, err := b.images(x)
	if err != nil {
		return nil, err
	}
	if window.Height < 1 || window.Width < 1 || stride.Height < 1 || stride.Width < 1 || window.Height > from.Height || window.Width > from.Width {
		return nil, fmt.Errorf("%s: windows of %v with stride %v on images of %d×%d", b.name, window, stride, from.Height, from.Width)
	}
	to := from
	to.Height, to.Width = (from.Height-window.Height)/stride.Height+1, (from.Width-window.Width)/stride.Width+1
	p := &pooling{Pooling: kernel.Pooling{From: from, To: to, Window: window, Stride: stride, Average: average}}
	return declareLayer(b, p, imagesShape(to, rows), false, x)
}

type pooling struct {
	kernel.Pooling
	at []uint32
}

func (p *pooling) forward(batch int, in [][]float32, y []float32) {
	if len(p.at) < len(y) && !p.Average {
		p.at = make([]uint32, len(y))
	}
	p.Pool(batch, in[0], y, p.at)
}

func (p *pooling) backward(batch int, _ [][]float32, _, dy []float32, gradients [][]float32) {
	p.Gradient(batch, dy, p.at, gradients[0])
}
