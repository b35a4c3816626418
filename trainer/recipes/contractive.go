package recipes

import (
	"gaetrain/graph/layer"
	"gaetrain/trainer"
)

var contractiveRecipe = trainer.Recipe{
	Name:    "contractive",
	Summary: "the loss contains the norm of the code's Jacobian: small changes of the image hardly change the code",
	Idea: `A good code should not change with every small change of the image. The loss has the term
‖∂h/∂x‖², the squared Frobenius norm of the Jacobian of the code. For sigmoid units it is exactly
Σ (h(1−h))²·‖w‖², which is cheap to compute. The reconstruction term needs a code that
distinguishes the training images. The contraction removes the dependence of the code on all other
directions. The code then depends on the directions along which images of this kind vary. A
denoising autoencoder reaches a similar result with corrupted examples.`,
	Citation: "S. Rifai, P. Vincent, X. Muller, X. Glorot, Y. Bengio: Contractive Auto-Encoders. ICML 2011",
	BibTeX: `@inproceedings{rifai2011contractive,
  author = {Rifai, Salah and Vincent, Pascal and Muller, Xavier and Glorot, Xavier and Bengio, Yoshua},
  title = {Contractive Auto-Encoders: Explicit Invariance During Feature Extraction},
  booktitle = {International Conference on Machine Learning},
  pages = {833--840},
  year = {2011},
}`,
	Defaults: func(c *trainer.Config) { c.LearningRate = 0.01 },
	New: func() trainer.Model {
		m := contractive{defaultPlain()}
		m.Hidden, m.CodeSize, m.Tied, m.Contraction = nil, 256, true, 0.1
		m.Activation, m.CodeActivation = layer.Sigmoid, layer.Sigmoid
		return &m
	},
}

// contractive is an autoencoder with the term Σ ‖∂h/∂x‖² of its layers, see
// Penalties (Rifai 2011).
type contractive struct{ Plain }
