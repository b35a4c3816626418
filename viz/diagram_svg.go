package viz

import (
	"fmt"
	"image/color"
	"io"
	"math"
	"strings"
)

const (
	arrowHead    = 7.0
	frameRadius  = 10.0
	swatch       = 14.0
	legendLine   = 24.0
	legendGap    = 22.0
	diagramTitle = 18.0
)

var diagramTitleFace = lazyFace(boldFont, diagramTitle)

// vector collects SVG elements.
type vector struct{ strings.Builder }

// SVG writes the diagram as a vector picture. The layout needs no other program. The same diagram gives the same bytes.
// Errors wrap ErrDiagram or are those of w.
func (d Diagram) SVG(w io.Writer) error {
	s, err := d.compose()
	if err != nil {
		return err
	}
	legend := d.legend(math.Max(s.width, 320))
	top := float64(margin)
	if d.Title != "" {
		top += diagramTitle + 20
	}
	legendTop := top + s.height + 20
	width := math.Max(s.width, math.Max(legend.width, math.Min(diagramTitleFace().width(d.Title)*fallbackWidth, 900))) + 2*margin
	height := legendTop + legend.height + margin

	var v vector
	fmt.Fprintf(&v, `<svg xmlns="http://www.w3.org/2000/svg" width="%s" height="%s" viewBox="0 0 %[1]s %[2]s" role="img" font-family="%s">`+"\n",
		number1(math.Ceil(width)), number1(math.Ceil(height)), fontFamily)
	fmt.Fprintf(&v, "<title>%s</title>\n<desc>%s</desc>\n", escapeXML(d.Title), escapeXML(d.words()))
	fmt.Fprintf(&v, `<rect width="100%%" height="100%%" fill="%s"/>`+"\n", hex(paper))
	if d.Title != "" {
		v.text(diagramTitleFace(), diagramTitle, "bold", ink, "start", margin, margin+diagramTitle-3, d.Title, width-2*margin)
	}
	fmt.Fprintf(&v, `<g transform="translate(%s,%s)">`+"\n", number1((width-s.width)/2), number1(top))
	v.scene(s)
	v.WriteString("</g>\n")
	fmt.Fprintf(&v, `<g transform="translate(%d,%s)">`+"\n", margin, number1(legendTop))
	v.legend(legend)
	v.WriteString("</g>\n</svg>\n")
	_, err = io.WriteString(w, v.String())
	return err
}

// words describes the diagram in one sentence, for readers who cannot see it.
func (d Diagram) words() string {
	return fmt.Sprintf("Expression graph of %d nodes and %d edges in %d groups.", len(d.Nodes), len(d.Edges), len(d.groups()))
}

// scene draws frames, then arrows, then nodes, then labels, so that nothing is covered.
func (v *vector) scene(s *scene) {
	ground := mix(faint, paper, 0.62)
	for _, f := range s.frames {
		fmt.Fprintf(v, `<rect %s rx="%s" fill="%s" stroke="%s"/>`+"\n", f.rectangle, number1(frameRadius), hex(ground), hex(mix(muted, paper, 0.6)))
	}
	for _, a := range s.arrows {
		v.arrow(a)
	}
	for _, f := range s.frames {
		v.text(detailFace(), 12, "bold", muted, "start", f.rectangle.x+frameSide, f.rectangle.y+17, f.title, nodeLimit)
	}
	for _, n := range s.nodes {
		v.node(n)
	}
	for _, a := range s.arrows {
		v.arrowLabel(a, s.groundAt(a.label, ground))
	}
}

// groundAt is the colour under a label: the colour of the frame that contains it, or white.
func (s *scene) groundAt(p point, ground color.Color) color.Color {
	for _, f := range s.frames {
		r := f.rectangle
		if p.x > r.x && p.x < r.x+r.width && p.y > r.y && p.y < r.y+r.height {
			return ground
		}
	}
	return paper
}

// node draws a box with one or two centred lines, or a parameter with both on one line. The full text is its tooltip.
func (v *vector) node(n placed) {
	fill, stroke := n.Kind.colours()
	r := n.rectangle
	fmt.Fprintf(v, `<g><title>%s</title><rect %s rx="%s" fill="%s" stroke="%s" stroke-width="1.2"/>`+"\n",
		escapeXML(strings.TrimSpace(n.Label+" "+n.Detail)), r, number1(n.Kind.radius(r.height)), hex(fill), hex(stroke))
	middle := r.x + r.width/2
	switch {
	case n.beside:
		v.text(nodeFace(), 13, "bold", ink, "start", r.x+10, r.y+r.height/2+4.5, n.Label, nodeLimit)
		v.text(detailFace(), 12, "normal", ink, "end", r.x+r.width-10, r.y+r.height/2+4.5, n.Detail, nodeLimit)
	case n.Detail == "":
		v.text(nodeFace(), 13, "bold", ink, "middle", middle, r.y+r.height/2+4.5, n.Label, nodeLimit)
	default:
		v.text(nodeFace(), 13, "bold", ink, "middle", middle, r.y+r.height/2-4, n.Label, nodeLimit)
		v.text(detailFace(), 12, "normal", ink, "middle", middle, r.y+r.height/2+13, n.Detail, nodeLimit)
	}
	v.WriteString("</g>\n")
}

// radius is the radius of a node's corners. Parameters have sharp corners, inputs and outputs have round ends, so the kinds can be
// distinguished without colours.
func (k Kind) radius(height float64) float64 {
	switch k {
	case KindParameter:
		return 2
	case KindInput, KindTarget, KindRandom, KindReconstruction, KindSample:
		return height / 2
	}
	return 7
}

// arrow draws the line and the head of an edge.
func (v *vector) arrow(a arrow) {
	end := a.path[len(a.path)-1]
	fmt.Fprintf(v, `<path d="%s" fill="none" stroke="%s" stroke-width="1.3"/>`, a.curve(), hex(muted))
	if a.level {
		fmt.Fprintf(v, `<path d="M%s l%s,-4 v8 z" fill="%s"/>`+"\n", end, number1(-arrowHead), hex(muted))
		return
	}
	fmt.Fprintf(v, `<path d="M%s l-4,%s h8 z" fill="%s"/>`+"\n", end, number1(-arrowHead), hex(muted))
}

// curve writes the path of an edge up to its arrowhead. The path is straight within pairs of points, and bent with vertical
// ends between them.
func (a arrow) curve() string {
	last := a.path[len(a.path)-1]
	if a.level {
		return fmt.Sprintf("M%s H%s", a.path[0], number1(last.x-arrowHead+1))
	}
	var b strings.Builder
	at := a.path[0]
	if a.side != nil {
		fmt.Fprintf(&b, "M%s Q%s %s", *a.side, point{at.x, a.side.y}, point{at.x, math.Min(a.side.y+10, at.y)})
		fmt.Fprintf(&b, " V%s", number1(at.y))
	} else {
		fmt.Fprintf(&b, "M%s", at)
	}
	for i, to := range a.path[1:] {
		if i == len(a.path)-2 {
			to.y -= arrowHead - 1
		}
		switch {
		case to == at:
		case math.Abs(to.x-at.x) < 0.05:
			fmt.Fprintf(&b, " V%s", number1(to.y))
		default:
			middle := (at.y + to.y) / 2
			fmt.Fprintf(&b, " C%s %s %s", point{at.x, middle}, point{to.x, middle}, to)
		}
		at = to
	}
	return b.String()
}

// arrowLabel writes the label of an edge on a patch of its ground.
func (v *vector) arrowLabel(a arrow, ground color.Color) {
	if a.Label == "" {
		return
	}
	width := textWidth(detailFace(), a.Label) + 6
	if !a.level {
		fmt.Fprintf(v, `<rect %s fill="%s"/>`, rectangle{a.label.x - width/2, a.label.y - 7.5, width, 15}, hex(ground))
	}
	v.text(detailFace(), 12, "normal", muted, "middle", a.label.x, a.label.y+4, a.Label, nodeLimit)
}

// text writes one line, shortened to limit, with its baseline at y.
func (v *vector) text(face *typeface, size float64, weight string, c color.Color, anchor string, x, y float64, text string, limit float64) {
	if text == "" {
		return
	}
	fmt.Fprintf(v, `<text x="%s" y="%s" font-size="%s" font-weight="%s" text-anchor="%s" fill="%s">%s</text>`+"\n",
		number1(x), number1(y), number1(size), weight, anchor, hex(c), escapeXML(face.fit(text, limit)))
}

// legendEntry is a kind in its place.
type legendEntry struct {
	kind Kind
	at   point
}

// legendPlan is the legend in its place.
type legendPlan struct {
	entries       []legendEntry
	width, height float64
}

// legend lays the kinds out in lines no wider than limit.
func (d Diagram) legend(limit float64) legendPlan {
	var plan legendPlan
	x, y := 0.0, 0.0
	for _, kind := range d.kinds() {
		width := swatch + 8 + textWidth(detailFace(), string(kind))
		if x > 0 && x+width > limit {
			x, y = 0, y+legendLine
		}
		plan.entries = append(plan.entries, legendEntry{kind, point{x, y}})
		plan.width, plan.height = math.Max(plan.width, x+width), y+legendLine
		x += width + legendGap
	}
	return plan
}

func (v *vector) legend(plan legendPlan) {
	for _, e := range plan.entries {
		fill, stroke := e.kind.colours()
		r := rectangle{e.at.x, e.at.y + (legendLine-swatch)/2, swatch + 4, swatch}
		fmt.Fprintf(v, `<rect %s rx="%s" fill="%s" stroke="%s" stroke-width="1.2"/>`, r, number1(math.Min(e.kind.radius(swatch), 7)), hex(fill), hex(stroke))
		v.text(detailFace(), 12, "normal", ink, "start", r.x+r.width+6, e.at.y+legendLine/2+4, string(e.kind), nodeLimit)
	}
}

// number1 writes a number with at most one decimal.
func number1(x float64) string {
	return strings.TrimSuffix(fmt.Sprintf("%.1f", x+0), ".0")
}

// String writes "x,y" for a path.
func (p point) String() string { return number1(p.x) + "," + number1(p.y) }

// String writes the attributes of an SVG rectangle.
func (r rectangle) String() string {
	return fmt.Sprintf(`x="%s" y="%s" width="%s" height="%s"`, number1(r.x), number1(r.y), number1(r.width), number1(r.height))
}
