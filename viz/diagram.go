package viz

import (
	"errors"
	"fmt"
	"image/color"
	"io"
	"slices"
	"strings"

	"gonum.org/v1/gonum/graph"
	"gonum.org/v1/gonum/graph/simple"
	"gonum.org/v1/gonum/graph/topo"
)

// ErrDiagram reports a diagram that is not a directed acyclic graph, or has duplicate or unknown nodes.
var ErrDiagram = errors.New("bad diagram")

// Kind is the role of a node, which determines its colour. Other kinds than those below are drawn in grey.
type Kind string

// The kinds with colours of their own.
const (
	KindInput          Kind = "input"
	KindTarget         Kind = "target"
	KindParameter      Kind = "parameter"
	KindOperation      Kind = "operation"
	KindActivation     Kind = "activation"
	KindCode           Kind = "code"
	KindRandom         Kind = "random"
	KindReconstruction Kind = "reconstruction"
	KindSample         Kind = "sample"
	KindLoss           Kind = "loss"
	KindGradient       Kind = "gradient"
)

// Node is one box of a diagram.
type Node struct {
	ID     string // unique, never shown
	Label  string // first line, such as "affine + relu"
	Detail string // the lines below, such as "784×512"; empty for none
	Kind   Kind
	Group  string // name of the layer whose box holds the node; empty for none
}

// Edge is an arrow between two nodes.
type Edge struct {
	From, To string // IDs
	Label    string // such as "B×512"; empty for none
}

// Diagram is an expression graph from inputs to losses. A parameter is drawn at the left of the operation that uses it. The
// nodes of a group are in a box with the name of the group. All other nodes are in layers from top to bottom. Gradients flow
// upwards, beside the operations that they belong to.
type Diagram struct {
	Title string
	Note  string // below the legend; empty for none
	Nodes []Node
	Edges []Edge
}

type kindColour struct {
	kind  Kind
	solid color.RGBA
}

// kindColours are the ground colours of kinds in the order of the legend.
var kindColours = []kindColour{
	{KindInput, skyBlue},
	{KindTarget, blue},
	{KindParameter, yellow},
	{KindOperation, color.RGBA{0x9a, 0xa0, 0xa6, 0xff}},
	{KindActivation, orange},
	{KindCode, bluishGreen},
	{KindRandom, color.RGBA{0x80, 0x6a, 0xb0, 0xff}},
	{KindReconstruction, reddishPurple},
	{KindSample, reddishPurple},
	{KindLoss, vermilion},
	{KindGradient, color.RGBA{0xdf, 0xdf, 0xdf, 0xff}},
}

// colours returns the fill and the stroke of a kind: those on paper, or those on a dark ground.
func (k Kind) colours(dark bool) (fill, stroke color.RGBA) {
	solid := color.RGBA(mix(faint, paper, 0))
	if i := slices.IndexFunc(kindColours, func(c kindColour) bool { return c.kind == k }); i >= 0 {
		solid = kindColours[i].solid
	}
	switch {
	case k == KindGradient && dark:
		return darkPaper, mix(darkMuted, darkPaper, 0.35)
	case k == KindGradient:
		return mix(paper, paper, 0), mix(muted, paper, 0.3)
	case dark:
		return mix(solid, darkPaper, 0.68), mix(solid, darkPaper, 0.2)
	case solid == mix(faint, paper, 0):
		return mix(faint, paper, 0.4), mix(muted, paper, 0.3)
	}
	return mix(solid, paper, 0.72), mix(solid, color.Black, 0.25)
}

// text is the colour of text in nodes of a kind.
func (k Kind) text() tint {
	if k == KindGradient {
		return mutedTint
	}
	return inkTint
}

// kinds lists the kinds in use: the known ones in the order of the legend, then the others as they appear.
func (d Diagram) kinds() []Kind {
	var known, other []Kind
	for _, c := range kindColours {
		if slices.ContainsFunc(d.Nodes, func(n Node) bool { return n.Kind == c.kind }) {
			known = append(known, c.kind)
		}
	}
	for _, n := range d.Nodes {
		if n.Kind != "" && !slices.Contains(known, n.Kind) && !slices.Contains(other, n.Kind) {
			other = append(other, n.Kind)
		}
	}
	return append(known, other...)
}

// groups lists the groups in order of first appearance.
func (d Diagram) groups() []string {
	var groups []string
	for _, n := range d.Nodes {
		if n.Group != "" && !slices.Contains(groups, n.Group) {
			groups = append(groups, n.Group)
		}
	}
	return groups
}

// index checks the diagram and maps the IDs to places in Nodes. Its errors wrap ErrDiagram.
func (d Diagram) index() (map[string]int, error) {
	index := make(map[string]int, len(d.Nodes))
	for i, n := range d.Nodes {
		if _, twice := index[n.ID]; twice {
			return nil, fmt.Errorf("%w: node %q appears twice", ErrDiagram, n.ID)
		}
		index[n.ID] = i
	}
	pairs := make([][2]int, 0, len(d.Edges))
	for _, e := range d.Edges {
		for _, id := range []string{e.From, e.To} {
			if _, known := index[id]; !known {
				return nil, fmt.Errorf("%w: edge from %q to %q: no node %q", ErrDiagram, e.From, e.To, id)
			}
		}
		if e.From == e.To {
			return nil, fmt.Errorf("%w: edge from %q to itself", ErrDiagram, e.From)
		}
		pairs = append(pairs, [2]int{index[e.From], index[e.To]})
	}
	if _, cycles := sortTopologically(len(d.Nodes), pairs); len(cycles) > 0 {
		var names []string
		for _, i := range cycles[0] {
			names = append(names, fmt.Sprintf("%q", d.Nodes[i].ID))
		}
		return nil, fmt.Errorf("%w: cycle through %s", ErrDiagram, strings.Join(names, ", "))
	}
	return index, nil
}

// sortTopologically orders 0…n−1 so that every pair points forward. If several orders are possible, it keeps the given order. If
// there are cycles, it returns the groups of vertices on them instead, each in ascending order.
func sortTopologically(n int, pairs [][2]int) (order []int, cycles [][]int) {
	directed := simple.NewDirectedGraph()
	for i := range n {
		directed.AddNode(simple.Node(i))
	}
	for _, p := range pairs {
		if p[0] != p[1] {
			directed.SetEdge(simple.Edge{F: simple.Node(p[0]), T: simple.Node(p[1])})
		}
	}
	byID := func(nodes []graph.Node) {
		slices.SortFunc(nodes, func(a, b graph.Node) int { return int(a.ID() - b.ID()) })
	}
	sorted, err := topo.SortStabilized(directed, byID)
	var unorderable topo.Unorderable
	if errors.As(err, &unorderable) {
		for _, component := range unorderable {
			byID(component)
			cycles = append(cycles, vertices(component))
		}
		slices.SortFunc(cycles, slices.Compare)
		return nil, cycles
	}
	return vertices(sorted), nil
}

// Cycles returns the groups of vertices 0…n−1 that are on common cycles of a directed graph.
func Cycles(n int, edges [][2]int) [][]int {
	_, cycles := sortTopologically(n, edges)
	return cycles
}

func vertices(nodes []graph.Node) []int {
	ids := make([]int, len(nodes))
	for i, n := range nodes {
		ids[i] = int(n.ID())
	}
	return ids
}

// DOT writes the diagram in the DOT language of Graphviz, with the same colours and groups. An edge between gradients is
// written from its end to its start, with the attribute dir=back. Errors wrap ErrDiagram or are those of w.
func (d Diagram) DOT(w io.Writer) error {
	index, err := d.index()
	if err != nil {
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "digraph {\n  graph [label=%s, labelloc=t, labeljust=l, rankdir=TB, fontname=\"Helvetica\", fontsize=16];\n", quoteDOT(strings.TrimSpace(d.Title+"\n"+d.Note)))
	b.WriteString("  node [shape=box, style=\"rounded,filled\", fontname=\"Helvetica\", fontsize=12];\n")
	b.WriteString("  edge [fontname=\"Helvetica\", fontsize=10, color=\"" + hex(muted) + "\"];\n")
	for _, n := range d.Nodes {
		if n.Group == "" {
			writeNodeDOT(&b, "  ", n)
		}
	}
	for i, group := range d.groups() {
		fmt.Fprintf(&b, "  subgraph cluster_%d {\n    label=%s; fontsize=12; style=rounded; color=\"%s\";\n", i, quoteDOT(group), hex(mix(muted, paper, 0.5)))
		for _, n := range d.Nodes {
			if n.Group == group {
				writeNodeDOT(&b, "    ", n)
			}
		}
		b.WriteString("  }\n")
	}
	for _, e := range d.Edges {
		var attributes []string
		if e.Label != "" {
			attributes = append(attributes, "label="+quoteDOT(e.Label))
		}
		switch from, to := d.Nodes[index[e.From]].Kind, d.Nodes[index[e.To]].Kind; {
		case from == KindGradient && to == KindGradient:
			e.From, e.To = e.To, e.From // so that Graphviz places gradients beside the operations too
			attributes = append(attributes, "dir=back", `color="`+hex(gradientTint.light)+`"`)
		case to == KindGradient:
			attributes = append(attributes, "style=dashed", `color="`+hex(gradientTint.light)+`"`)
		}
		fmt.Fprintf(&b, "  %s -> %s", quoteDOT(e.From), quoteDOT(e.To))
		if attributes != nil {
			fmt.Fprintf(&b, " [%s]", strings.Join(attributes, ", "))
		}
		b.WriteString(";\n")
	}
	b.WriteString("}\n")
	_, err = io.WriteString(w, b.String())
	return err
}

func writeNodeDOT(b *strings.Builder, indent string, n Node) {
	label := n.Label
	if n.Detail != "" {
		label += "\n" + n.Detail
	}
	fill, stroke := n.Kind.colours(false)
	more := ""
	if n.Kind == KindGradient {
		more = `, style="rounded,filled,dashed", fontcolor="` + hex(muted) + `"`
	}
	fmt.Fprintf(b, "%s%s [label=%s, fillcolor=\"%s\", color=\"%s\"%s];\n", indent, quoteDOT(n.ID), quoteDOT(label), hex(fill), hex(stroke), more)
}

// quoteDOT writes a quoted string of the language DOT, in which only quotes, backslashes and line ends are special.
func quoteDOT(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", "", "\x00", "").Replace(text) + `"`
}
