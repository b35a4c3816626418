package op

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"gaetrain/graph/kernel"
)

// ActivateSmooth declares y = a(x), elementwise (x, y: B×C or images). No layer
// fuses it, because its gradient needs x.
func ActivateSmooth(name string, rows *Rows, a kernel.SmoothActivation, x *gorgonia.Node) (*gorgonia.Node, error) {
	b := base{name: fmt.Sprintf("%s: %s", name, a), rows: rows}
	layout, err := b.layout(x)
	if err != nil {
		return nil, err
	}
	return declareLayer(b, smooth{layout, a}, x.Shape(), false, x)
}

type smooth struct {
	layout     kernel.Images
	activation kernel.SmoothActivation
}

func (s smooth) forward(batch int, in [][]float32, y []float32) {
	kernel.ActivateSmooth(s.activation, y, in[0][:s.layout.Size(batch)])
}

func (s smooth) backward(batch int, in [][]float32, _, dy []float32, gradients [][]float32) {
	if gradients[0] != nil {
		kernel.SmoothGradient(s.activation, in[0][:s.layout.Size(batch)], dy, gradients[0])
	}
}
