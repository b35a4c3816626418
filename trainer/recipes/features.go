package recipes

import (
	"fmt"
	"strings"

	"gaetrain/graph"
	"gaetrain/graph/layer"
	"gaetrain/graph/op"
	"gaetrain/trainer"
	"gaetrain/trainer/settings"
)

// FeatureLoss has the settings of a term that compares images by the features of a
// classifier of the same images,
//
//	D/L · Σ_l ‖φ_l(x̂) − φ_l(x)‖² / ‖φ_l(x)‖²,
//
// where φ_l is the output of layer l of the L layers of its encoder (J. Johnson, A. Alahi,
// L. Fei-Fei: Perceptual Losses for Real-Time Style Transfer and Super-Resolution. ECCV
// 2016, arXiv:1603.08155). The paper divides by the number of values of φ_l. Here it is the
// squared norm for the original image, so that the scales of layers and of classifiers do not
// matter, as in LPIPS (R. Zhang et al., CVPR 2018, arXiv:1801.03924), which normalises
// each pixel of a layer. Images whose norm is nearly 0 divide by a larger one, see
// op.RelativeError. The weights of the classifier are constants.
type FeatureLoss struct {
	Run    string  `toml:"perceptual" group:"model" optional:"true" help:"Run folder of a classifier (see finetune); the loss compares images by the outputs of its layers"`
	Weight float64 `toml:"perceptual-weight" group:"model" help:"Weight in the loss of the relative error of a classifier's features, times D values per image"`

	network *trainer.FeatureNetwork
	layers  *layer.Stack
}

// Validate implements settings.Validator.
func (f *FeatureLoss) Validate() error {
	if f.Run == "" {
		return nil
	}
	return settings.Numbers(settings.Number{OK: f.Weight > 0 && settings.Finite(f.Weight), Name: "perceptual-weight", Value: f.Weight, Hint: "above 0, or leave out --perceptual"})
}

// Ineffective implements settings.Ineffective.
func (f *FeatureLoss) Ineffective() []settings.Without {
	if f.Run != "" {
		return nil
	}
	return []settings.Without{{Name: "perceptual-weight", Why: "without a classifier; hint: --perceptual takes its run folder"}}
}

// FeatureRun implements trainer.Perceptive.
func (f *FeatureLoss) FeatureRun() string { return f.Run }

// Features implements trainer.Perceptive.
func (f *FeatureLoss) Features() *trainer.FeatureNetwork { return f.network }

// SetFeatures implements trainer.Perceptive.
func (f *FeatureLoss) SetFeatures(n *trainer.FeatureNetwork) error {
	switch n.Encoder.(type) {
	case *topk, *synchrony, *zerobias: // their layers do not take the images themselves
		return fmt.Errorf("%w: perceptual: the classifier uses the encoder of model %s, whose layers cannot be compared; hint: train it from a run of --model conv", settings.ErrConfiguration, n.Info.Model)
	}
	if r, ok := n.Encoder.(interface{ RandomWeights() }); ok {
		r.RandomWeights()
	}
	f.network = n
	return nil
}

// place places the layers of the classifier's encoder after images. Without a network,
// there is nothing to place: a part of the model is used without its loss.
func (f *FeatureLoss) place(image graph.Shape) error {
	n := f.network
	if n == nil {
		return nil
	}
	switch {
	case image.Height == 1:
		return fmt.Errorf("%w: term features: it compares images, but the data are rows of %d values; hint: leave out --perceptual", graph.ErrArchitecture, image.Size())
	case image != n.Shape:
		return fmt.Errorf("%w: term features: the classifier takes images of %s, but the data are %s; hint: train a classifier of these images", graph.ErrArchitecture, n.Shape, image)
	}
	if err := n.Encoder.Place(trainer.Source{Shape: image}); err != nil {
		return err
	}
	encoder, ok := n.Encoder.(interface{ stack() *layer.Stack })
	if !ok {
		return fmt.Errorf("%w: term features: model %s has no encoder of layers; hint: a classifier on a run of --model conv", graph.ErrArchitecture, n.Info.Model)
	}
	var err error
	f.layers, err = layer.NewStack("features", image, encoder.stack().Sequence())
	return err
}

// alike declares a term features_l for each layer l, D·‖φ_l(x̂) − φ_l(x)‖²/‖φ_l(x)‖², with
// the weight divided by the number of layers (x̂, x: B×D).
func (f *FeatureLoss) alike(s *graph.Scope, reconstructed, target graph.Value) (terms []graph.Term) {
	if f.layers == nil {
		s.Failf("term features: the classifier in %s has not been read", f.Run)
		return nil
	}
	fixed, values := s.Fixed(f.weights), float64(target.Size())
	made, original := f.of(fixed, reconstructed), f.of(fixed, target)
	for l := range made {
		name := fmt.Sprintf("features_%d", l+1)
		terms = append(terms, s.Term(name, func(rows *op.Rows, y op.Node, more ...op.Node) (op.Loss, error) {
			return op.RelativeError(name, rows, values, y, more[0])
		}, made[l], original[l]).In("of D·relative error").Times(f.Weight/float64(len(made))))
	}
	return terms
}

// of declares the outputs of all layers for images (x: B×D).
func (f *FeatureLoss) of(s *graph.Scope, x graph.Value) (outputs []graph.Value) {
	for depth := 1; depth <= f.layers.Depth(); depth++ {
		x = f.layers.First(depth).From(depth-1).On(s, x)
		outputs = append(outputs, x)
	}
	return outputs
}

// weights returns the classifier's values of a parameter of the layers; nil if they are in
// the checkpoint of the run.
func (f *FeatureLoss) weights(name string) ([]float32, error) {
	if f.network.Weights == nil {
		return nil, nil
	}
	own := strings.Replace(name, "features", "encoder", 1)
	p, ok := f.network.Weights.Get(own)
	if !ok {
		return nil, fmt.Errorf("%w: perceptual: the classifier in %s has no parameter %s; hint: train it again with this version", settings.ErrConfiguration, f.Run, own)
	}
	return p.Values(), nil
}
