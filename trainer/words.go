package trainer

import (
	"context"
	"slices"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/graph/kernel/noise"
)

// streamWords draws the words of codes from an autoregressive prior.
const streamWords noise.Stream = 13

// Worded is a model whose code is a sequence of words, which are entries of a codebook.
type Worded interface {
	// WordsOf returns the codebook of trained parameters and, if there is one, the prior. It
	// reports false for a model without words.
	WordsOf(p *graph.Parameters, prior bool) (Words, bool)
}

// Words are the words of the codes of a trained model. Each code has P of them.
type Words struct {
	Layout kernel.WordLayout
	Prior  kernel.CausalPrior // with the codebook; without layers, there is no prior
}

// HasPrior reports whether a prior of the words was trained.
func (w Words) HasPrior() bool { return len(w.Prior.Layers) > 0 }

// Words returns the words of the codes. It reports false for a model whose codes are not
// made of words.
func (t *Trained) Words() (Words, bool) {
	if m, ok := t.Stage.Model.(Worded); ok {
		return m.WordsOf(t.Parameters, t.Stage.Prior)
	}
	return Words{}, false
}

// SamplesWords reports whether codes can be sampled from an autoregressive prior of words.
func (t *Trained) SamplesWords() bool {
	w, ok := t.Words()
	return ok && w.HasPrior()
}

// Samples reports whether the model has a prior of its codes, from which Draw draws.
func (t *Trained) Samples() bool { return t.HasNormalPrior() || t.SamplesWords() }

// Draw returns n codes of L values that are drawn from the prior of the model, N(0, I) or the
// autoregressive prior of its words. The temperature is a factor of the standard deviation,
// and divides logits. At 0, each word is the most probable one. Code i depends only on the seed and i, not on n.
func (t *Trained) Draw(ctx context.Context, n int, seed uint64, temperature float64) ([]float32, error) {
	w, ok := t.Words()
	if !ok || !w.HasPrior() {
		return Draw(n, t.CodeSize(), seed, temperature), nil
	}
	indices, err := w.draw(ctx, n, seed, temperature)
	return w.Codes(indices), err
}

// Indices returns the entries of the words of codes (codes: N×L, result: N×P).
func (w Words) Indices(codes []float32) []uint16 {
	rows := len(codes) / w.Layout.Total()
	vectors, found := make([]float32, len(codes)), make([]float32, rows*w.Layout.Count)
	w.Layout.Collect(rows, codes, vectors)
	kernel.Nearest(w.Layout.Size, vectors, w.Prior.Codebook, found)
	indices := make([]uint16, len(found))
	for i, v := range found {
		indices[i] = uint16(v)
	}
	return indices
}

// Codes returns the codes of words (indices: N×P, result: N×L).
func (w Words) Codes(indices []uint16) []float32 {
	found := make([]float32, len(indices))
	for i, v := range indices {
		found[i] = float32(v)
	}
	rows := len(indices) / w.Layout.Count
	codes := make([]float32, rows*w.Layout.Total())
	w.Layout.LookUp(rows, found, w.Prior.Codebook, codes)
	return codes
}

// Coder returns a function that computes the cumulative frequencies of the K entries of word p
// from the words before it (K+1 numbers, valid until the next call). They are the same
// numbers on every machine. Without a prior, all entries have the same frequency.
func (w Words) Coder() func(before []uint16, p int) []uint32 {
	var s kernel.CausalState
	return func(before []uint16, p int) []uint32 { return w.Prior.Frequencies(&s, before, p, 1) }
}

// draw draws the words of n codes from the prior, one after the other (result: N×P).
func (w Words) draw(ctx context.Context, n int, seed uint64, temperature float64) ([]uint16, error) {
	words := w.Layout.Count
	indices, uniform := make([]uint16, n*words), make([]float32, n*words)
	noise.Uniform(uniform, noise.Key{Seed: seed, Stream: streamWords})
	begin := func() *kernel.CausalState { return new(kernel.CausalState) }
	err := kernel.Each(ctx, n, begin, func(s *kernel.CausalState, i int) {
		code := indices[i*words : (i+1)*words]
		for p := range code {
			if temperature == 0 {
				code[p] = uint16(w.Prior.MostLikely(s, code, p))
				continue
			}
			sums := w.Prior.Frequencies(s, code, p, temperature)
			below := uint32(float64(uniform[i*words+p]) * float64(sums[len(sums)-1]))
			k, _ := slices.BinarySearch(sums[1:], below+1) // the first entry whose sum is above
			code[p] = uint16(k)
		}
	})
	return indices, err
}
