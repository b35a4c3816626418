package latent_test

import (
	"math"
	"slices"
	"testing"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/graph/latent"
)

// TestNearest checks that a code has entries of the codebook, that the commitment pulls the
// words to them, and that only training moves the entries.
func TestNearest(t *testing.T) {
	t.Parallel()
	const width, many = 6, 20
	book := latent.Codebook{Entries: 5, Layout: kernel.WordsInRows(3, 2), Decay: 0.9}
	c := code(func(s *graph.Scope, x graph.Value) []graph.Term {
		q := book.Nearest(s, x)
		s.Output("words", q.Indices)
		return []graph.Term{target(s, q.Code), q.Commitment(s).Times(0.5)}
	})
	p := new(graph.Parameters)
	program := c.program(t, p, many, width, true, "code", "words")
	entries, _ := p.Get(latent.CodebookName)
	x, aim := normals(many*width, 1), normals(many*width, 2)
	inputs := map[string][]float32{"input": x, "target": aim}
	before := slices.Clone(entries.Values())
	run(t, program, many, inputs)
	if !slices.Equal(entries.Values(), before) {
		t.Fatal("a run alone moves the entries")
	}
	words, codes := program.Output("words"), program.Output("code")
	var want [width * width]float64
	for i, z := range codes {
		if e := before[int(words[i/2])*2+i%2]; z != e {
			t.Fatalf("value %d is %g, want that of entry %g, %g", i, z, words[i/2], e)
		}
		slope := 2*float64(z-aim[i]) + 0.5*2*float64(x[i]-z) // straight-through, and the commitment
		for j := range width {
			want[j*width+i%width] += float64(x[i/width*width+j]) * slope / many
		}
	}
	for i, got := range program.Gradients()[0].Values() {
		if math.Abs(float64(got)-want[i]) > 1e-4 {
			t.Errorf("gradient %d is %g, want %g", i, got, want[i])
		}
	}
	if len(program.Gradients()) != 1 {
		t.Errorf("%d gradients, want one: no solver trains the codebook", len(program.Gradients()))
	}
	program.Advance()
	if slices.Equal(entries.Values(), before) {
		t.Error("a training step does not move the entries")
	}
	before = slices.Clone(entries.Values())
	evaluation := c.program(t, p, many, width, false)
	run(t, evaluation, many, inputs)
	if evaluation.Advance(); !slices.Equal(entries.Values(), before) {
		t.Error("an evaluation moves the entries")
	}
}
