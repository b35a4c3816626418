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
	Role   string // one of the roles below, "loss", the kind of an input, or the name of an output
	Shape  string // such as "B×512" or "784×512"; "scalar" for a loss
	Inputs []int  // indices of the nodes it is computed from
	Values int    // of a parameter: the number of values that are trained; 0 for a statistic
	// Of is the parameter whose gradient a node holds, such as "encoder/1/weights".
	// "": another node.
	Of string
}

// Roles of nodes. A gradient is a node that differentiation has added. A conversion
// changes only the layout of images.
const (
	ParameterRole  = "parameter"
	OperationRole  = "operation"
	ConversionRole = "conversion"
	GradientRole   = "gradient"
	LossRole       = "loss"
)

// Describe lists the nodes of the program, with the gradients that a program for
// training adds. Inputs come before the nodes that use them. The order and the text
// depend only on the declaration.
func (p *Program) Describe() ([]Node, error) { return p.scope.described(p.gradients) }

// Describe lists the nodes of a declaration as [Program.Describe] does, without the
// gradients that a program for training adds. All parameters must exist.
func Describe(p *Parameters, o Options, d Declaration) ([]Node, error) {
	s, err := declare(p, o, nil, d)
	if err != nil {
		return nil, fmt.Errorf("declare the %s program: %w", o.Name, err)
	}
	return s.described(nil)
}

func (s *Scope) described(gradients []Gradient) ([]Node, error) {
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
		var inputs []int
		for _, child := range children {
			at := index[child.ID()]
			inputs = append(inputs, at)
			rowless[i] = rowless[i] && (rowless[at] || list[at].Role == ParameterRole)
		}
		list[i] = s.describe(node, rowless[i])
		list[i].Inputs = inputs
	}
	for _, g := range gradients {
		of := &list[index[g.node.ID()]]
		of.Of, of.Shape = g.Name, shapeText(g.Shape, "")
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
	d := Node{Role: s.role(node), Name: node.Name()}
	if node.Op() != nil {
		d.Place, d.Name = placeAndName(node.Op().String())
	}
	batch := ""
	switch {
	case d.Role == ParameterRole:
		if p, ok := s.parameters.Get(d.Name); ok && p.Role != Statistic {
			d.Values = p.Size()
		}
		if at := strings.LastIndexByte(d.Name, '/'); at >= 0 {
			d.Place, d.Name = d.Name[:at], d.Name[at+1:]
		}
	case d.Role == GradientRole && !s.hasRows(node):
	case !rowless:
		batch = s.batchText(node.Shape())
	}
	d.Shape = shapeText(node.Shape(), batch)
	return d
}

// placeAndName splits the text of an operation. Operations of Gorgonia, which only sum
// gradients, have no place.
func placeAndName(text string) (place, name string) {
	place, name, found := strings.Cut(text, ": ")
	switch {
	case found:
		return place, name
	case text == "+ false":
		return "", "sum"
	}
	return "", strings.TrimPrefix(text, "const ")
}

// role is the role of a node. The name of an output takes precedence over the kind of
// an operation.
func (s *Scope) role(node op.Node) string {
	if node == s.node {
		return LossRole
	}
	role := ""
	for name, v := range s.outputs {
		if v.node == node && (role == "" || name < role) {
			role = name
		}
	}
	if role != "" {
		return role
	}
	for _, in := range s.inputs {
		if in.node == node {
			return string(in.kind)
		}
	}
	switch {
	case s.forward > 0 && node.ID() >= s.forward:
		return GradientRole
	case node.Op() == nil:
		return ParameterRole
	case op.IsConversion(node):
		return ConversionRole
	}
	return OperationRole
}

// hasRows reports whether the first side of a node is that of batches.
func (s *Scope) hasRows(node op.Node) bool {
	shape := node.Shape()
	if len(shape) == 5 { // blocks, height, width, channels, lanes
		return true
	}
	for _, rows := range s.several {
		if len(shape) == 2 && shape[0] == rows.Compiled {
			return true
		}
	}
	return false
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
