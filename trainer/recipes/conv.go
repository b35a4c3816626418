package recipes

import (
	"gaetrain/graph/layer"
	"gaetrain/trainer"
)

var convRecipe = trainer.Recipe{
	Name:    "conv",
	Summary: "convolutional encoder and decoder: lower error at the same code size",
	Idea: `The same small patterns occur at all places of an image. A convolution searches for a pattern at
every place with the same weights, so it needs few weights and learns from every place at once. A
few strided convolutions turn the image into a small map with many features, and a fully connected
layer turns the map into the code. The decoder inverts these steps with transposed convolutions.`,
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
