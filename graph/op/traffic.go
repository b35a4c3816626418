package op

import "gorgonia.org/gorgonia"

// Traffic says how many bytes a run of a node needs at least. Held is the
// memory of its value and its work space, which a whole batch fills. Moved is
// what its op reads and writes: each input once, and each value that it holds
// once. The backward op of a layer also reads the inputs of the layer. Values
// that an op returns without computing them are not moved.
func Traffic(node Node) (moved, held int64) {
	own := numbers(node.Shape())
	switch o := node.Op().(type) {
	case nil: // an input or a parameter
		return 0, 4 * own
	case *sideOutput: // another op writes it
		return 4 * own, 4 * own
	case *lossGradient: // the loss writes it
		return 4 * own, 4 * own
	case interface{ work(y int64) int64 }:
		own = max(0, own+o.work(own))
	}
	values := read(node) + own
	for _, input := range inputs(node) {
		if isBackward(node.Op(), input.Op()) {
			values += read(input)
		}
	}
	return 4 * values, 4 * own
}

// read is the number of values in the inputs of an op.
func read(node Node) (values int64) {
	for _, input := range inputs(node) {
		values += numbers(input.Shape())
	}
	return values
}

// isBackward reports whether an op is the backward pass of a layer.
func isBackward(o, layerOp gorgonia.Op) bool {
	switch b := o.(type) {
	case *affineBackward:
		return layerOp == gorgonia.Op(b.affine)
	case *layerBackward:
		return layerOp == gorgonia.Op(b.layer)
	}
	return false
}
