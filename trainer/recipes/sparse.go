package recipes

import (
	"gaetrain/graph/layer"
	"gaetrain/trainer"
)

var sparseRecipe = trainer.Recipe{
	Name:    "sparse",
	Summary: "many units, few of them active for an image: their mean activation reaches a target",
	Idea: `The code can have many units if only few of them are active for an image. The loss is the
reconstruction term and, for each sigmoid unit, the KL divergence KL(ρ‖ρ̂) of its mean activation
ρ̂ over the images from a small target ρ. A unit then cannot represent what all images share. It
becomes a detector of one stroke or part. An L1 penalty on the code (--sparsity 0 --l1 0.1), which
is proportional to each activation, has a similar effect. So does keeping only the k largest
values of each code (--sparsity 0 --top-k 25 --code-activation linear).`,
	Citation: "A. Ng: Sparse Autoencoder. CS294A Lecture Notes, Stanford 2011; k-sparse: A. Makhzani, B. Frey: k-Sparse Autoencoders. ICLR 2014, arXiv:1312.5663",
	BibTeX: `@misc{ng2011sparse,
  author = {Ng, Andrew},
  title = {Sparse Autoencoder},
  howpublished = {CS294A Lecture Notes, Stanford University},
  year = {2011},
}`,
	Defaults: func(c *trainer.Config) { c.LearningRate = 0.01 },
	New: func() trainer.Model {
		m := sparse{defaultPlain()}
		m.Hidden, m.CodeSize, m.CodeActivation = nil, 256, layer.Sigmoid
		m.Sparsity, m.SparsityTarget = 10, 0.1
		return &m
	},
}

// sparse is an autoencoder with the term Σ KL(ρ‖ρ̂) of its units, see Penalties
// (Ng 2011).
type sparse struct{ Plain }
