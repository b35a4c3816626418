package viz

import (
	"math"
	"slices"
	"strings"
)

// Distances of diagrams, in pixels.
const (
	nodePadding    = 14.0
	nodeLine       = 32.0 // height of a node of one line
	detailLine     = 17.0 // height of each further line
	nodeLimit      = 260.0
	parameterLine  = 25.0
	parameterGap   = 6.0
	parameterArrow = 28.0
	frameSide      = 14.0
	frameTop       = 24.0
	frameBottom    = 10.0
)

var (
	innerSpacing = spacing{across: 22, down: 12, label: 15, edge: 5}
	outerSpacing = spacing{across: 34, down: 13, label: 15, edge: 5}
)

var (
	nodeFace   = lazyFace(boldFont, 13)
	detailFace = lazyFace(regularFont, 12)
)

// placed is a node with its rectangle.
type placed struct {
	Node
	rectangle rectangle
	beside    bool // a parameter at the left of its operation, on one line
}

type rectangle struct{ x, y, width, height float64 }

// arrow is an edge with its path and the centre of its label.
type arrow struct {
	Edge
	path  []point // pairs, see link; for the arrow of a parameter two points on one height
	side  *point  // where the edge leaves the left of a parameter, nil for any other edge
	level bool    // runs from left to right
	label point

	gradient bool // from or to a gradient
	upward   bool // the head is at the start of the path
}

// details are the lines below the label.
func (n Node) details() []string {
	if n.Detail == "" {
		return nil
	}
	return strings.Split(n.Detail, "\n")
}

// frame is the box around a group.
type frame struct {
	title     string
	rectangle rectangle
}

// scene is a diagram with everything in its place, from (0, 0) to its size.
type scene struct {
	nodes         []placed
	arrows        []arrow
	frames        []frame
	width, height float64
}

// unit is a node with the parameters at its left. Its box is what the layout of its cluster places.
type unit struct {
	node       int
	parameters []int
	box        box
	ports      map[int]float64 // of parameters that are used elsewhere too, at the left of the unit
	own        rectangle       // of the node within the unit
	column     float64         // width of the parameters
	edgeLabels float64         // widest label on the arrows of the parameters
}

// cluster is a group, or a unit without one.
type cluster struct {
	group string
	units []*unit
	boxes []*box
	links []*link
	outer box
	shift float64 // of the contents, so that the title is free of links
}

// crossing is an edge between two clusters: a link inside the first, one between them and one inside the second.
type crossing struct {
	edge                 int
	leave, across, enter *link
	leaveBox, enterBox   *box
	from, to             *cluster
}

// composer builds a scene.
type composer struct {
	Diagram              // with the edges as they are laid out
	upward        []bool // by edge: whether it is laid out in the opposite direction
	index         map[string]int
	hosts         map[int]*unit // by node, of nodes and of the parameters beside them
	homes         map[*unit]*cluster
	clusters      []*cluster
	inner         map[int]*link // edges within a cluster
	crossing      []*crossing
	width, height float64
}

// compose places the nodes of every group, and then the groups. A second pass takes the order in which edges cross the
// borders of groups from the first pass.
func (d Diagram) compose() (*scene, error) {
	index, err := d.index()
	if err != nil {
		return nil, err
	}
	upward := d.turn(index)
	before := d.composeOnce(index, upward, nil)
	crossings := make(map[int]*crossing, len(before.crossing))
	for _, x := range before.crossing {
		crossings[x.edge] = x
	}
	return d.composeOnce(index, upward, crossings).scene(), nil
}

// turn reverses the edges between gradients, so that the gradients of a layer are laid out beside the layer and not below the
// loss. It reports which edges these are: none if something else is computed from gradients, because the reversed edges could
// then be part of a cycle.
func (d *Diagram) turn(index map[string]int) (upward []bool) {
	turned, upward := slices.Clone(d.Edges), make([]bool, len(d.Edges))
	for i, e := range d.Edges {
		from, to := d.Nodes[index[e.From]].Kind, d.Nodes[index[e.To]].Kind
		switch {
		case from == KindGradient && to == KindGradient:
			turned[i].From, turned[i].To, upward[i] = e.To, e.From, true
		case from == KindGradient:
			return make([]bool, len(d.Edges))
		}
	}
	d.Edges = turned
	return upward
}

func (d Diagram) composeOnce(index map[string]int, upward []bool, before map[int]*crossing) *composer {
	c := &composer{Diagram: d, upward: upward, index: index, hosts: map[int]*unit{}, homes: map[*unit]*cluster{}, inner: map[int]*link{}}
	c.makeUnits()
	c.makeClusters()
	c.route(before)
	boxes := make([]*box, len(c.clusters))
	for i, k := range c.clusters {
		k.layout()
		boxes[i] = &k.outer
	}
	links := make([]*link, len(c.crossing))
	for i, x := range c.crossing {
		x.across.fromPort = x.leaveBox.x + x.from.left()
		x.across.toPort = x.enterBox.x + x.to.left()
		links[i] = x.across
	}
	c.width, c.height = layered(boxes, links, outerSpacing)
	return c
}

// makeUnits puts a parameter without inputs beside the first operation that uses it, if both are in the same group. It is
// the first in topological order, so the units have no cycles.
func (c *composer) makeUnits() {
	pairs := make([][2]int, len(c.Edges))
	fed := make([]bool, len(c.Nodes))
	for i, e := range c.Edges {
		pairs[i] = [2]int{c.index[e.From], c.index[e.To]}
		fed[c.index[e.To]] = true
	}
	order, _ := sortTopologically(len(c.Nodes), pairs)
	turn := make([]int, len(c.Nodes))
	for k, i := range order {
		turn[i] = k
	}
	first, beside := map[int]int{}, map[int]int{}
	for _, p := range pairs {
		if user, known := first[p[0]]; !known || turn[p[1]] < turn[user] {
			first[p[0]] = p[1]
		}
	}
	for i, user := range first {
		if n := c.Nodes[i]; n.Kind == KindParameter && !fed[i] && c.Nodes[user].Group == n.Group {
			beside[i] = user
		}
	}
	for i := range c.Nodes {
		if _, is := beside[i]; !is {
			c.hosts[i] = &unit{node: i}
		}
	}
	for i := range c.Nodes {
		if user, is := beside[i]; is {
			c.hosts[i] = c.hosts[user]
			c.hosts[i].parameters = append(c.hosts[i].parameters, i)
		}
	}
	for i := range c.Nodes {
		if u := c.hosts[i]; u.node == i {
			c.measure(u)
		}
	}
}

// besides reports whether the edge is the short arrow of a parameter beside its operation.
func (c *composer) besides(e Edge) bool {
	from, to := c.index[e.From], c.index[e.To]
	return c.hosts[from] == c.hosts[to] && c.hosts[to].node == to
}

// measure sets the size of a unit and the places within it.
func (c *composer) measure(u *unit) {
	n := c.Nodes[u.node]
	u.own.width, u.own.height = math.Max(64, textWidth(nodeFace(), n.Label)+2*nodePadding), nodeLine
	for i, detail := range n.details() {
		u.own.width = math.Max(u.own.width, textWidth(detailFace(), detail)+2*nodePadding)
		u.own.height = nodeLine + detailLine*float64(i+1) - 2
	}
	stack := float64(len(u.parameters))*(parameterLine+parameterGap) - parameterGap
	u.own.height = math.Max(u.own.height, stack)
	u.ports = map[int]float64{}
	for _, e := range c.Edges {
		if from := c.index[e.From]; c.hosts[from] == u && from != u.node {
			if c.besides(e) {
				u.edgeLabels = math.Max(u.edgeLabels, textWidth(detailFace(), e.Label))
			} else if _, known := u.ports[from]; !known {
				u.ports[from] = 0
			}
		}
	}
	lane := 0.0
	for _, p := range u.parameters {
		u.column = math.Max(u.column, parameterWidth(c.Nodes[p]))
		if _, leaves := u.ports[p]; leaves {
			u.ports[p] = lane
			lane += 12
		}
	}
	u.own.x = lane
	if len(u.parameters) > 0 {
		u.own.x += u.column + u.arrowLength()
	}
	u.box = box{width: u.own.x + u.own.width, height: u.own.height, port: u.own.x + u.own.width/2, spread: u.own.width - 20}
}

// arrowLength is the distance from parameters to their operation.
func (u *unit) arrowLength() float64 { return math.Max(parameterArrow, u.edgeLabels+20) }

func parameterWidth(n Node) float64 {
	width := textWidth(nodeFace(), n.Label) + 2*10
	if n.Detail != "" {
		width += 8 + textWidth(detailFace(), n.Detail)
	}
	return width
}

// textWidth is the width of a line that is shortened to the limit of a node.
func textWidth(face *typeface, text string) float64 {
	return math.Min(face.width(text), nodeLimit) * fallbackWidth
}

// makeClusters collects units by group. If groups would have to stand both above and below each other, the smallest of them is
// drawn as one box for each of its units.
func (c *composer) makeClusters() {
	split := map[string]bool{}
	for {
		c.clusters = nil
		byGroup := map[string]*cluster{}
		for i := range c.Nodes {
			u := c.hosts[i]
			if u.node != i {
				continue
			}
			group := c.Nodes[i].Group
			k := byGroup[group]
			if k == nil || group == "" || split[group] {
				k = &cluster{group: group}
				c.clusters = append(c.clusters, k)
				byGroup[group] = k
			}
			k.units = append(k.units, u)
			c.homes[u] = k
		}
		cycles := c.clusterCycles()
		if len(cycles) == 0 {
			return
		}
		for _, cycle := range cycles {
			cycle = slices.DeleteFunc(cycle, func(i int) bool { return len(c.clusters[i].units) == 1 })
			smallest := slices.MinFunc(cycle, func(i, j int) int { return len(c.clusters[i].units) - len(c.clusters[j].units) })
			split[c.clusters[smallest].group] = true
		}
	}
}

func (c *composer) clusterCycles() [][]int {
	var pairs [][2]int
	for _, e := range c.Edges {
		from, to := c.homes[c.hosts[c.index[e.From]]], c.homes[c.hosts[c.index[e.To]]]
		pairs = append(pairs, [2]int{slices.Index(c.clusters, from), slices.Index(c.clusters, to)})
	}
	_, cycles := sortTopologically(len(c.clusters), pairs)
	return cycles
}
