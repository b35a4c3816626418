package recipes

import (
	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/graph/latent"
	"gaetrain/graph/layer"
	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/settings"
)

// WordPrior is an autoregressive prior of the words of a code: p(k₁ … k_P) = Π p(k_p | k₁ …
// k_{p−1}). A network that all words share sees words before word p, and which word it is,
// and computes the logits of its entry (a causal multi-layer perceptron; masked
// convolutions of van den Oord et al. 2016, arXiv:1606.05328, with one window).
type WordPrior struct {
	PriorEpochs int   `toml:"prior-epochs" group:"model" optional:"true" help:"Epochs of training of the prior of the words, after --epochs; 0 for no prior"`
	PriorHidden []int `toml:"prior-hidden" group:"model" optional:"true" help:"Widths of the hidden layers of the prior of the words, such as 128,128"`

	others  [][]int // words that each word sees, see latent.Quantised.Context
	network *layer.Stack
}

func defaultWordPrior() WordPrior { return WordPrior{PriorHidden: []int{128, 128}} }

// Validate implements settings.Validator.
func (p *WordPrior) Validate() error {
	if err := settings.Widths("prior-hidden", "units", p.PriorHidden); err != nil {
		return err
	}
	return settings.Numbers(settings.Number{OK: p.PriorEpochs >= 0, Name: "prior-epochs", Value: p.PriorEpochs, Hint: "0 for no prior, or more"})
}

// Ineffective implements settings.Ineffective.
func (p *WordPrior) Ineffective() []settings.Without {
	if p.PriorEpochs > 0 {
		return nil
	}
	return []settings.Without{{Name: "prior-hidden", Why: "without a prior of the words; hint: --prior-epochs 10"}}
}

// before lists, for each of the words of a row, all words before it. Each word has a place
// of its own among them. The lists grow with the square of the number of words, so before
// returns an error if they do not fit into memory.
func before(words int) ([][]int, error) {
	seen := max(1, words-1)
	const numbers = 2 // of 4 bytes in an int
	if err := trainer.Fits("lists of earlier words", words, numbers*seen, "fewer --words, or --prior-epochs 0"); err != nil {
		return nil, err
	}
	others := make([][]int, words)
	for p := range others {
		others[p] = make([]int, seen)
		for other := range others[p] {
			others[p][other] = other
			if other >= p {
				others[p][other] = -1
			}
		}
	}
	return others, nil
}

// window lists, for each place of a map in reading order, the places before it that are at
// most reach rows above, and columns to the left or right.
func window(height, width, reach int) [][]int {
	others := make([][]int, height*width)
	for p := range others {
		y, x := p/width, p%width
		for dy := -reach; dy <= 0; dy++ {
			for dx := -reach; dx <= reach && (dy < 0 || dx < 0); dx++ {
				other := -1
				if y+dy >= 0 && x+dx >= 0 && x+dx < width {
					other = (y+dy)*width + x + dx
				}
				others[p] = append(others[p], other)
			}
		}
	}
	return others
}

// placeOver places the network for words of a size from a codebook with a number of entries.
func (p *WordPrior) placeOver(others [][]int, size, entries int) (err error) {
	p.others = others
	var layers layer.Sequence
	for _, units := range p.PriorHidden {
		layers = append(layers, layer.Dense{Units: units, Options: layer.Options{Activation: layer.ReLU, Initialiser: graph.HeUniform}})
	}
	layers = append(layers, layer.Dense{Units: entries, Options: layer.Options{Initialiser: graph.GlorotUniform}})
	p.network, err = layer.NewStack("prior", graph.Row(len(others[0])*size+len(others)), layers)
	return err
}

// nats declares −log p of the words of codes.
func (p *WordPrior) nats(s *graph.Scope, q latent.Quantised) graph.Term {
	return q.Nats(s, p.network.On(s, q.Context(s, p.others)))
}

// words returns the words of trained parameters, with the prior if it was trained.
func (p *WordPrior) words(of *graph.Parameters, trained bool, layout kernel.WordLayout, entries []float32) trainer.Words {
	w := trainer.Words{Layout: layout, Prior: kernel.CausalPrior{Others: p.others, Size: layout.Size, Codebook: entries}}
	for number := 1; trained && number <= p.network.Depth(); number++ {
		l := p.network.Numbered(number).(layer.Weighted)
		weights, _ := of.Get(l.Weights().Name)
		bias, _ := of.Get(l.Name() + "/bias")
		w.Prior.Layers = append(w.Prior.Layers, kernel.CausalLayer{Weights: weights.Values(), Bias: bias.Values()})
	}
	return w
}

// quantising is a model whose words can have a prior.
type quantising interface {
	images(s *graph.Scope) (x, target graph.Value)
	// quantise declares the loss of images, and their codes.
	quantise(s *graph.Scope, x, target graph.Value) (graph.Loss, latent.Quantised)
}

// primed is a model with the prior of its words. Training changes only the prior.
type primed struct {
	quantising
	prior *WordPrior
}

// Declare implements trainer.Network.
func (m primed) Declare(s *graph.Scope) {
	x, target := m.images(s)
	loss, q := m.quantise(s.Settled(), x, target)
	s.Minimise(loss.Plus(m.prior.nats(s, q)))
}

// withPrior adds a stage that trains the prior, unless it has no epochs. The inputs of that
// stage are neither corrupted nor augmented, because the prior is that of the codes of images.
func (p *WordPrior) withPrior(s trainer.Stage, m quantising) []trainer.Stage {
	stages := []trainer.Stage{s}
	if p.PriorEpochs == 0 {
		return stages
	}
	s.Name, s.Epochs, s.Network, s.Objective = "prior", p.PriorEpochs, primed{m, p}, "nats of the words of the codes"
	s.Corruption, s.Prior = loaders.Corruption{}, true
	return append(stages, s)
}
