package op

import (
	"slices"

	"gorgonia.org/gorgonia"

	"gaetrain/graph/kernel"
)

// Fuse joins the backward passes of neighbouring convolutions: one that
// computes the gradient in the result of another also applies the gradient of
// the activation of that other one, while the values are in cache. Where this
// is not possible, a convolution writes the gradient before its activation over
// the gradient after it, if nothing else reads it. Nodes that are wanted keep
// their values.
func Fuse(graph *gorgonia.ExprGraph, wanted gorgonia.Nodes) {
	for nodes := graph.Nodes(); nodes.Next(); {
		node := nodes.Node().(Node)
		c := convolutionOf(node)
		if c == nil || c.activation == kernel.Linear {
			continue
		}
		in := inputs(node)
		y, dy := in[0], in[1]
		from := producer(dy)
		if from == nil || len(users(dy)) > 1 || slices.Contains(wanted, dy) {
			continue
		}
		if next := convolutionOf(from); next != nil && inputs(inputs(from)[0])[0] == y {
			next.before, c.ready = c.activation, true
		} else {
			c.inPlace = true
		}
	}
}

// convolutionOf returns the convolution whose backward pass is the op of a
// node, or nil.
func convolutionOf(node Node) *convolution {
	if b, ok := node.Op().(*layerBackward); ok {
		c, _ := b.layer.computation.(*convolution)
		return c
	}
	return nil
}

// producer returns the node of the backward pass of a layer that computes the
// value of a node as the gradient in its first input, or nil.
func producer(node Node) Node {
	switch o := node.Op().(type) {
	case *layerBackward:
		if len(o.buffers) == 1 {
			return node
		}
	case *sideOutput:
		from := inputs(node)[0]
		if b, ok := from.Op().(*layerBackward); ok && o.from == &b.buffers[0] {
			return from
		}
	}
	return nil
}

// inputs lists the inputs of the op of a node, in order.
func inputs(node Node) (list gorgonia.Nodes) {
	for from := node.Graph().From(node.ID()); from.Next(); {
		list = append(list, from.Node().(Node))
	}
	return list
}
