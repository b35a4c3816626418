package graph

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"gorgonia.org/gorgonia"

	"gaetrain/graph/op"
)

// Node describes one node of the expression graph of a program.
type Node struct {
	Place  string // layer or part, such as "encoder/1"; "" for an input
	Name   string // operation, parameter or input, such as "affine+relu", "weights", "input"
	Role   string // "parameter", "operation", "loss", the kind of an input, or the name of an output
	Shape  string // such as "B×512" or "784×512"; "scalar" for a loss
	Inputs []int  // indices of the nodes it is computed from
}

// Describe lists the nodes of the program. Inputs come before the nodes that
// use them. The order and the text depend only on the declaration.
func (p *Program) Describe() ([]Node, error) {
	sorted, err := gorgonia.Sort(p.scope.graph)
	if err != nil {
		return nil, fmt.Errorf("sort the expression graph: %w", err)
	}
	slices.Reverse(sorted) // Gorgonia's order ends with the inputs
	index := make(map[int64]int, len(sorted))
	described := make([]Node, len(sorted))
	for i, node := range sorted {
		index[node.ID()] = i
	}
	for i, node := range sorted {
		described[i] = p.scope.describe(node)
		for _, child := range p.children(node) {
			described[i].Inputs = append(described[i].Inputs, index[child.ID()])
		}
	}
	return described, nil
}

// children lists the inputs of a node in order.
func (p *Program) children(node op.Node) []op.Node {
	var children []op.Node
	for it := p.scope.graph.From(node.ID()); it.Next(); {
		children = append(children, it.Node().(op.Node))
	}
	slices.SortFunc(children, func(a, b op.Node) int { return int(a.ID() - b.ID()) })
	return children
}

func (s *Scope) describe(node op.Node) Node {
	d := Node{Role: "operation", Name: node.Name()}
	if node.Op() != nil {
		d.Place, d.Name, _ = strings.Cut(node.Op().String(), ": ")
	}
	batch := s.batchText(node.Shape())
	for _, in := range s.inputs {
		if in.node == node {
			d.Role = string(in.kind)
		}
	}
	for name, v := range s.outputs {
		if v.node == node && (d.Role == "operation" || name < d.Role) {
			d.Role = name
		}
	}
	switch {
	case node == s.node:
		d.Role = "loss"
	case node.Op() == nil && d.Role == "operation":
		d.Role, batch = "parameter", ""
		if at := strings.LastIndexByte(d.Name, '/'); at >= 0 {
			d.Place, d.Name = d.Name[:at], d.Name[at+1:]
		}
	}
	d.Shape = shapeText(node.Shape(), batch)
	return d
}

// batchText returns the text for the number of rows of a node: B, or for
// example 5B with five rows for each image.
func (s *Scope) batchText(shape []int) string {
	rows := 0
	switch len(shape) {
	case 2:
		rows = shape[0]
	case 5: // blocks, height, width, channels, lanes
		rows = shape[0] * shape[4]
	}
	for _, samples := range slices.Backward(slices.Sorted(maps.Keys(s.several))) { // from the largest number down
		if samples > 1 && rows >= s.several[samples].Compiled {
			return fmt.Sprintf("%dB", samples)
		}
	}
	return "B"
}

// shapeText joins the sides of a shape with ×. A batch text replaces the first
// side.
func shapeText(shape []int, batch string) string {
	if len(shape) == 0 {
		return "scalar"
	}
	if len(shape) == 5 { // blocks, height, width, channels, lanes
		shape = []int{0, shape[3], shape[1], shape[2]}
	}
	sides := make([]string, len(shape))
	for i, side := range shape {
		sides[i] = fmt.Sprint(side)
	}
	if batch != "" {
		sides[0] = batch
	}
	return strings.Join(sides, "×")
}
