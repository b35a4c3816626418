package recipes

import (
	"fmt"

	"gaetrain/graph"
	"gaetrain/graph/layer"
	"gaetrain/trainer"
	"gaetrain/trainer/settings"
)

var stackedRecipe = trainer.Recipe{
	Name:    "stacked",
	Summary: "greedy layer-wise pretraining, then joint fine-tuning: trains deep sigmoid networks that stall without it",
	Idea: `A deep network of sigmoid units hardly learns from random weights, because the gradients that
reach its first layers are tiny. Each layer is therefore first trained by itself, as a shallow
autoencoder of the codes of the layers below it. The first layer is trained by --loss on images,
and the other layers by the squared error on codes. Then all layers are trained jointly, starting
from the pretrained weights.`,
	Citation: "Y. Bengio, P. Lamblin, D. Popovici, H. Larochelle: Greedy Layer-Wise Training of Deep Networks. NIPS 2007",
	BibTeX: `@inproceedings{bengio2007greedy,
  author = {Bengio, Yoshua and Lamblin, Pascal and Popovici, Dan and Larochelle, Hugo},
  title = {Greedy Layer-Wise Training of Deep Networks},
  booktitle = {Advances in Neural Information Processing Systems},
  volume = {19},
  pages = {153--160},
  year = {2007},
}`,
	New: func() trainer.Model {
		m := stacked{Plain: defaultPlain(), PretrainEpochs: 10}
		m.Activation, m.CodeActivation = layer.Sigmoid, layer.Sigmoid
		return &m
	},
}

// stacked is trained layer by layer, then all layers together (Bengio 2007).
type stacked struct {
	Plain
	PretrainEpochs int `toml:"pretrain-epochs" group:"model" help:"Epochs of pretraining of each layer, before all layers are trained for --epochs, 1 or more"`
}

// Validate implements settings.Validator.
func (m *stacked) Validate() error {
	return settings.Numbers(settings.Number{OK: m.PretrainEpochs >= 1, Name: "pretrain-epochs", Value: m.PretrainEpochs, Hint: "at least 1"})
}

// Stages implements trainer.Model: one stage for each layer, then one stage
// for all layers.
func (m *stacked) Stages(c trainer.Config) (stages []trainer.Stage, err error) {
	if e, d := m.encoder.Depth(), m.decoder.Depth(); e != d {
		return nil, fmt.Errorf("%w: the encoder has %d layers, but the decoder has %d, and each encoder layer is pretrained with the decoder layer that mirrors it; hint: as many layers in --decoder as in --encoder", graph.ErrArchitecture, e, d)
	}
	for depth := 1; depth <= m.Depth(); depth++ {
		outer := m.outer(depth)
		s, err := m.stage(fmt.Sprintf("layer-%d", depth), c, outer)
		if err != nil {
			return nil, err
		}
		s.Epochs, s.Objective = m.PretrainEpochs, m.objective()
		if depth > 1 {
			s.Network, s.Below = outer.innermost(depth), m.outer(depth-1)
			s.Objective = fmt.Sprintf("squared error of the codes of layer %d", depth-1)
		}
		if err := m.Penalties.check(outer.encoder.From(depth-1), outer.TopK); err != nil {
			return nil, err
		}
		stages = append(stages, s)
	}
	if c.Epochs > 0 { // otherwise only pretraining is requested, for example for a classifier
		joint, err := m.stage("joint", c, &m.Plain)
		joint.Objective = m.objective()
		return append(stages, joint), err
	}
	return stages, nil
}

// objective names the reconstruction term of the stages that train on images.
func (m *stacked) objective() string {
	name := string(m.Reconstruction.Loss)
	if m.Reconstruction.Loss == squaredError {
		name = "squared error"
	}
	return name + " of the images"
}

// outer is the autoencoder of the first depth layers of the encoder and the decoder
// layers that mirror them. Its code is the output of encoder layer depth.
func (m *Plain) outer(depth int) *Plain {
	part := *m
	part.encoder, part.decoder = m.encoder.First(depth), m.decoder.From(m.Depth()-depth)
	part.shape = part.encoder.Out()
	if depth < m.Depth() {
		part.TopK = 0
	}
	return &part
}

// innermost is the shallow autoencoder of layer depth alone. It reconstructs the
// codes of the layers below by the squared error for every value of the setting loss,
// because codes are not probabilities.
func (m *Plain) innermost(depth int) *Plain {
	part := *m
	part.encoder, part.decoder = m.encoder.From(depth-1), m.decoder.First(1).WithoutTrailingDropout()
	part.image, part.Reconstruction.Loss, part.Perceptual = m.LayerShape(depth-1), squaredError, Perceptual{}
	return &part
}
