package graph

import (
	"fmt"
	"slices"
	"strings"

	"gorgonia.org/gorgonia"
)

// Node describes one node of a network's expression graph.
type Node struct {
	Place  string // the layer or part it belongs to, such as "encoder/1"; "" for an input
	Name   string // what it is: "affine+relu", "weights", "input"
	Role   string // "input", "target", "random", "parameter", "operation", "code", "reconstruction" or "loss"
	Shape  string // such as "B×512" or "784×512"; "scalar" for a loss
	Inputs []int  // indices of the nodes it is computed from
}

// Describe lists the nodes of the forward pass, inputs before what is computed
// from them. The order and the text depend on the network alone.
func (n *Network) Describe() ([]Node, error) {
	sorted, err := gorgonia.Sort(n.Graph)
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
		described[i] = n.describe(node)
		for _, child := range n.children(node) {
			described[i].Inputs = append(described[i].Inputs, index[child.ID()])
		}
	}
	return described, nil
}

// children lists the inputs of a node in order.
func (n *Network) children(node *gorgonia.Node) []*gorgonia.Node {
	var children []*gorgonia.Node
	for it := n.Graph.From(node.ID()); it.Next(); {
		children = append(children, it.Node().(*gorgonia.Node))
	}
	slices.SortFunc(children, func(a, b *gorgonia.Node) int { return int(a.ID() - b.ID()) })
	return children
}

func (n *Network) describe(node *gorgonia.Node) Node {
	d := Node{Role: "operation", Name: node.Name()}
	if node.Op() != nil {
		d.Place, d.Name, _ = strings.Cut(node.Op().String(), ": ")
	}
	batched := true
	switch {
	case node == n.Input || node == n.Hit || node == n.Labels && n.Logits == nil:
		d.Role = "input"
	case node == n.Target || node == n.Labels:
		d.Role = "target"
	case node == n.Noise:
		d.Role = "random"
	case node == n.Code:
		d.Role = "code"
	case node == n.Reconstruction:
		d.Role = "reconstruction"
	case node == n.Loss:
		d.Role = "loss"
	case node.Op() == nil:
		d.Role, batched = "parameter", false
		at := strings.LastIndexByte(d.Name, '/')
		d.Place, d.Name = strings.TrimPrefix(d.Name[:at], averages), d.Name[at+1:]
	}
	batch := ""
	if batched {
		batch = n.batchText(node.Shape())
	}
	d.Shape = shapeText(node.Shape(), batch)
	return d
}

// batchText is the batch along the rows of a node: B or, with one for each of
// several codes of an image, such as 5B.
func (n *Network) batchText(shape []int) string {
	rows := 0
	switch len(shape) {
	case 2:
		rows = shape[0]
	case 5: // blocks, height, width, channels, lanes
		rows = shape[0] * shape[4]
	}
	if samples := n.sampled.Compiled / n.rows.Compiled; samples > 1 && rows >= n.sampled.Compiled {
		return fmt.Sprintf("%dB", samples)
	}
	return "B"
}

// shapeText writes a shape with × and the batch, where there is one, in its words.
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
