package op

import (
	"fmt"

	"github.com/chewxy/hm"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gaetrain/graph/kernel"
)

// computation is what a layer of class layer computes. The slices of batches
// are those of whole nodes. batch is the number of live images.
type computation interface {
	// forward computes y from the inputs.
	forward(batch int, in [][]float32, y []float32)
	// backward computes the gradients in the inputs, except those that are nil.
	backward(batch int, in [][]float32, y, dy []float32, gradients [][]float32)
}

// layer is the op of a computation. Its first input is a batch, the others are
// parameters.
type layer struct {
	base
	computation
	in            []tensor.Shape
	out           tensor.Shape
	constantInput bool
	values        [][]float32 // values of the inputs in the last run
	y             buffer
}

// declareLayer adds a computation to the graph. out is the shape of its output.
func declareLayer(b base, c computation, out tensor.Shape, constantInput bool, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	l := &layer{base: b, computation: c, out: out, constantInput: constantInput, values: make([][]float32, len(in))}
	for _, node := range in {
		l.in = append(l.in, node.Shape())
	}
	return apply(l, in...)
}

func (l *layer) Arity() int { return len(l.in) }

func (l *layer) Type() hm.Type {
	types := make([]hm.Type, 0, len(l.in)+1)
	for _, shape := range append(l.in[:len(l.in):len(l.in)], l.out) {
		types = append(types, typeOf(len(shape)))
	}
	return hm.NewFnType(types...)
}

func (l *layer) InferShape(...gorgonia.DimSizer) (tensor.Shape, error) { return l.out.Clone(), nil }

func (l *layer) Do(in ...gorgonia.Value) (out gorgonia.Value, err error) {
	defer l.end(&err)
	for i, v := range in {
		l.values[i] = floats(v)
	}
	dense, y := l.y.of(l.out...)
	l.forward(l.rows.Live, l.values, y)
	return dense, nil
}

func (l *layer) DiffWRT(inputs int) []bool {
	all := make([]bool, inputs)
	for i := range all {
		all[i] = i > 0 || !l.constantInput
	}
	return all
}

// SymDiff adds the backward pass. One op computes all gradients and is the node
// of the last one. Each other gradient has a node of its own.
func (l *layer) SymDiff(in gorgonia.Nodes, y, dy *gorgonia.Node) (gorgonia.Nodes, error) {
	backward := &layerBackward{base: l.derive("backward"), layer: l, shape: l.in[len(in)-1], buffers: make([]buffer, len(in)), gradients: make([][]float32, len(in))}
	last := len(in) - 1
	gradients := make(gorgonia.Nodes, len(in))
	var err error
	if gradients[last], err = gorgonia.ApplyOp(backward, y, dy); err != nil {
		return nil, err
	}
	for i := range last {
		if i == 0 && l.constantInput {
			continue
		}
		if gradients[i], err = output(l.derive(fmt.Sprintf("gradient %d", i)), &backward.buffers[i], l.in[i], gradients[last]); err != nil {
			return nil, err
		}
	}
	return gradients, nil
}

// layerBackward has only y and dy as inputs, because each input costs the
// machine memory in each run. It takes the other values from the forward op.
type layerBackward struct {
	base
	layer     *layer
	shape     tensor.Shape // of the last input
	buffers   []buffer
	spared    []bool // gradients that are not needed; nil: all are needed
	gradients [][]float32
}

func (b *layerBackward) Arity() int { return 2 }

func (b *layerBackward) Type() hm.Type {
	out := len(b.layer.out)
	return hm.NewFnType(typeOf(out), typeOf(out), typeOf(len(b.shape)))
}

func (b *layerBackward) InferShape(...gorgonia.DimSizer) (tensor.Shape, error) {
	return b.shape.Clone(), nil
}

func (b *layerBackward) Do(in ...gorgonia.Value) (out gorgonia.Value, err error) {
	defer b.end(&err)
	l := b.layer
	var dense *tensor.Dense
	for i := range b.buffers {
		if i > 0 || !l.constantInput {
			dense, b.gradients[i] = b.buffers[i].of(l.in[i]...)
		}
		if b.spared != nil && b.spared[i] {
			b.gradients[i] = nil
		}
	}
	l.backward(b.rows.Live, l.values, floats(in[0]), floats(in[1]), b.gradients)
	return dense, nil
}

// imagesShape is the shape of a node that holds a batch of images in lanes:
// blocks, height, width, channels, lanes.
func imagesShape(s kernel.Images, rows *Rows) tensor.Shape {
	return tensor.Shape{s.Blocks(rows.Compiled), s.Height, s.Width, s.Channels, s.Lanes}
}

// images returns the shape of the images in a node.
func (b *base) images(x *gorgonia.Node) (kernel.Images, error) {
	shape, err := b.shape("input", x.Shape(), 5)
	if err != nil {
		return kernel.Images{}, err
	}
	return kernel.Images{Height: shape[1], Width: shape[2], Channels: shape[3], Lanes: shape[4]}, nil
}
