package op

import (
	"fmt"

	"github.com/chewxy/hm"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gaetrain/graph/kernel"
)

// Contracted is a layer y = act(x·W + b) whose contraction is penalised (y:
// B×H, W: D×H).
type Contracted struct {
	Activation kernel.Activation
	Y, Weights *gorgonia.Node
}

// Contraction declares mean_B Σ_layers ‖∂y/∂x‖², the sum of the squared
// Frobenius norms of the Jacobians of layers, each in its own input (Rifai et
// al. 2011). Gradients reach y, and through it act′, and the weights.
func Contraction(name string, rows *Rows, layers ...Contracted) (Loss, error) {
	b := base{name: name + ": contraction", rows: rows}
	if len(layers) == 0 {
		return Loss{}, fmt.Errorf("%s: no layers", b.name)
	}
	c := &contraction{layers: make([]contractedLayer, len(layers))}
	in := make(gorgonia.Nodes, 2*len(layers))
	for i, l := range layers {
		y, err := b.batch("output", l.Y.Shape())
		if err != nil {
			return Loss{}, err
		}
		w, err := b.shape("weights", l.Weights.Shape(), 2)
		if err != nil {
			return Loss{}, err
		}
		if y[1] != w[1] {
			return Loss{}, fmt.Errorf("%s: output is %v, weights are %v", b.name, y, w)
		}
		c.layers[i] = contractedLayer{activation: l.Activation, inputs: w[0], units: w[1], norms: make([]float32, w[1]), slopes: make([]float32, w[1])}
		in[i], in[len(layers)+i] = l.Y, l.Weights
	}
	l, err := makeLoss(b, 1, c.compute, in)
	if err != nil {
		return Loss{}, err
	}
	c.loss = *l
	node, err := gorgonia.ApplyOp(c, in...)
	return Loss{node, &c.loss}, err
}

// contraction is a loss whose inputs are the outputs of the layers and then
// their weights. It has gradients in all of them.
type contraction struct {
	loss
	layers []contractedLayer
}

type contractedLayer struct {
	activation    kernel.Activation
	inputs, units int
	norms         []float32 // ‖W_:j‖²
	slopes        []float32 // mean over the batch of act′²
	squares       buffer    // act′², B×H
	dy, dw        buffer
}

func (c *contraction) compute(l *loss, scale float32, in [][]float32, _ []float32) {
	clear(l.perImage)
	for i := range c.layers {
		layer, y, w := &c.layers[i], in[i], in[len(c.layers)+i]
		_, squares := layer.squares.of(l.rows.Compiled, layer.units)
		var dy []float32
		if l.differentiated {
			_, dy = layer.dy.of(l.rows.Compiled, layer.units)
		}
		kernel.SquaredColumnNorms(layer.inputs, layer.units, w, layer.norms, layer.slopes)
		kernel.Contraction(layer.activation, l.rows.Live, layer.units, scale, y, layer.norms, squares, dy, l.perImage)
	}
}

func (c *contraction) Type() hm.Type {
	types := make([]hm.Type, len(c.in)+1)
	for i := range c.in {
		types[i] = matrix()
	}
	types[len(c.in)] = scalar()
	return hm.NewFnType(types...)
}

func (c *contraction) DiffWRT(inputs int) []bool {
	all := make([]bool, inputs)
	for i := range all {
		all[i] = true
	}
	return all
}

func (c *contraction) SymDiff(in gorgonia.Nodes, out, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	c.differentiated = true
	gradients := make(gorgonia.Nodes, len(in))
	for i := range gradients {
		layer, what := i%len(c.layers), "dy"
		if i >= len(c.layers) {
			what = "dW"
		}
		g := &contractionGradient{penaltyGradient: penaltyGradient{c.derive(fmt.Sprintf("%s %d", what, layer+1))}, layer: &c.layers[layer], weights: i >= len(c.layers)}
		var err error
		if gradients[i], err = gorgonia.ApplyOp(g, in[i], out, grad); err != nil {
			return nil, err
		}
	}
	return gradients, nil
}

// contractionGradient computes the gradient in the output of a layer, or in its
// weights, dW_:j = 2·W_:j·mean_B act′(z_j)², times the gradient of the loss.
type contractionGradient struct {
	penaltyGradient
	layer   *contractedLayer
	weights bool
}

func (g *contractionGradient) Do(in ...gorgonia.Value) (out gorgonia.Value, err error) {
	defer g.end(&err)
	weight, layer, rows := float32(*in[2].(*gorgonia.F32)), g.layer, g.rows.Live
	if !g.weights {
		dense, dy := layer.dy.of(g.rows.Compiled, layer.units)
		kernel.Scale(weight, dy[:rows*layer.units])
		return dense, nil
	}
	kernel.ColumnMeans(rows, layer.units, layer.squares.dense.Float32s(), layer.slopes)
	dense, dw := layer.dw.of(layer.inputs, layer.units)
	kernel.ScaleColumns(layer.inputs, layer.units, 2*weight, floats(in[0]), layer.slopes, dw)
	return dense, nil
}

// penaltyGradient is the common part of gradients of a scalar in one of its
// matrices. The inputs are the matrix, the scalar and its gradient.
type penaltyGradient struct{ base }

func (g *penaltyGradient) Arity() int { return 3 }

func (g *penaltyGradient) Type() hm.Type {
	return hm.NewFnType(matrix(), scalar(), scalar(), matrix())
}

func (g *penaltyGradient) InferShape(in ...gorgonia.DimSizer) (tensor.Shape, error) {
	return shapeOf(in[0])
}
