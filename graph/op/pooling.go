package op

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"gaetrain/graph/kernel"
)

// Pool declares the maximum, or with average the mean, of each window (x, y:
// images of C channels).
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

// Unpool declares larger images. Each value of x moves to the position of the
// maximum of its window in the pooling that computed pooled in the same run (x:
// images of the shape of pooled, y: of the shape of the input of the pooling;
// Zeiler & Fergus 2014). Other values are 0. Values of overlapping windows are
// added.
func Unpool(name string, rows *Rows, pooled, x *gorgonia.Node) (*gorgonia.Node, error) {
	b := base{name: name + ": max unpooling", rows: rows}
	l, ok := pooled.Op().(*layer)
	if !ok {
		return nil, fmt.Errorf("%s: %s is not a pooling", b.name, pooled.Name())
	}
	p, ok := l.computation.(*pooling)
	if !ok || p.Average {
		return nil, fmt.Errorf("%s: %s is not a max pooling", b.name, l.name)
	}
	given, err := b.images(x)
	if err != nil {
		return nil, err
	}
	if given != p.To {
		return nil, fmt.Errorf("%s: input is %d×%d×%d, want %d×%d×%d", b.name, given.Channels, given.Height, given.Width, p.To.Channels, p.To.Height, p.To.Width)
	}
	return declareLayer(b, unpooling{p}, imagesShape(p.From, rows), true, pooled, x)
}

// unpooling has the pooled images as its first, constant input, so it runs
// after the pooling.
type unpooling struct{ *pooling }

func (u unpooling) forward(batch int, in [][]float32, y []float32) {
	u.Gradient(batch, in[1], u.at, y)
}

func (u unpooling) backward(batch int, _ [][]float32, _, dy []float32, gradients [][]float32) {
	u.Gather(batch, dy, u.at, gradients[1])
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
