package recipes

import (
	"fmt"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/trainer"
)

var linear = Recipe{
	Name:    "linear",
	Summary: "one linear layer each way: finds the principal components, in order",
	Idea: `Without nonlinearities the best that an autoencoder of L code values can do is what PCA does: keep the L directions in
which images vary most. Squared error alone leaves the decoder any basis of their subspace. With a little weight decay each
direction pays for itself, the more the less it explains: at the minimum the decoder is U(I − λΣ⁻²)^½Oᵀ, whose left singular
vectors U are the principal components in order of their variances Σ². 'gaetrain pca' compares the two. The weights are tied,
as this minimum makes them anyway; left to themselves (--tied=false) they come there so slowly that the first components stay
mixed.`,
	Citation: "E. Plaut: From Principal Subspaces to Principal Components with Linear Autoencoders. 2018, arXiv:1804.10253; " +
		"D. Kunin et al.: Loss Landscapes of Regularized Linear Autoencoders. ICML 2019, arXiv:1901.08168",
	Defaults: func(c *trainer.Config) {
		c.Hidden, c.Code, c.Tied = nil, 16, true
		c.Activation, c.CodeActivation, c.OutputActivation = kernel.Linear, kernel.Linear, kernel.Linear
		c.Loss = graph.SquaredError
		// The decay costs 0.3 % of the error on Fashion-MNIST with code 16. Half of it
		// tells neighbouring components apart half as well.
		c.LearningRate, c.WeightDecay = 3e-3, 0.2
	},
	Stages: func(c trainer.Config, image graph.Shape) ([]trainer.Stage, error) {
		if c.Loss != graph.SquaredError || c.Normalisation != graph.NoNormalisation || c.Dropout > 0 || c.CodeActivation != kernel.Linear || c.OutputActivation != kernel.Linear ||
			len(c.Hidden) > 0 && c.Activation != kernel.Linear {
			return nil, fmt.Errorf("all layers are linear and plain, towards the squared error; hint: --model dense")
		}
		return autoencoder(c, image)
	},
}
