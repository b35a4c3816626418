package viz

import (
	"cmp"
	"math"
	"slices"
)

// route turns edges into links inside clusters and between them. If there is an earlier layout, the edges that cross the
// border of a cluster are in the order of their other ends in that layout.
func (c *composer) route(before map[int]*crossing) {
	for _, k := range c.clusters {
		for _, u := range k.units {
			u.box.side = c.side(u.node)
			k.boxes = append(k.boxes, &u.box)
		}
	}
	for i, e := range c.Edges {
		if c.besides(e) {
			continue
		}
		from, to := c.hosts[c.index[e.From]], c.hosts[c.index[e.To]]
		leaving, entering := c.homes[from], c.homes[to]
		label := 0.0
		if e.Label != "" {
			label = textWidth(detailFace(), e.Label) + 8
		}
		side := max(c.side(c.index[e.From]), c.side(c.index[e.To]))
		minor := c.Nodes[c.index[e.From]].Kind == KindParameter || side > 0
		if leaving == entering {
			l := &link{from: leaving.place(from), to: leaving.place(to), fromPort: c.fixedPort(e), toPort: math.NaN(), labelWidth: label, minor: minor, side: side}
			c.inner[i], leaving.links = l, append(leaving.links, l)
			continue
		}
		x := &crossing{edge: i, from: leaving, to: entering, leaveBox: &box{last: true, side: side}, enterBox: &box{first: true, side: side}}
		x.across = &link{from: c.clusterPlace(leaving), to: c.clusterPlace(entering), labelWidth: label, minor: minor}
		c.crossing = append(c.crossing, x)
	}
	byStart, byEnd := slices.Clone(c.crossing), slices.Clone(c.crossing)
	if before != nil {
		slices.SortStableFunc(byStart, func(a, b *crossing) int {
			return cmp.Compare(before[a.edge].across.path[0].x, before[b.edge].across.path[0].x)
		})
		slices.SortStableFunc(byEnd, func(a, b *crossing) int {
			return cmp.Compare(before[a.edge].end().x, before[b.edge].end().x)
		})
	}
	for _, x := range byEnd {
		e := c.Edges[x.edge]
		x.leave = x.from.connect(x.leaveBox, x.from.place(c.hosts[c.index[e.From]]), c.fixedPort(e))
	}
	for _, x := range byStart {
		x.enter = x.to.connect(x.enterBox, x.to.place(c.hosts[c.index[c.Edges[x.edge].To]]), math.NaN())
	}
}

// side is 1 for a gradient, which is on the right of operations, and 0 for any other node.
func (c *composer) side(node int) int {
	if c.Nodes[node].Kind == KindGradient {
		return 1
	}
	return 0
}

// end is where a crossing meets the border of the cluster it goes to.
func (x *crossing) end() point { return x.across.path[len(x.across.path)-1] }

// fixedPort is where an edge of a parameter beside an operation leaves its unit. It is NaN if the layout chooses.
func (c *composer) fixedPort(e Edge) float64 {
	from := c.index[e.From]
	if u := c.hosts[from]; u.node != from {
		return u.ports[from]
	}
	return math.NaN()
}

func (c *composer) clusterPlace(k *cluster) int {
	for i := range c.clusters {
		if c.clusters[i] == k {
			return i
		}
	}
	return -1
}

// place is the index of a unit's box.
func (k *cluster) place(u *unit) int {
	for i := range k.units {
		if k.units[i] == u {
			return i
		}
	}
	return -1
}

// connect adds a box of no size above or below all units, where a link to the outside passes the border.
func (k *cluster) connect(border *box, unit int, port float64) *link {
	k.boxes = append(k.boxes, border)
	l := &link{from: unit, to: len(k.boxes) - 1, fromPort: port, toPort: math.NaN(), side: border.side, minor: border.side > 0}
	if border.first {
		l.from, l.to = l.to, l.from
	}
	k.links = append(k.links, l)
	return l
}

// layout places the units of a cluster and sets the size of its outer box.
func (k *cluster) layout() {
	width, height := layered(k.boxes, k.links, innerSpacing)
	if k.group == "" {
		k.outer = box{width: width, height: height}
		return
	}
	title := textWidth(detailFace(), k.group)
	for _, b := range k.boxes {
		if b.first {
			k.shift = math.Max(k.shift, title+10-b.x)
		}
	}
	k.outer = box{width: math.Max(width+k.shift, title) + 2*frameSide, height: height + frameTop + frameBottom}
}

// left and top are the distances from a cluster's outer box to its contents.
func (k *cluster) left() float64 {
	if k.group == "" {
		return 0
	}
	return frameSide + k.shift
}

func (k *cluster) top() float64 {
	if k.group == "" {
		return 0
	}
	return frameTop
}

// scene collects everything in the coordinates of the whole.
func (c *composer) scene() *scene {
	s := &scene{width: c.width, height: c.height}
	for _, k := range c.clusters {
		if k.group != "" {
			s.frames = append(s.frames, frame{k.group, rectangle{k.outer.x, k.outer.y, k.outer.width, k.outer.height}})
		}
		for _, u := range k.units {
			c.placeUnit(s, u, point{k.outer.x + k.left() + u.box.x, k.outer.y + k.top() + u.box.y})
		}
	}
	for i, e := range c.Edges {
		if l := c.inner[i]; l != nil {
			k := c.homes[c.hosts[c.index[e.From]]]
			path, label := k.lift(l.path), k.lift([]point{l.label})
			s.arrows = append(s.arrows, c.arrow(i, path, label[0]))
		}
	}
	for _, x := range c.crossing {
		path := append(x.from.lift(x.leave.path), x.across.path...)
		path = append(path, x.to.lift(x.enter.path)...)
		s.arrows = append(s.arrows, c.arrow(x.edge, path, x.across.label))
	}
	return s
}

// arrow is an edge with its path and the place of its label.
func (c *composer) arrow(edge int, path []point, label point) arrow {
	e := c.Edges[edge]
	a := arrow{Edge: e, path: path, label: label, side: c.leftOf(e), upward: c.upward[edge]}
	if a.upward {
		a.From, a.To = e.To, e.From
	}
	a.gradient = c.Nodes[c.index[a.To]].Kind == KindGradient
	return a
}

// lift moves points from a cluster's contents to the whole.
func (k *cluster) lift(points []point) []point {
	lifted := make([]point, len(points))
	for i, p := range points {
		lifted[i] = point{p.x + k.outer.x + k.left(), p.y + k.outer.y + k.top()}
	}
	return lifted
}

// placeUnit places a node, the parameters at its left and their arrows; at is the upper left corner of the unit.
func (c *composer) placeUnit(s *scene, u *unit, at point) {
	own := rectangle{at.x + u.own.x, at.y, u.own.width, u.own.height}
	s.nodes = append(s.nodes, placed{Node: c.Nodes[u.node], rectangle: own})
	stack := float64(len(u.parameters))*(parameterLine+parameterGap) - parameterGap
	right := own.x - u.arrowLength()
	for i, p := range u.parameters {
		y := at.y + (own.height-stack)/2 + float64(i)*(parameterLine+parameterGap)
		s.nodes = append(s.nodes, placed{c.Nodes[p], rectangle{right - u.column, y, u.column, parameterLine}, true})
		for _, e := range c.Edges {
			if c.index[e.From] == p && c.besides(e) {
				middle := y + parameterLine/2
				s.arrows = append(s.arrows, arrow{Edge: e, level: true, path: []point{{right, middle}, {own.x, middle}}, label: point{(right + own.x - 6) / 2, middle - 8}})
			}
		}
	}
}

// leftOf is where an edge leaves the left side of a parameter beside an operation. It is nil for any other edge.
func (c *composer) leftOf(e Edge) *point {
	p := c.index[e.From]
	u := c.hosts[p]
	if u.node == p {
		return nil
	}
	k := c.homes[u]
	at := k.lift([]point{{u.box.x, u.box.y}})[0]
	stack := float64(len(u.parameters))*(parameterLine+parameterGap) - parameterGap
	for i, q := range u.parameters {
		if q == p {
			y := at.y + (u.own.height-stack)/2 + float64(i)*(parameterLine+parameterGap) + parameterLine/2
			return &point{at.x + u.own.x - u.arrowLength() - u.column, y}
		}
	}
	return nil
}
