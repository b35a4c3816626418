package op

import (
	"slices"

	"gorgonia.org/gorgonia"
)

// Spare removes the computation of gradients that are neither wanted nor used
// by another node: those of the parameters of layers that a gradient only
// passes through.
func Spare(graph *gorgonia.ExprGraph, wanted gorgonia.Nodes) {
	for nodes := graph.Nodes(); nodes.Next(); {
		node := nodes.Node().(*gorgonia.Node)
		if slices.Contains(wanted, node) {
			continue
		}
		switch backward := node.Op().(type) {
		case *affineBackward:
			backward.deferred = backward.deferred || len(users(node)) == 0
		case *layerBackward:
			if _, ok := backward.layer.computation.(*convolution); ok {
				backward.spare(node, wanted)
			}
		}
	}
}

// users lists the nodes that use the value of a node, without those that return
// other results of its op.
func users(node *gorgonia.Node) (list gorgonia.Nodes) {
	for to := node.Graph().To(node.ID()); to.Next(); {
		if user := to.Node().(*gorgonia.Node); !isSideOutput(user) {
			list = append(list, user)
		}
	}
	return list
}

func isSideOutput(node *gorgonia.Node) bool {
	_, ok := node.Op().(*sideOutput)
	return ok
}

// spare marks the gradients in parameters that are not needed. The node has the
// last gradient and is itself not wanted.
func (b *layerBackward) spare(node *gorgonia.Node, wanted gorgonia.Nodes) {
	b.spared = make([]bool, len(b.buffers))
	b.spared[len(b.buffers)-1] = len(users(node)) == 0
	for to := node.Graph().To(node.ID()); to.Next(); {
		side := to.Node().(*gorgonia.Node)
		if !isSideOutput(side) || slices.Contains(wanted, side) || len(users(side)) > 0 {
			continue
		}
		for i := range b.buffers[1:] {
			if side.Op().(*sideOutput).from == &b.buffers[i+1] {
				b.spared[i+1] = true
			}
		}
	}
}
