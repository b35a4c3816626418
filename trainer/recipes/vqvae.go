package recipes

import (
	"fmt"
	"strings"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/graph/latent"
	"gaetrain/graph/layer"
	"gaetrain/trainer"
	"gaetrain/trainer/settings"
)

var vqvaeRecipe = trainer.Recipe{
	Name:    "vqvae",
	Summary: "vector quantisation: a code is a map of words from a learned codebook, with an autoregressive prior",
	Idea: `A discrete code is a choice from a codebook. Here the codebook is learned: convolutions turn an
image into a small map of vectors, and the nearest entry of the codebook replaces each vector. This
has no useful gradient, so the gradient of the entry is passed to the vector (straight-through
estimator). Two things keep vectors and entries together. Each entry is a moving average of the
vectors that it replaces, and the commitment loss pulls the vectors to their entries. An entry that
replaces hardly any vector starts again at a vector of the batch. Then the codes are fixed, and a
small network learns the probability of each word, given words before it. This prior samples new
codes word by word, and compress needs fewer bits with it: −log2 p instead of log2 K per word.`,
	Citation: "A. van den Oord, O. Vinyals, K. Kavukcuoglu: Neural Discrete Representation Learning. NIPS 2017, arXiv:1711.00937; restarts: A. Łańcucki et al.: Robust Training of Vector Quantized Bottleneck Models. IJCNN 2020, arXiv:2005.08520",
	BibTeX: `@inproceedings{oord2017neural,
  author = {van den Oord, A{\"a}ron and Vinyals, Oriol and Kavukcuoglu, Koray},
  title = {Neural Discrete Representation Learning},
  booktitle = {Advances in Neural Information Processing Systems},
  volume = {30},
  year = {2017},
  eprint = {1711.00937},
  archivePrefix = {arXiv},
}`,
	Defaults: fast,
	New: func() trainer.Model {
		m := vqvae{Autoencoder: defaultAutoencoder(), WordPrior: defaultWordPrior(), Entries: 256, WordSize: 8, Words: 16, Commitment: 0.25, Decay: 0.99, Reach: 3}
		m.Filters, m.Hidden, m.Activation, m.PriorEpochs = []int{32, 64}, nil, layer.ELU, 10
		return &m
	},
}

// vqvae replaces the words of its code by the nearest entries of a codebook (van den
// Oord 2017).
type vqvae struct {
	Autoencoder
	WordPrior
	Entries    int     `toml:"codebook" group:"model" help:"Number of entries in the codebook, from 2 to 65536"`
	WordSize   int     `toml:"word-size" group:"model" help:"Number of values in a word, which is an entry of the codebook, 1 or more"`
	Words      int     `toml:"words" group:"model" help:"Number of codebook words in the code of an image, 1 or more"`
	Commitment float64 `toml:"commitment" group:"model" help:"Weight of the squared distance of the encoder's words from their entries, 0 or more"`
	Decay      float64 `toml:"codebook-decay" group:"model" help:"Weight of the past in the moving averages of the codebook, from 0 to below 1"`
	Reach      int     `toml:"prior-reach" group:"model" help:"Rows and columns of a map from which the prior sees words before a word, from 1 to 16"`

	book latent.Codebook
}

// quantise implements quantising: the loss is the reconstruction term from the entries and
// β·‖z − sg[e]‖².
func (m *vqvae) quantise(s *graph.Scope, x, target graph.Value) (graph.Loss, latent.Quantised) {
	q := m.nearest(s, m.encoder.On(s, x))
	return m.Compare(s, m.Decode(s, q.Code), target).Plus(q.Commitment(s).Times(m.Commitment)), q
}

// nearest replaces the words of the encoder's output.
func (m *vqvae) nearest(s *graph.Scope, z graph.Value) latent.Quantised {
	q := m.book.Nearest(s, z)
	s.Output(wordIndices, q.Indices)
	return q
}

// Encode implements trainer.Encoder.
func (m *vqvae) Encode(s *graph.Scope, x graph.Value) graph.Value {
	return m.nearest(s, m.encoder.On(s, x)).Code
}

// WordsOf implements trainer.Worded.
func (m *vqvae) WordsOf(p *graph.Parameters, prior bool) (trainer.Words, bool) {
	entries, ok := p.Get(latent.CodebookName)
	return m.words(p, prior, m.book.Layout, entries.Values()), ok
}

// From implements trainer.Layered.
func (m *vqvae) From(s *graph.Scope, depth int, h graph.Value) graph.Value {
	return m.nearest(s, m.encoder.From(depth).On(s, h)).Code
}

// Loss is the loss without the prior.
func (m *vqvae) Loss(s *graph.Scope, x, target graph.Value) graph.Loss {
	loss, _ := m.quantise(s, x, target)
	return loss
}

// Declare implements trainer.Network.
func (m *vqvae) Declare(s *graph.Scope) { declare(s, m) }

// Place implements trainer.Model. The code is the map of the last convolution, whose channels
// are the values of a word, or a row of words.
func (m *vqvae) Place(source trainer.Source) error {
	m.channels = m.WordSize
	encoder, decoder, code, err := m.parts(source.Shape, m.Words*m.WordSize, m.code(layer.LinearUnits), m.last(), false)
	if err != nil {
		return err
	}
	words := kernel.WordsInRows(m.Words, m.WordSize)
	inMap := code.Channels > 1 || code.Height > 1
	if inMap {
		if code.Channels != m.WordSize {
			return fmt.Errorf("%w: the encoder ends with %d channels, but a word has %d values; hint: --word-size %[2]d", graph.ErrArchitecture, code.Channels, m.WordSize)
		}
		words = kernel.WordsInMaps(code.Height*code.Width, code.Channels)
	} else if code.Size() != words.Total() {
		return fmt.Errorf("%w: the encoder ends with %d values, but a code of %d words with %d values each has %d; hint: dense:%[5]d as the last layer in --encoder", graph.ErrArchitecture, code.Size(), m.Words, m.WordSize, words.Total())
	}
	m.book = latent.Codebook{Entries: m.Entries, Layout: words, Decay: m.Decay}
	if m.PriorEpochs > 0 {
		others := window(code.Height, code.Width, m.Reach)
		if !inMap {
			if others, err = before(m.Words); err != nil {
				return err
			}
		}
		if err := m.placeOver(others, m.WordSize, m.Entries); err != nil {
			return err
		}
	}
	return m.join(source.Shape, encoder, decoder, code)
}

// Stages implements trainer.Model.
func (m *vqvae) Stages(c trainer.Config) ([]trainer.Stage, error) {
	s, err := m.stage("train", c, m)
	s.Measures = func() []trainer.Measure {
		return []trainer.Measure{trainer.CodeMeasure(), learnedCodebook(m.Entries)}
	}
	return m.withPrior(s, m), err
}

// Validate implements settings.Validator.
func (m *vqvae) Validate() error {
	return settings.Numbers(
		settings.Number{OK: m.Entries >= 2 && m.Entries <= 1<<16, Name: "codebook", Value: m.Entries, Hint: "from 2 to 65536"},
		settings.Number{OK: m.WordSize >= 1, Name: "word-size", Value: m.WordSize, Hint: "at least 1"},
		settings.Number{OK: m.Words >= 1, Name: "words", Value: m.Words, Hint: "at least 1"},
		settings.Number{OK: m.Commitment >= 0 && settings.Finite(m.Commitment), Name: "commitment", Value: m.Commitment, Hint: "0 or more"},
		settings.Number{OK: m.Decay >= 0 && m.Decay < 1, Name: "codebook-decay", Value: m.Decay, Hint: "from 0 to below 1"},
		settings.Number{OK: m.Reach >= 1 && m.Reach <= 16, Name: "prior-reach", Value: m.Reach, Hint: "from 1 to 16"},
	)
}

// Ineffective implements settings.Ineffective.
func (m *vqvae) Ineffective() (without []settings.Without) {
	inMap := m.EncoderText == "" && len(m.Filters) > 0 && len(m.Hidden) == 0
	if layers := strings.Fields(m.EncoderText); len(layers) > 0 {
		inMap = !strings.HasPrefix(layers[len(layers)-1], "dense:")
	}
	switch {
	case inMap:
		without = append(without, settings.Without{Name: "words", Why: "because each place of the last convolution is a word; hint: --hidden 256"})
	case m.PriorEpochs > 0:
		without = append(without, settings.Without{Name: "prior-reach", Why: "because the words are a row, of which the prior sees all words before a word; hint: --filters 32,64 --hidden none"})
	}
	if m.PriorEpochs == 0 {
		without = append(without, settings.Without{Name: "prior-reach", Why: "without a prior of the words; hint: --prior-epochs 10"})
	}
	return without
}
