package recipes

import (
	"maps"
	"math"
	"slices"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/trainer"
)

// codebook measures which words of a codebook the codes of a split use.
type codebook struct {
	grid   *kernel.FiniteScalar
	counts map[int]float64 // of words, by their index
	words  float64
}

func newCodebook(grid *kernel.FiniteScalar) *codebook {
	return &codebook{grid: grid, counts: make(map[int]float64)}
}

func (c *codebook) Outputs() []string { return []string{trainer.Code} }

// Add counts the words of the last run.
func (c *codebook) Add(p *graph.Program) {
	for word := range slices.Chunk(p.Output(trainer.Code), c.grid.Units()) {
		c.counts[c.grid.Index(word)]++
		c.words++
	}
}

// Report adds codebook_use, the share of the words that are used, and perplexity,
// the exponential of the entropy of their frequencies.
func (c *codebook) Report(f *trainer.Figures) {
	entropy := 0.0
	for _, word := range slices.Sorted(maps.Keys(c.counts)) {
		share := c.counts[word] / c.words
		entropy -= share * math.Log(share)
	}
	f.Set("codebook_use", float64(len(c.counts))/float64(c.grid.CodebookSize()))
	f.Set("perplexity", math.Exp(entropy))
}
