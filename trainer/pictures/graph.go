package pictures

import (
	"fmt"
	"slices"
	"strings"

	"gaetrain/graph"
	"gaetrain/trainer"
	"gaetrain/viz"
	"gaetrain/viz/plain"
)

// drawGraph draws the layers of the trained model, which the last stage declares.
func drawGraph(l *trainer.Loop) error {
	nodes, err := l.Describe()
	if err != nil {
		return err
	}
	d := Layers(fmt.Sprintf("%s on %s", l.Config.Model, l.Data.Name), nodes)
	if err := writeFile(l.Run.Path("graph.dot"), d.DOT); err != nil {
		return err
	}
	return writeFile(l.Run.Path("graph.svg"), d.SVG)
}

// diagram is an empty diagram. Its title has the number of trained parameters.
func diagram(of string, nodes []graph.Node) viz.Diagram {
	parameters := 0
	for _, n := range nodes {
		parameters += n.Values
	}
	return viz.Diagram{Title: fmt.Sprintf("%s, %s parameters", of, plain.Thousands(parameters)), Note: "B is the number of images in a batch."}
}

// Operations arranges all nodes of an expression graph for drawing. Those of a layer are
// a group, and the edges have the shapes of batches as labels.
func Operations(of string, nodes []graph.Node) viz.Diagram {
	d := diagram(of, nodes)
	if slices.ContainsFunc(nodes, func(n graph.Node) bool { return n.Role == graph.GradientRole }) {
		d.Note += " Gradients are computed from the loss upwards. A dashed line leads to a gradient from a value that it needs."
	}
	for i, n := range nodes {
		d.Nodes = append(d.Nodes, drawn(i, n))
		for _, input := range n.Inputs {
			edge := viz.Edge{From: fmt.Sprint(input), To: fmt.Sprint(i)}
			from := nodes[input]
			sameLayer := from.Place == n.Place && isLayer(n)
			switch {
			case from.Role == graph.ParameterRole:
			case n.Role == graph.GradientRole && (from.Role != graph.GradientRole || sameLayer): // a shape that stands elsewhere
			default:
				edge.Label = from.Shape
			}
			d.Edges = append(d.Edges, edge)
		}
	}
	return d
}

// drawn is the box of one node.
func drawn(i int, n graph.Node) viz.Node {
	node := viz.Node{ID: fmt.Sprint(i), Label: n.Name, Kind: viz.Kind(n.Role)}
	if isLayer(n) {
		node.Group = n.Place
	}
	switch n.Role {
	case graph.ParameterRole, string(graph.Data), string(graph.Target), string(graph.Random):
		node.Detail = n.Shape
	case graph.ConversionRole:
		node.Kind = viz.KindOperation
	case graph.OperationRole, graph.LossRole:
	case graph.GradientRole:
		if n.Of != "" {
			node.Detail = "gradient of " + n.Of[strings.LastIndexByte(n.Of, '/')+1:] + "\n" + n.Shape
		}
	default: // an output
		node.Label, node.Detail = n.Role, n.Name
	}
	return node
}

// isLayer reports whether a node is part of a layer, and not of a term of the loss.
func isLayer(n graph.Node) bool { return strings.Contains(n.Place, "/") }

// Layers arranges an expression graph for drawing with one box for each layer, which has
// the shapes and the number of its parameters. Changes of the layout of images are left
// out. The nodes have no gradients.
func Layers(of string, nodes []graph.Node) viz.Diagram {
	m := merger{nodes: nodes, of: make([]int, len(nodes))}
	for split := map[string]bool{}; ; {
		m.merge(split)
		places := m.cycles()
		if len(places) == 0 {
			return m.diagram(of)
		}
		for _, place := range places {
			split[place] = true
		}
	}
}

// merger merges the nodes of each layer.
type merger struct {
	nodes []graph.Node
	of    []int   // by node: the box that it is part of
	boxes [][]int // the nodes of each box
}

// merge assigns nodes to boxes. A conversion is part of the box of its input. The layers
// of split are not merged.
func (m *merger) merge(split map[string]bool) {
	m.boxes = nil
	byPlace := make(map[string]int)
	for i, n := range m.nodes {
		if n.Role == graph.ConversionRole && len(n.Inputs) == 1 {
			m.of[i] = m.of[n.Inputs[0]]
			continue
		}
		box, known := byPlace[n.Place]
		if merged := isLayer(n) && !split[n.Place]; !merged || !known {
			box = len(m.boxes)
			m.boxes = append(m.boxes, nil)
			if merged {
				byPlace[n.Place] = box
			}
		}
		m.of[i] = box
		m.boxes[box] = append(m.boxes[box], i)
	}
}

// links lists the edges between boxes, each once, and the node that each comes from.
func (m *merger) links() (links [][3]int) {
	for i, n := range m.nodes {
		for _, input := range n.Inputs {
			link := [3]int{m.of[input], m.of[i], input}
			if link[0] != link[1] && !slices.Contains(links, link) {
				links = append(links, link)
			}
		}
	}
	return links
}

// cycles lists a layer of each cycle: the smallest that is more than one node. It cannot be
// one box, because the box would be computed from itself.
func (m *merger) cycles() (places []string) {
	var pairs [][2]int
	for _, link := range m.links() {
		pairs = append(pairs, [2]int{link[0], link[1]})
	}
	for _, cycle := range viz.Cycles(len(m.boxes), pairs) {
		cycle = slices.DeleteFunc(cycle, func(box int) bool { return len(m.boxes[box]) == 1 })
		smallest := slices.MinFunc(cycle, func(a, b int) int { return len(m.boxes[a]) - len(m.boxes[b]) })
		places = append(places, m.nodes[m.boxes[smallest][0]].Place)
	}
	return places
}

// diagram draws the boxes. An edge has the shape of the value that it carries, or the name
// of the parameter that another layer uses.
func (m *merger) diagram(of string) viz.Diagram {
	d := diagram(of, m.nodes)
	for box, members := range m.boxes {
		d.Nodes = append(d.Nodes, m.box(box, members))
	}
	for _, link := range m.links() {
		from := m.nodes[link[2]]
		edge := viz.Edge{From: fmt.Sprint(link[0]), To: fmt.Sprint(link[1]), Label: from.Shape}
		switch {
		case from.Role == graph.ParameterRole && len(m.boxes[link[0]]) > 1:
			edge.Label = from.Name + " " + from.Shape
		case from.Role == graph.ParameterRole:
			edge.Label = ""
		}
		if !slices.Contains(d.Edges, edge) {
			d.Edges = append(d.Edges, edge)
		}
	}
	return d
}

// box draws the nodes of a layer, or a single node, as one box.
func (m *merger) box(id int, members []int) viz.Node {
	if len(members) == 1 {
		node := drawn(id, m.nodes[members[0]])
		if node.Detail == "" && node.Group != "" {
			node.Detail = node.Group
		}
		node.Group = ""
		return node
	}
	node := viz.Node{ID: fmt.Sprint(id), Kind: viz.KindOperation}
	var names, shapes []string
	values := 0
	for _, i := range members {
		switch n := m.nodes[i]; n.Role {
		case graph.ParameterRole:
			if n.Values > 0 {
				shapes = append(shapes, n.Shape)
				values += n.Values
			}
		case graph.OperationRole:
			names = append(names, n.Name)
		default: // an output of the model
			node.Label, node.Kind = n.Role, viz.Kind(n.Role)
			names = append(names, n.Name)
		}
	}
	details := []string{m.nodes[members[0]].Place}
	if name := strings.Join(names, ", "); node.Label == "" {
		node.Label = name
	} else {
		details = slices.Insert(details, 0, name)
	}
	if values > 0 {
		details = append(details, fmt.Sprintf("%s = %s parameters", strings.Join(shapes, " + "), plain.Thousands(values)))
	}
	node.Detail = strings.Join(details, "\n")
	return node
}
