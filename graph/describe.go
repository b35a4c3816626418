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

// Describe lists the nodes of the program. Inputs come before the nodes that use
// them. The order and the text depend only on the declaration.
func (p *Program) Describe() ([]Node, error) { return p.scope.described() }

// Describe lists the nodes of a declaration as [Program.Describe] does, without the
// gradients that a program for training adds. All parameters must exist.
func Describe(p *Parameters, o Options, d Declaration) ([]Node, error) {
	s, err := declare(p, o, nil, d)
	if err != nil {
		return nil, fmt.Errorf("declare the %s program: %w", o.Name, err)
	}
	return s.described()
}

func (s *Scope) described() ([]Node, error) {
	sorted, err := gorgonia.Sort(s.graph)
	if err != nil {
		return nil, fmt.Errorf("sort the expression graph: %w", err)
	}
	slices.Reverse(sorted) // Gorgonia's order ends with the inputs
	index := make(map[int64]int, len(sorted))
	list := make([]Node, len(sorted))
	rowless := make([]bool, len(sorted)) // computed from parameters alone
	for i, node := range sorted {
		index[node.ID()] = i
	}
	for i, node := range sorted {
		children := s.children(node)
		rowless[i] = len(children) > 0
		for _, child := range children {
			at := index[child.ID()]
			list[i].Inputs = append(list[i].Inputs, at)
			rowless[i] = rowless[i] && (rowless[at] || list[at].Role == "parameter")
		}
		inputs := list[i].Inputs
		list[i] = s.describe(node, rowless[i])
		list[i].Inputs = inputs
	}
	return list, nil
}

// children lists the inputs of a node in order.
func (s *Scope) children(node op.Node) []op.Node {
	var children []op.Node
	for it := s.graph.From(node.ID()); it.Next(); {
		children = append(children, it.Node().(op.Node))
	}
	slices.SortFunc(children, func(a, b op.Node) int { return int(a.ID() - b.ID()) })
	return children
}

// describe describes a node; the shape of one without rows has no batch.
func (s *Scope) describe(node op.Node, rowless bool) Node {
	d := Node{Role: "operation", Name: node.Name()}
	if node.Op() != nil {
		d.Place, d.Name, _ = strings.Cut(node.Op().String(), ": ")
	}
	batch := ""
	if !rowless {
		batch = s.batchText(node.Shape())
	}
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
