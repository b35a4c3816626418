package recipes

import (
	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/trainer"
)

// architecture is the autoencoder of a configuration: convolutions where it
// has filters, then fully connected layers, or the layers that it spells out.
func architecture(c trainer.Config, image graph.Shape) (graph.Architecture, error) {
	initialiser := c.Initialiser
	if initialiser == graph.Images { // of the first layer alone
		initialiser = graph.GlorotUniform
	}
	hidden := graph.Layer{Activation: c.Activation, Initialiser: initialiser, NoBias: c.Bias != "all"}
	code, output := hidden, hidden
	code.Units, code.Activation, code.Threshold = c.Code, c.CodeActivation, c.Threshold
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

// stage trains an architecture as the configuration says, for all its epochs.
func stage(name string, c trainer.Config, a graph.Architecture, penalties ...graph.Penalty) trainer.Stage {
	objective := graph.Objective{Reconstruction: c.Loss, Penalties: penalties, Emphasis: c.Emphasis()}
	return trainer.Stage{Name: name, Architecture: a, Objective: objective, Corruption: c.Corruption, Epochs: c.Epochs}
}

// autoencoder is plain training: one stage of one architecture.
func autoencoder(c trainer.Config, image graph.Shape) ([]trainer.Stage, error) {
	a, err := architecture(c, image)
	return []trainer.Stage{stage("train", c, a)}, err
}
