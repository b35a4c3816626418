package viz

import (
	"fmt"
	"image/color"
	"io"
	"math"
	"slices"
	"strings"
)

const (
	arrowHead    = 7.0
	frameRadius  = 10.0
	roundEnd     = 23.0 // radius of the ends of inputs and outputs; text of several lines fits into it
	swatch       = 14.0
	legendLine   = 24.0
	legendGap    = 22.0
	diagramTitle = 18.0
)

var diagramTitleFace = lazyFace(boldFont, diagramTitle)

// tint is a colour of diagrams. Its class lets a style sheet in the picture replace the colour on screens with a dark ground.
type tint struct {
	class       string
	light, dark color.Color
}

var (
	paperTint    = tint{"paper", paper, darkPaper}
	inkTint      = tint{"ink", ink, darkInk}
	mutedTint    = tint{"muted", muted, darkMuted}
	groundTint   = tint{"ground", mix(faint, paper, 0.62), mix(darkPaper, darkMuted, 0.07)}
	borderTint   = tint{"border", mix(muted, paper, 0.6), mix(darkPaper, darkMuted, 0.35)}
	gradientTint = tint{"gradient", color.Gray{0x8c}, color.Gray{0x7c}}
)

// fill and stroke are the attributes of an element with one tint.
func (t tint) fill() string { return fmt.Sprintf(`class="%s" fill="%s"`, t.class, hex(t.light)) }
func (t tint) stroke() string {
	return fmt.Sprintf(`class="%s-line" stroke="%s"`, t.class, hex(t.light))
}

// vector collects SVG elements.
type vector struct{ strings.Builder }

// scheme writes the style sheet with the colours on screens with a dark ground. The colours on paper are attributes, which
// programs without style sheets read too.
func (v *vector) scheme(kinds []Kind) {
	v.WriteString("<style>@media (prefers-color-scheme:dark){")
	for _, t := range []tint{paperTint, inkTint, mutedTint, groundTint, borderTint, gradientTint} {
		fmt.Fprintf(v, ".%s{fill:%s}.%[1]s-line{stroke:%[2]s}", t.class, hex(t.dark))
	}
	for i, k := range kinds {
		fill, stroke := k.colours(true)
		fmt.Fprintf(v, ".kind-%d{fill:%s;stroke:%s}", i, hex(fill), hex(stroke))
	}
	v.WriteString("}</style>\n")
}

// shape are the attributes of the box of a kind, which is one of kinds.
func (k Kind) shape(kinds []Kind, height float64) string {
	fill, stroke := k.colours(false)
	dashes := ""
	if k == KindGradient {
		dashes = ` stroke-dasharray="4 3"`
	}
	return fmt.Sprintf(`rx="%s" class="kind-%d" fill="%s" stroke="%s" stroke-width="1.2"%s`, number1(k.radius(height)), slices.Index(kinds, k), hex(fill), hex(stroke), dashes)
}

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
	var note []string
	if d.Note != "" {
		note = detailFace().wrap(d.Note, (width-2*margin)/fallbackWidth, 6)
	}
	noteTop := legendTop + legend.height + 6
	height := noteTop - 6 + margin + detailLine*float64(len(note))

	var v vector
	fmt.Fprintf(&v, `<svg xmlns="http://www.w3.org/2000/svg" width="%s" height="%s" viewBox="0 0 %[1]s %[2]s" role="img" font-family="%s">`+"\n",
		number1(math.Ceil(width)), number1(math.Ceil(height)), fontFamily)
	fmt.Fprintf(&v, "<title>%s</title>\n<desc>%s</desc>\n", escapeXML(d.Title), escapeXML(d.words()))
	kinds := d.kinds()
	v.scheme(kinds)
	fmt.Fprintf(&v, `<rect width="100%%" height="100%%" %s/>`+"\n", paperTint.fill())
	if d.Title != "" {
		v.text(diagramTitleFace(), diagramTitle, "bold", inkTint, "start", margin, margin+diagramTitle-3, d.Title, width-2*margin)
	}
	fmt.Fprintf(&v, `<g transform="translate(%s,%s)">`+"\n", number1((width-s.width)/2), number1(top))
	v.scene(s, kinds)
	v.WriteString("</g>\n")
	fmt.Fprintf(&v, `<g transform="translate(%d,%s)">`+"\n", margin, number1(legendTop))
	v.legend(legend, kinds)
	v.WriteString("</g>\n")
	for i, line := range note {
		v.text(detailFace(), 12, "normal", mutedTint, "start", margin, noteTop+detailLine*(float64(i)+0.7), line, width)
	}
	v.WriteString("</svg>\n")
	_, err = io.WriteString(w, v.String())
	return err
}

// words describes the diagram in one sentence, for readers who cannot see it.
func (d Diagram) words() string {
	return fmt.Sprintf("Expression graph of %d nodes and %d edges in %d groups.", len(d.Nodes), len(d.Edges), len(d.groups()))
}

// scene draws frames, then arrows, then nodes, then labels, so that nothing is covered.
func (v *vector) scene(s *scene, kinds []Kind) {
	for _, f := range s.frames {
		fmt.Fprintf(v, `<rect %s rx="%s" %s/>`+"\n", f.rectangle, number1(frameRadius), groundTint.fill())
		fmt.Fprintf(v, `<rect %s rx="%s" fill="none" %s/>`+"\n", f.rectangle, number1(frameRadius), borderTint.stroke())
	}
	for _, a := range s.arrows {
		v.arrow(a)
	}
	for _, f := range s.frames {
		v.text(detailFace(), 12, "bold", mutedTint, "start", f.rectangle.x+frameSide, f.rectangle.y+17, f.title, nodeLimit)
	}
	for _, n := range s.nodes {
		v.node(n, kinds)
	}
	for _, a := range s.arrows {
		v.arrowLabel(a, s.groundAt(a.label))
	}
}

// groundAt is the colour under a label: the colour of the frame that contains it, or that of the paper.
func (s *scene) groundAt(p point) tint {
	for _, f := range s.frames {
		r := f.rectangle
		if p.x > r.x && p.x < r.x+r.width && p.y > r.y && p.y < r.y+r.height {
			return groundTint
		}
	}
	return paperTint
}

// node draws a box with centred lines, or a parameter with two texts on one line. The full text is its tooltip.
func (v *vector) node(n placed, kinds []Kind) {
	r, details := n.rectangle, n.details()
	tooltip := strings.Join(append([]string{n.Label}, details...), "\n")
	fmt.Fprintf(v, `<g><title>%s</title><rect %s %s/>`+"\n", strings.ReplaceAll(escapeXML(tooltip), `\n`, "\n"), r, n.Kind.shape(kinds, r.height))
	middle, weight := r.x+r.width/2, "bold"
	if n.Kind == KindGradient {
		weight = "normal"
	}
	if n.beside {
		v.text(nodeFace(), 13, weight, n.Kind.text(), "start", r.x+10, r.y+r.height/2+4.5, n.Label, nodeLimit)
		v.text(detailFace(), 12, "normal", n.Kind.text(), "end", r.x+r.width-10, r.y+r.height/2+4.5, strings.Join(details, " "), nodeLimit)
		v.WriteString("</g>\n")
		return
	}
	y := r.y + r.height/2 + 4.5 - detailLine/2*float64(len(details))
	v.text(nodeFace(), 13, weight, n.Kind.text(), "middle", middle, y, n.Label, nodeLimit)
	for i, detail := range details {
		v.text(detailFace(), 12, "normal", n.Kind.text(), "middle", middle, y+detailLine*float64(i+1), detail, nodeLimit)
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
		return math.Min(height/2, roundEnd)
	}
	return 7
}

// arrow draws the line and the head of an edge.
func (v *vector) arrow(a arrow) {
	line, dashes := mutedTint, ""
	if a.gradient {
		line = gradientTint
	}
	if a.gradient && !a.upward {
		dashes = ` stroke-dasharray="3 3"`
	}
	at, head := a.path[len(a.path)-1], "l-4,-7 h8 z"
	switch {
	case a.level:
		head = "l-7,-4 v8 z"
	case a.upward:
		at, head = a.path[0], "l-4,7 h8 z"
	}
	fmt.Fprintf(v, `<path d="%s" fill="none" %s stroke-width="1.3"%s/>`, a.curve(), line.stroke(), dashes)
	fmt.Fprintf(v, `<path d="M%s %s" %s/>`+"\n", at, head, line.fill())
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
	switch {
	case a.side != nil:
		fmt.Fprintf(&b, "M%s Q%s %s", *a.side, point{at.x, a.side.y}, point{at.x, math.Min(a.side.y+10, at.y)})
		fmt.Fprintf(&b, " V%s", number1(at.y))
	case a.upward:
		at.y += arrowHead - 1
		fmt.Fprintf(&b, "M%s", at)
	default:
		fmt.Fprintf(&b, "M%s", at)
	}
	for i, to := range a.path[1:] {
		if i == len(a.path)-2 && !a.upward {
			to.y -= arrowHead - 1
		}
		switch {
		case to == at || a.upward && i == 0 && to.x == at.x && to.y <= at.y:
			continue
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
func (v *vector) arrowLabel(a arrow, ground tint) {
	if a.Label == "" {
		return
	}
	width := textWidth(detailFace(), a.Label) + 6
	if !a.level {
		fmt.Fprintf(v, `<rect %s %s/>`, rectangle{a.label.x - width/2, a.label.y - 7.5, width, 15}, ground.fill())
	}
	v.text(detailFace(), 12, "normal", mutedTint, "middle", a.label.x, a.label.y+4, a.Label, nodeLimit)
}

// text writes one line, shortened to limit, with its baseline at y.
func (v *vector) text(face *typeface, size float64, weight string, c tint, anchor string, x, y float64, text string, limit float64) {
	if text == "" {
		return
	}
	fmt.Fprintf(v, `<text x="%s" y="%s" font-size="%s" font-weight="%s" text-anchor="%s" %s>%s</text>`+"\n",
		number1(x), number1(y), number1(size), weight, anchor, c.fill(), escapeXML(face.fit(text, limit)))
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

func (v *vector) legend(plan legendPlan, kinds []Kind) {
	for _, e := range plan.entries {
		r := rectangle{e.at.x, e.at.y + (legendLine-swatch)/2, swatch + 4, swatch}
		fmt.Fprintf(v, `<rect %s %s/>`, r, e.kind.shape(kinds, swatch))
		v.text(detailFace(), 12, "normal", inkTint, "start", r.x+r.width+6, e.at.y+legendLine/2+4, string(e.kind), nodeLimit)
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
