package recipes

import (
	"fmt"
	"math"
	"slices"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/graph/latent"
	"gaetrain/graph/layer"
	"gaetrain/trainer"
	"gaetrain/trainer/settings"
)

var fsqRecipe = trainer.Recipe{
	Name:    "fsq",
	Summary: "finite scalar quantisation: each code is a few words from a fixed codebook",
	Idea: `A discrete code is a choice from a codebook. Here the codebook is a grid: each of a few values is
bounded and rounded to a few levels, so d values with ℓ levels each make ℓ^d words. Rounding has
no useful gradient, so the gradient of the rounded value is passed to the value before rounding
(straight-through estimator). Batch normalisation spreads the values over all levels from the
start. The codebook is not learned, no loss is needed to keep it in use, and nearly all words are
used. The reported perplexity is the exponential of the entropy of the words. It is the number of
words if all are used equally often.`,
	Citation: "F. Mentzer, D. Minnen, E. Agustsson, M. Tschannen: Finite Scalar Quantization: VQ-VAE Made Simple. ICLR 2024, arXiv:2309.15505",
	BibTeX: `@inproceedings{mentzer2024finite,
  author = {Mentzer, Fabian and Minnen, David and Agustsson, Eirikur and Tschannen, Michael},
  title = {Finite Scalar Quantization: {VQ-VAE} Made Simple},
  booktitle = {International Conference on Learning Representations},
  year = {2024},
  eprint = {2309.15505},
  archivePrefix = {arXiv},
}`,
	Defaults: fast,
	New: func() trainer.Model {
		m := fsq{Autoencoder: defaultAutoencoder(), WordPrior: defaultWordPrior(), Levels: []int{8, 5, 5, 5}, Words: 16}
		m.Activation = layer.ELU
		return &m
	},
}

// fsq rounds the values of its code to levels (Mentzer 2023).
type fsq struct {
	Autoencoder
	WordPrior
	Levels []int `toml:"levels" group:"model" help:"Levels of each value of a codebook word, 2 to 1000; their product is the number of words"`
	Words  int   `toml:"words" group:"model" help:"Number of codebook words in the code of an image, 1 or more"`

	entries []float32 // of the codebook; nil until they are needed
}

// levels returns the number of levels of each value of a code.
func (m *fsq) levels() []int { return slices.Repeat(m.Levels, m.Words) }

// Quantise implements trainer.Quantiser. A value with ℓ levels is a multiple of
// 1/⌊ℓ/2⌋.
func (m *fsq) Quantise(codes []float32) {
	levels := m.levels()
	for i, v := range codes {
		count := levels[i%len(levels)]
		half := count / 2
		level := max(-half, min(int(math.Round(float64(v)*float64(half))), count-1-half))
		codes[i] = float32(level) / float32(half)
	}
}

// Encode implements trainer.Encoder: z = round(bound(encoder(x))).
func (m *fsq) Encode(s *graph.Scope, x graph.Value) graph.Value {
	z := latent.Finite(s, m.levels(), m.encoder.On(s, x))
	s.Output(trainer.Code, z)
	return z
}

// Loss is the reconstruction term from the rounded code.
func (m *fsq) Loss(s *graph.Scope, x, target graph.Value) graph.Loss {
	return m.Compare(s, m.Decode(s, m.Encode(s, x)), target)
}

// quantise implements quantising.
func (m *fsq) quantise(s *graph.Scope, x, target graph.Value) (graph.Loss, latent.Quantised) {
	z := m.Encode(s, x)
	q := latent.Lookup(s, m.layout(), m.grid(), z, nil)
	return m.Compare(s, m.Decode(s, z), target), q
}

func (m *fsq) layout() kernel.WordLayout { return kernel.WordsInRows(m.Words, len(m.Levels)) }

// grid returns all words of the codebook.
func (m *fsq) grid() []float32 {
	if m.entries == nil {
		grid, _ := kernel.NewFiniteScalar(m.Levels)
		m.entries = make([]float32, 0, grid.CodebookSize()*grid.Units())
		for index := range grid.CodebookSize() {
			m.entries = grid.AppendWord(m.entries, index)
		}
	}
	return m.entries
}

// WordsOf implements trainer.Worded. Without a prior, the values of the code are compressed.
func (m *fsq) WordsOf(p *graph.Parameters, prior bool) (trainer.Words, bool) {
	if !prior {
		return trainer.Words{}, false
	}
	return m.words(p, prior, m.layout(), m.grid()), true
}

// Declare implements trainer.Network.
func (m *fsq) Declare(s *graph.Scope) { declare(s, m) }

// From implements trainer.Layered.
func (m *fsq) From(s *graph.Scope, depth int, h graph.Value) graph.Value {
	z := latent.Finite(s, m.levels(), m.encoder.From(depth).On(s, h))
	s.Output(trainer.Code, z)
	return z
}

// Place implements trainer.Model.
func (m *fsq) Place(source trainer.Source) error {
	size := m.Words * len(m.Levels)
	values := m.code(layer.LinearUnits)
	values.Norm = layer.BatchNorm // so that the values use all levels from the start
	encoder, decoder, code, err := m.parts(source.Shape, size, values, m.last(), false)
	if err != nil {
		return err
	}
	if code.Size() != size {
		return fmt.Errorf("%w: the encoder ends with %d values, but a code of %d words with %d values each has %d; hint: dense:%d as the last layer in --encoder", graph.ErrArchitecture, code.Size(), m.Words, len(m.Levels), size, size)
	}
	if m.PriorEpochs > 0 {
		others, err := before(m.Words)
		if err != nil {
			return err
		}
		if err := m.placeOver(others, len(m.Levels), len(m.grid())/len(m.Levels)); err != nil {
			return err
		}
	}
	return m.join(source.Shape, encoder, decoder, graph.Row(size))
}

// Stages implements trainer.Model.
func (m *fsq) Stages(c trainer.Config) ([]trainer.Stage, error) {
	s, err := m.stage("train", c, m)
	s.Measures = func() []trainer.Measure {
		grid, _ := kernel.NewFiniteScalar(m.Levels)
		return []trainer.Measure{trainer.CodeMeasure(), gridCodebook(grid)}
	}
	return m.withPrior(s, m), err
}

// Validate implements settings.Validator.
func (m *fsq) Validate() error {
	if _, err := kernel.NewFiniteScalar(m.Levels); err != nil {
		return settings.Numbers(settings.Number{Name: "levels", Value: m.Levels, Hint: err.Error()})
	}
	words := 1.0
	for _, levels := range m.Levels {
		words *= float64(levels)
	}
	return settings.Numbers(
		settings.Number{OK: len(m.Levels) > 0, Name: "levels", Value: m.Levels, Hint: "at least one, such as 8,5,5,5"},
		settings.Number{OK: words <= 1<<31, Name: "levels", Value: m.Levels, Hint: "a product of at most 2^31, which is the number of words"},
		settings.Number{OK: words <= 1<<16 || m.PriorEpochs == 0, Name: "levels", Value: m.Levels, Hint: "a product of at most 65536 with a prior of the words, or --prior-epochs 0"},
		settings.Number{OK: m.Words >= 1, Name: "words", Value: m.Words, Hint: "at least 1"})
}
