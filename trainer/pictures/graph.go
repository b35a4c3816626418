package pictures

import (
	"fmt"
	"strings"

	"gaetrain/graph"
	"gaetrain/trainer"
	"gaetrain/viz"
	"gaetrain/viz/plain"
)

// drawGraph draws the expression graph of the trained model, which the last stage
// declares.
func drawGraph(l *trainer.Loop) error {
	nodes, err := l.Describe()
	if err != nil {
		return err
	}
	d := Diagram(fmt.Sprintf("%s on %s, %s parameters", l.Config.Model, l.Data.Name, plain.Thousands(l.Parameters.Count())), nodes)
	if err := writeFile(l.Run.Path("graph.dot"), d.DOT); err != nil {
		return err
	}
	return writeFile(l.Run.Path("graph.svg"), d.SVG)
}

// Diagram arranges the nodes of an expression graph for drawing: the layers
// become groups, and the edges have the shapes of batches as labels.
func Diagram(title string, nodes []graph.Node) viz.Diagram {
	d := viz.Diagram{Title: title}
	for i, n := range nodes {
		node := viz.Node{ID: fmt.Sprint(i), Label: n.Name, Kind: viz.Kind(n.Role)}
		if strings.Contains(n.Place, "/") {
			node.Group = n.Place
		}
		switch n.Role {
		case "parameter", "input", "target", "random":
			node.Detail = n.Shape
		case "code", "reconstruction", "sample":
			node.Label = n.Role
			node.Detail = n.Name
		}
		d.Nodes = append(d.Nodes, node)
		for _, input := range n.Inputs {
			edge := viz.Edge{From: fmt.Sprint(input), To: node.ID}
			if nodes[input].Role != "parameter" {
				edge.Label = nodes[input].Shape
			}
			d.Edges = append(d.Edges, edge)
		}
	}
	return d
}
