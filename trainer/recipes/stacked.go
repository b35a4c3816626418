package recipes

import (
	"fmt"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/trainer"
)

var stacked = Recipe{
	Name:    "stacked",
	Summary: "greedy layer-wise pretraining, then joint fine-tuning: deep sigmoid nets train where plain ones stall",
	Idea: `A deep net of sigmoid units hardly learns from random weights: the gradients that reach its first layers are tiny. So
each layer is trained first on its own, as a shallow autoencoder of the codes that the layers below it give, and adds what it
has learned to theirs. Then all layers are trained jointly, from weights that already do most of the work.`,
	Citation: "Y. Bengio, P. Lamblin, D. Popovici, H. Larochelle: Greedy Layer-Wise Training of Deep Networks. NIPS 2007",
	Defaults: func(c *trainer.Config) {
		c.Activation, c.CodeActivation = kernel.Sigmoid, kernel.Sigmoid
	},
	Stages: func(c trainer.Config, image graph.Shape) ([]trainer.Stage, error) {
		whole, err := architecture(c, image)
		if err != nil {
			return nil, err
		}
		if len(whole.Encoder) != len(whole.Decoder) {
			return nil, fmt.Errorf("%w: %d encoder and %d decoder layers; hint: each layer is trained with the one that mirrors it", graph.ErrArchitecture, len(whole.Encoder), len(whole.Decoder))
		}
		var stages []trainer.Stage
		for depth := range whole.Encoder {
			layer := stage(fmt.Sprintf("layer-%d", depth+1), c, whole.Outer(depth+1))
			layer.Below, layer.Epochs = depth, c.PretrainEpochs
			stages = append(stages, layer)
		}
		if c.Epochs > 0 { // else to go on with a classifier
			stages = append(stages, stage("joint", c, whole))
		}
		return stages, nil
	},
}
