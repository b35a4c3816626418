package viz

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// builder makes diagrams in few words.
type builder struct{ Diagram }

func (b *builder) node(id, label, detail string, kind Kind, group string) {
	b.Nodes = append(b.Nodes, Node{id, label, detail, kind, group})
}

func (b *builder) edge(from, to, label string) { b.Edges = append(b.Edges, Edge{from, to, label}) }

// layer adds an affine operation with its parameters as a group.
func (b *builder) layer(from, name, label, shape, weights, bias string) {
	b.node(name, label, "", KindOperation, name)
	if weights != "" {
		b.node(name+"/weights", "weights", weights, KindParameter, name)
		b.edge(name+"/weights", name, "")
	}
	b.node(name+"/bias", "bias", bias, KindParameter, name)
	b.edge(name+"/bias", name, "")
	b.edge(from, name, shape)
}

func denseDiagram() Diagram {
	b := &builder{Diagram{Title: "dense autoencoder 784-512-32-512-784"}}
	b.node("x", "input x", "B×784", KindInput, "")
	b.layer("x", "encoder/1", "affine + relu", "B×784", "784×512", "512")
	b.layer("encoder/1", "encoder/2", "affine", "B×512", "512×32", "32")
	b.node("code", "code", "B×32", KindCode, "")
	b.edge("encoder/2", "code", "B×32")
	b.layer("code", "decoder/1", "affine + relu", "B×32", "32×512", "512")
	b.layer("decoder/1", "decoder/2", "affine", "B×512", "512×784", "784")
	b.node("reconstruction", "reconstruction", "sigmoid", KindReconstruction, "")
	b.node("target", "target x", "B×784", KindTarget, "")
	b.node("loss", "cross-entropy", "nats per image", KindLoss, "")
	b.edge("decoder/2", "reconstruction", "B×784")
	b.edge("decoder/2", "loss", "B×784")
	b.edge("target", "loss", "B×784")
	return b.Diagram
}

// tiedDiagram has weights that a later group uses again.
func tiedDiagram() Diagram {
	b := &builder{Diagram{Title: "tied autoencoder"}}
	b.node("x", "input x", "B×784", KindInput, "")
	b.layer("x", "encoder/1", "affine + sigmoid", "B×784", "784×512", "512")
	b.layer("encoder/1", "encoder/2", "affine + sigmoid", "B×512", "512×64", "64")
	b.layer("encoder/2", "decoder/1", "affine + sigmoid", "B×64", "", "512")
	b.layer("decoder/1", "decoder/2", "affine + sigmoid", "B×512", "", "784")
	b.edge("encoder/2/weights", "decoder/1", "transposed")
	b.edge("encoder/1/weights", "decoder/2", "transposed")
	b.node("loss", "squared error", "", KindLoss, "")
	b.edge("decoder/2", "loss", "B×784")
	b.edge("x", "loss", "B×784")
	return b.Diagram
}

// gradientDiagram has a training step of two layers: the gradients of each layer are in its group.
func gradientDiagram() Diagram {
	b := &builder{Diagram{Title: "two layers & their gradients", Note: "B is the number of images in a batch."}}
	b.node("x", "input x", "B×784", KindInput, "")
	b.layer("x", "encoder/1", "affine + relu", "B×784", "784×16", "16")
	b.layer("encoder/1", "decoder/1", "affine", "B×16", "16×784", "784")
	b.node("loss", "squared error", "", KindLoss, "")
	b.edge("decoder/1", "loss", "B×784")
	b.node("1", "1", "", KindGradient, "")
	b.node("dloss", "squared error gradient", "", KindGradient, "")
	b.edge("1", "dloss", "scalar")
	b.edge("loss", "dloss", "")
	above := "dloss"
	for _, layer := range []string{"decoder/1", "encoder/1"} {
		b.node(layer+"'", "affine backward", "gradient of weights\n784×16", KindGradient, layer)
		b.node(layer+"db", "affine db", "", KindGradient, layer)
		b.edge(above, layer+"'", "B×16")
		b.edge(layer, layer+"'", "")
		b.edge(layer+"'", layer+"db", "")
		above = layer + "'"
	}
	return b.Diagram
}

func TestDiagramGolden(t *testing.T) {
	for name, d := range map[string]Diagram{"dense": denseDiagram(), "tied": tiedDiagram(), "gradients": gradientDiagram()} {
		goldenText(t, name+".svg", render(t, d.SVG))
		goldenText(t, name+".dot", render(t, d.DOT))
	}
}

func TestDiagramSameBytes(t *testing.T) {
	d := tiedDiagram()
	for range 5 {
		if !bytes.Equal(render(t, d.SVG), render(t, d.SVG)) || !bytes.Equal(render(t, d.DOT), render(t, d.DOT)) {
			t.Fatal("two drawings of the same diagram differ")
		}
	}
}

func TestDiagramShowsEverything(t *testing.T) {
	for _, d := range []Diagram{denseDiagram(), gradientDiagram()} {
		all := texts(t, render(t, d.SVG))
		wanted := []string{d.Title, d.Note}
		for _, n := range d.Nodes {
			wanted = append(append(wanted, n.Label, n.Group, string(n.Kind)), n.details()...)
		}
		for _, e := range d.Edges {
			wanted = append(wanted, e.Label)
		}
		for _, text := range wanted {
			if !strings.Contains(all, text) {
				t.Errorf("%q is missing", text)
			}
		}
	}
}

func TestDiagramErrors(t *testing.T) {
	nodes := []Node{{ID: "a"}, {ID: "b"}, {ID: "c"}}
	for want, d := range map[string]Diagram{
		`cycle through "a", "b", "c"`: {Nodes: nodes, Edges: []Edge{{"a", "b", ""}, {"b", "c", ""}, {"c", "a", ""}}},
		`edge from "a" to itself`:     {Nodes: nodes, Edges: []Edge{{"a", "a", ""}}},
		`no node "z"`:                 {Nodes: nodes, Edges: []Edge{{"a", "z", ""}}},
		`node "a" appears twice`:      {Nodes: append(nodes, Node{ID: "a"})},
	} {
		for _, write := range []func() error{func() error { return d.SVG(&bytes.Buffer{}) }, func() error { return d.DOT(&bytes.Buffer{}) }} {
			if err := write(); !errors.Is(err, ErrDiagram) || !strings.Contains(err.Error(), want) {
				t.Errorf("error %v, want %s", err, want)
			}
		}
	}
}

func TestDiagramOddInput(t *testing.T) {
	long := strings.Repeat("a very long label ", 30)
	for name, d := range map[string]Diagram{
		"nothing":        {},
		"one node":       {Nodes: []Node{{ID: ""}}},
		"long":           {Title: long, Nodes: []Node{{"a", long, long, Kind(long), long}, {"p", long, long, KindParameter, long}}, Edges: []Edge{{"p", "a", long}}},
		"special":        {Title: "<&>\"'\x00", Nodes: []Node{{"<", "a\"b\\", "<svg>\x01", "new kind", "g&\n"}, {"&", "b", "", "", ""}}, Edges: []Edge{{"<", "&", "]]>"}}},
		"loose":          {Nodes: []Node{{ID: "p", Kind: KindParameter}, {ID: "q", Kind: KindLoss, Group: "g"}}},
		"parallel":       {Nodes: []Node{{ID: "a"}, {ID: "b"}}, Edges: []Edge{{"a", "b", "1"}, {"a", "b", "2"}, {"a", "b", ""}}},
		"folded groups":  {Nodes: []Node{{ID: "a", Group: "g"}, {ID: "b", Group: "h"}, {ID: "c", Group: "g"}}, Edges: []Edge{{"a", "b", ""}, {"b", "c", ""}}},
		"deep parameter": {Nodes: []Node{{ID: "p", Kind: KindParameter, Group: "g"}, {ID: "a", Group: "g"}, {ID: "b", Group: "g"}}, Edges: []Edge{{"p", "b", ""}, {"a", "b", ""}, {"p", "a", "both"}}},
	} {
		t.Run(name, func(t *testing.T) {
			texts(t, render(t, d.SVG))
			render(t, d.DOT)
			checkScene(t, d)
		})
	}
}

// TestDiagramRandom lays out random graphs and looks for overlaps and for arrows that run through nodes.
func TestDiagramRandom(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 60 {
		d := Diagram{}
		n := 2 + random.IntN(24)
		for i := range n {
			node := Node{ID: fmt.Sprint(i), Label: strings.Repeat("ab ", 1+random.IntN(7)), Kind: []Kind{KindOperation, KindParameter, KindCode}[random.IntN(3)]}
			if random.IntN(2) == 0 {
				node.Detail = "B×784" + strings.Repeat("\nanother line", random.IntN(3))
			}
			if g := random.IntN(5); g > 0 {
				node.Group = fmt.Sprintf("group/%d", min(g, i/4))
			}
			d.Nodes = append(d.Nodes, node)
			for k := range i {
				if random.Float64() < 1.6/float64(n) {
					d.Edges = append(d.Edges, Edge{fmt.Sprint(k), fmt.Sprint(i), []string{"", "B×512"}[random.IntN(2)]})
				}
			}
		}
		checkScene(t, d)
		if t.Failed() {
			t.Fatalf("in %+v", d)
		}
	}
}

// checkScene fails when nodes or frames overlap, a node leaves the frame of its group or the picture, or the straight part
// of an arrow runs through a node.
func checkScene(t *testing.T, d Diagram) {
	t.Helper()
	s, err := d.compose()
	if err != nil {
		t.Fatal(err)
	}
	if len(s.nodes) != len(d.Nodes) || len(s.arrows) != len(d.Edges) {
		t.Errorf("%d nodes and %d arrows of %d and %d", len(s.nodes), len(s.arrows), len(d.Nodes), len(d.Edges))
	}
	whole := rectangle{-0.5, -0.5, s.width + 1, s.height + 1}
	for i, n := range s.nodes {
		if !n.rectangle.within(whole) {
			t.Errorf("node %q at %v leaves the picture %v", n.ID, n.rectangle, whole)
		}
		for _, m := range s.nodes[:i] {
			if n.rectangle.overlaps(m.rectangle) {
				t.Errorf("nodes %q and %q overlap", n.ID, m.ID)
			}
		}
		for _, f := range s.frames {
			if n.rectangle.overlaps(f.rectangle) && (n.Group != f.title || !n.rectangle.within(f.rectangle)) {
				t.Errorf("node %q of group %q overlaps the frame of %q", n.ID, n.Group, f.title)
			}
		}
	}
	for i, f := range s.frames {
		for _, g := range s.frames[:i] {
			if f.rectangle.overlaps(g.rectangle) {
				t.Errorf("frames %q and %q overlap", f.title, g.title)
			}
		}
	}
	for _, a := range s.arrows {
		checkArrow(t, s, a)
	}
}

func checkArrow(t *testing.T, s *scene, a arrow) {
	t.Helper()
	for i := 0; i+1 < len(a.path) && !a.level; i += 2 {
		p, q := a.path[i], a.path[i+1]
		if p.x != q.x && math.Abs(p.x-q.x) > 1e-6 || q.y < p.y-1e-6 || i > 0 && p.y < a.path[i-1].y-1e-6 {
			t.Errorf("arrow %q to %q: path %v", a.From, a.To, a.path)
		}
		for _, n := range s.nodes {
			if (rectangle{p.x - 0.5, p.y + 1, 1, q.y - p.y - 2}).overlaps(n.rectangle) {
				t.Errorf("arrow %q to %q runs through node %q", a.From, a.To, n.ID)
			}
		}
	}
}

func (r rectangle) overlaps(o rectangle) bool {
	return r.x < o.x+o.width-0.01 && o.x < r.x+r.width-0.01 && r.y < o.y+o.height-0.01 && o.y < r.y+r.height-0.01 && r.height > 0
}

func (r rectangle) within(o rectangle) bool {
	return r.x >= o.x && r.y >= o.y && r.x+r.width <= o.x+o.width && r.y+r.height <= o.y+o.height
}

// TestDiagramGradientsFlowUpwards checks that the gradients of a layer are in its frame, to the right of the operation, and
// that arrows between gradients point upwards.
func TestDiagramGradientsFlowUpwards(t *testing.T) {
	d := gradientDiagram()
	checkScene(t, d)
	s, err := d.compose()
	if err != nil {
		t.Fatal(err)
	}
	at := make(map[string]rectangle)
	for _, n := range s.nodes {
		at[n.ID] = n.rectangle
	}
	for _, layer := range []string{"encoder/1", "decoder/1"} {
		if at[layer+"'"].x+at[layer+"'"].width <= at[layer].x+at[layer].width {
			t.Errorf("the gradient of %s is at %v, left of the layer at %v", layer, at[layer+"'"], at[layer])
		}
	}
	upward := 0
	for _, a := range s.arrows {
		if head := a.path[0]; a.upward {
			upward++
			if to := at[a.To]; head.y != to.y+to.height || head.y > at[a.From].y {
				t.Errorf("the arrow from %q at %v to %q at %v has its head at %v", a.From, at[a.From], a.To, to, head)
			}
		}
	}
	if upward != 5 {
		t.Errorf("%d arrows point upwards, want 5", upward)
	}
}

// TestDiagramOddGradients draws something that is computed from a gradient, which no diagram of a training step has.
func TestDiagramOddGradients(t *testing.T) {
	d := Diagram{Nodes: []Node{{ID: "a"}, {ID: "g", Kind: KindGradient}, {ID: "h", Kind: KindGradient}, {ID: "b"}}, Edges: []Edge{{"a", "g", ""}, {"g", "h", ""}, {"g", "b", ""}, {"b", "h", ""}}}
	checkScene(t, d)
}

// TestDiagramMainFlowIsStraight checks that the operations of a chain are on one vertical line.
func TestDiagramMainFlowIsStraight(t *testing.T) {
	s, err := denseDiagram().compose()
	if err != nil {
		t.Fatal(err)
	}
	centre := func(id string) float64 {
		for _, n := range s.nodes {
			if n.ID == id {
				return n.rectangle.x + n.rectangle.width/2
			}
		}
		return math.NaN()
	}
	for _, id := range []string{"encoder/1", "encoder/2", "code", "decoder/1", "decoder/2"} {
		if d := centre(id) - centre("x"); !(math.Abs(d) < 0.5) {
			t.Errorf("%q is %v beside the input", id, d)
		}
	}
}

func BenchmarkDiagram(b *testing.B) {
	d := denseDiagram()
	for b.Loop() {
		if err := d.SVG(&bytes.Buffer{}); err != nil {
			b.Fatal(err)
		}
	}
}
