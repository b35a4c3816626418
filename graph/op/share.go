package op

import (
	"cmp"
	"slices"

	"gorgonia.org/gorgonia"
)

// shared is memory that several buffers use one after the other.
type shared struct {
	size   int     // of the largest buffer
	first  *buffer // for which the memory is counted
	values []float32
}

// take returns the first n values.
func (s *shared) take(n int) []float32 {
	if s.values == nil {
		s.values = make([]float32, s.size)
	}
	return s.values[:n]
}

// Share lets gradients in the results of convolutions use the same memory. Such
// a gradient is read by the next backward pass alone. A later pass can write its
// own gradient over it, if it runs after that reader in any order of the graph.
// Nodes that are wanted keep their values.
func Share(graph *gorgonia.ExprGraph, wanted gorgonia.Nodes) {
	type slot struct {
		*shared
		reader Node
	}
	var slots []*slot
	for _, node := range backwardPasses(graph) {
		gradient, reader := soleReader(node, wanted)
		if reader == nil {
			continue
		}
		at := slices.IndexFunc(slots, func(s *slot) bool { return s.reader != node && dependsOn(node, s.reader) })
		if at < 0 {
			at, slots = len(slots), append(slots, &slot{shared: new(shared)})
		}
		s, b := slots[at], &node.Op().(*layerBackward).buffers[0]
		s.reader, s.size = reader, max(s.size, gradient.Shape().TotalSize())
		if s.first == nil {
			s.first = b
		}
		b.shared = s.shared
	}
}

// backwardPasses lists the nodes of the backward passes of convolutions, each
// after those that it depends on.
func backwardPasses(graph *gorgonia.ExprGraph) (list gorgonia.Nodes) {
	for nodes := graph.Nodes(); nodes.Next(); {
		if node := nodes.Node().(Node); convolutionOf(node) != nil {
			list = append(list, node)
		}
	}
	before := make(map[Node]int)
	for _, node := range list {
		before[node] = len(ancestors(node))
	}
	slices.SortStableFunc(list, func(a, b Node) int {
		return cmp.Or(cmp.Compare(before[a], before[b]), cmp.Compare(a.ID(), b.ID()))
	})
	return list
}

// soleReader returns the node of the gradient in the first input of a backward
// pass, and the backward pass that alone reads it, or nil.
func soleReader(node Node, wanted gorgonia.Nodes) (gradient, reader Node) {
	for to := node.Graph().To(node.ID()); to.Next(); {
		side := to.Node().(Node)
		if isSideOutput(side) && producer(side) == node {
			gradient = side
		}
	}
	if gradient == nil || slices.Contains(wanted, gradient) {
		return nil, nil
	}
	readers := users(gradient)
	if len(readers) != 1 {
		return nil, nil
	}
	if _, ok := readers[0].Op().(*layerBackward); !ok {
		return nil, nil
	}
	return gradient, readers[0]
}

// dependsOn reports whether a node uses the value of another, directly or not.
func dependsOn(node, other Node) bool { return ancestors(node)[other] }

// ancestors returns the nodes whose values a node uses, directly or not.
func ancestors(node Node) map[Node]bool {
	seen := make(map[Node]bool)
	var visit func(Node)
	visit = func(n Node) {
		for _, in := range inputs(n) {
			if !seen[in] {
				seen[in] = true
				visit(in)
			}
		}
	}
	visit(node)
	return seen
}
