package recipes

import (
	"gaetrain/graph/layer"
	"gaetrain/trainer"
)

var convRecipe = trainer.Recipe{
	Name:    "conv",
	Summary: "convolutional encoder and decoder: lower error at the same code size",
	Idea: `What tells one image from another is made of the same small patterns wherever they stand. A convolution looks for a pattern
at every place with one set of weights, so it needs few of them and learns from every place at once. A few strided convolutions
turn the image into a small map of many features, a fully connected layer turns that into the code, and the decoder goes back
through transposed convolutions.`,
	Citation: "J. Masci, U. Meier, D. Cireşan, J. Schmidhuber: Stacked Convolutional Auto-Encoders for Hierarchical Feature Extraction. ICANN 2011",
	BibTeX: `@inproceedings{masci2011stacked,
  author = {Masci, Jonathan and Meier, Ueli and Cire{\c{s}}an, Dan and Schmidhuber, J{\"u}rgen},
  title = {Stacked Convolutional Auto-Encoders for Hierarchical Feature Extraction},
  booktitle = {Artificial Neural Networks and Machine Learning -- {ICANN} 2011},
  pages = {52--59},
  year = {2011},
  doi = {10.1007/978-3-642-21735-7_7},
}`,
	Defaults: fast,
	New: func() trainer.Model {
		m := conv{defaultPlain()}
		m.Filters, m.Hidden, m.CodeSize, m.Activation = []int{32, 64}, nil, 64, layer.ELU
		return &m
	},
}

// conv is an autoencoder of convolutions, then a fully connected code (Masci 2011).
type conv struct{ Plain }
