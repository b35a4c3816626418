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
	entries int
	output  string                     // of the program: values for each word of a code
	width   int                        // number of these values
	index   func(values []float32) int // of a word in the codebook
	counts  map[int]float64            // of words, by their index
	words   float64
}

// gridCodebook measures codes whose values are rounded to levels.
func gridCodebook(grid *kernel.FiniteScalar) *codebook {
	return &codebook{entries: grid.CodebookSize(), output: trainer.Code, width: grid.Units(), index: grid.Index, counts: make(map[int]float64)}
}

// learnedCodebook measures codes whose words are entries of a codebook.
func learnedCodebook(entries int) *codebook {
	return &codebook{entries: entries, output: wordIndices, width: 1, index: func(values []float32) int { return int(values[0]) }, counts: make(map[int]float64)}
}

// wordIndices is the output with the entries of the words of a code, B×P.
const wordIndices = "words"

func (c *codebook) Outputs() []string { return []string{c.output} }

// Add counts the words of the last run.
func (c *codebook) Add(p *graph.Program) {
	for word := range slices.Chunk(p.Output(c.output), c.width) {
		c.counts[c.index(word)]++
		c.words++
	}
}

// Report adds codebook_use, the share of the words that are used, and perplexity,
// the exponential of the entropy of their frequencies. With a prior of the words, it adds
// code_bits, the bits of the words of an image.
func (c *codebook) Report(f *trainer.Figures) {
	entropy := 0.0
	for _, word := range slices.Sorted(maps.Keys(c.counts)) {
		share := c.counts[word] / c.words
		entropy -= share * math.Log(share)
	}
	f.Set("codebook_use", float64(len(c.counts))/float64(c.entries))
	f.Set("perplexity", math.Exp(entropy))
	if nats, ok := f.Terms["prior"]; ok {
		f.Set("code_bits", nats/math.Ln2)
	}
}
