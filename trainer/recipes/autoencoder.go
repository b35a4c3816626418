package recipes

import (
	"fmt"
	"slices"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/trainer"
)

// architecture is the autoencoder of a configuration: convolutions where it
// has filters, then fully connected layers, or the layers that it spells out.
func architecture(c trainer.Config, image graph.Shape) (graph.Architecture, error) {
	a, err := layered(c, image)
	if err != nil || c.Normalisation == graph.NoNormalisation && c.Dropout == 0 {
		return a, err
	}
	if !slices.ContainsFunc(slices.Concat(a.Encoder, a.Decoder), func(l graph.Layer) bool {
		return l.Normalisation == c.Normalisation && l.Dropout == c.Dropout
	}) {
		return a, fmt.Errorf("normalisation %s and dropout %g are of hidden layers, and there are none; hint: such as --hidden 512", c.Normalisation, c.Dropout)
	}
	return a, nil
}

func layered(c trainer.Config, image graph.Shape) (graph.Architecture, error) {
	initialiser := c.Initialiser
	if initialiser == graph.Images { // of the first layer alone
		initialiser = graph.GlorotUniform
	}
	hidden := graph.Layer{Activation: c.Activation, Initialiser: initialiser, NoBias: c.Bias != "all"}
	code, output := hidden, hidden
	hidden.Normalisation, hidden.Dropout = c.Normalisation, c.Dropout
	code.Units, code.Activation, code.Threshold, code.TopK = c.Code, c.CodeActivation, c.Threshold, c.TopK
	output.NoBias = c.Bias == "none"
	output.Activation = c.OutputActivation
	if c.Loss == graph.CrossEntropy { // which takes logits
		output.Activation = kernel.Linear
	}
	if c.Encoder == "" && c.Decoder == "" && len(c.Filters) == 0 {
		a := graph.Dense(image, c.Hidden, hidden, code, output)
		a.Tied = c.Tied
		if c.Initialiser == graph.Images {
			a.Encoder[0].Initialiser = graph.Images
		}
		return a, a.Validate()
	}
	return convolutional(c, image, hidden, code, output)
}

// penalties are those that the configuration asks for.
func penalties(c trainer.Config) []graph.Penalty {
	var asked []graph.Penalty
	for _, p := range []graph.Penalty{
		{Term: graph.Sparsity, Weight: c.Sparsity, Target: c.SparsityTarget, Running: c.SparsityMean == "running", Momentum: c.SparsityMomentum},
		{Term: graph.L1, Weight: c.L1},
		{Term: graph.Contraction, Weight: c.Contraction},
	} {
		if p.Weight > 0 {
			asked = append(asked, p)
		}
	}
	return asked
}

// stage trains an architecture as the configuration says, for all its epochs.
func stage(name string, c trainer.Config, a graph.Architecture, more ...graph.Penalty) trainer.Stage {
	objective := graph.Objective{Reconstruction: c.Loss, Variance: c.Variance, Penalties: append(penalties(c), more...), Emphasis: c.Emphasis()}
	return trainer.Stage{Name: name, Architecture: a, Objective: objective, Binarise: c.Binarise, Corruption: c.Corruption, Epochs: c.Epochs}
}

// autoencoder is plain training: one stage of one architecture.
func autoencoder(c trainer.Config, image graph.Shape) ([]trainer.Stage, error) {
	a, err := architecture(c, image)
	return []trainer.Stage{stage("train", c, a)}, err
}
