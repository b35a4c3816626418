package recipes

import (
	"fmt"

	"gaetrain/trainer"
	"gaetrain/trainer/settings"
)

var tiedRecipe = trainer.Recipe{
	Name:    "tied",
	Summary: "the decoder uses the encoder's weights, transposed: half the weights, nearly the same loss",
	Idea: `The decoder uses the transposed weights of the encoder, so a unit adds to an image the same
pattern that it detects. Encoder and decoder share one tensor, whose gradient is the sum of both
uses. Biases are not shared. This halves the number of weights. It also prevents a solution in
which the encoder has tiny weights, so that its units stay linear, and the decoder has large ones.`,
	Citation: "P. Vincent, H. Larochelle, Y. Bengio, P.-A. Manzagol: Extracting and Composing Robust Features with Denoising Autoencoders. ICML 2008",
	BibTeX: `@inproceedings{vincent2008extracting,
  author = {Vincent, Pascal and Larochelle, Hugo and Bengio, Yoshua and Manzagol, Pierre-Antoine},
  title = {Extracting and Composing Robust Features with Denoising Autoencoders},
  booktitle = {International Conference on Machine Learning},
  pages = {1096--1103},
  year = {2008},
  doi = {10.1145/1390156.1390294},
}`,
	Defaults: fast,
	New: func() trainer.Model {
		m := tied{defaultDense()}
		m.Tied = true
		return &m
	},
}

// tied is a dense autoencoder with h = act(x·W + b) and x̂ = act(h·Wᵀ + b′)
// (Vincent 2008).
type tied struct{ Plain }

// Validate implements settings.Validator.
func (m *tied) Validate() error {
	if !m.Tied {
		return fmt.Errorf("%w: tied is false, but model tied always has tied weights; hint: --model dense", settings.ErrConfiguration)
	}
	return nil
}
