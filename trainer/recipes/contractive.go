package recipes

import (
	"gaetrain/graph/kernel"
	"gaetrain/trainer"
)

var contractive = Recipe{
	Name:    "contractive",
	Summary: "the code hardly moves with the image: the Jacobian's norm is a term of the loss",
	Idea: `A good code should not change with every little change of the image. The loss adds ‖∂h/∂x‖², the squared Frobenius norm of
the code's Jacobian in the image: of sigmoid units exactly Σ (h(1−h))²·‖w‖², cheap to compute. Reconstruction needs the code to
tell the training images apart, contraction makes it deaf to all other directions: what remains are the directions along which
images of this kind vary. A denoising autoencoder reaches the same end by examples, this one by a formula.`,
	Citation: "S. Rifai, P. Vincent, X. Muller, X. Glorot, Y. Bengio: Contractive Auto-Encoders. ICML 2011",
	Defaults: func(c *trainer.Config) {
		c.Hidden, c.Code, c.Tied, c.Contraction, c.LearningRate = nil, 256, true, 0.1, 0.01
		c.Activation, c.CodeActivation = kernel.Sigmoid, kernel.Sigmoid
	},
	Stages: autoencoder,
}
