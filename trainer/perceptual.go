package trainer

import (
	"fmt"
	"maps"
	"slices"

	"gaetrain/graph"
	"gaetrain/loaders"
)

// FeatureNetwork is the encoder of a trained classifier, whose features a loss compares. It
// is a constant of that loss.
type FeatureNetwork struct {
	Info    EncoderInfo // recorded in run.json, with the digest of the classifier's weights
	Encoder Model
	Shape   graph.Shape       // of the images that it takes
	Weights *graph.Parameters // nil: they are in the checkpoint of the run
	data    DataInfo          // of the classifier
}

// Perceptive is a model whose loss can compare images by the features of a classifier.
// SetFeatures is called before Place. It returns an error if the encoder has no layers
// whose outputs can be compared.
type Perceptive interface {
	FeatureRun() string        // run folder of the classifier; "": no features are compared
	Features() *FeatureNetwork // that SetFeatures has set; nil: none
	SetFeatures(n *FeatureNetwork) error
}

// LoadFeatures sets the feature network of a model whose settings name a classifier. If run
// is the folder of a run that is resumed from a checkpoint, that checkpoint has the weights,
// and the folder of the classifier is not read. Errors wrap ErrRun, ErrCheckpoint or
// ErrConfiguration.
func LoadFeatures(find Find, m Model, c Config) error {
	p, ok := m.(Perceptive)
	if !ok || p.FeatureRun() == "" {
		return nil
	}
	var began RunInfo
	if c.Resume && IsRun(c.Run) {
		var err error
		if began, err = ReadRunInfo(c.Run); err != nil {
			return err
		}
		if HasCheckpoint(c.Run) {
			return recordedFeatures(find, p, began)
		}
	}
	t, err := OpenSelected(find, p.FeatureRun())
	if err != nil {
		return fmt.Errorf("perceptual: %w", err)
	}
	if !t.IsClassifier() {
		return fmt.Errorf("%w: perceptual: %s is not a classifier; hint: gaetrain finetune trains one", ErrConfiguration, p.FeatureRun())
	}
	n := &FeatureNetwork{Info: *t.encoderInfo(), Encoder: t.encoder, Shape: t.Source.Shape, Weights: t.Parameters, data: t.Info.Data}
	n.Info.Weights = t.Digest()
	if began.Features != nil && began.Features.Weights != n.Info.Weights {
		return fmt.Errorf("%w: perceptual: the weights of %s are not those that the run in %s began with; hint: start a new run", ErrRun, p.FeatureRun(), c.Run)
	}
	return p.SetFeatures(n)
}

// recordedFeatures sets the feature network that run.json describes.
func recordedFeatures(find Find, p Perceptive, info RunInfo) error {
	if info.Features == nil {
		return fmt.Errorf("%w: run.json has no features, but perceptual is set", ErrRun)
	}
	encoder, err := rebuildEncoder(find, info.Features)
	if err != nil {
		return fmt.Errorf("%w: features: %w", ErrRun, err)
	}
	return p.SetFeatures(&FeatureNetwork{Info: *info.Features, Encoder: encoder, Shape: info.Image})
}

// featuresOf describes the feature network of a model; nil if it has none.
func featuresOf(m Model) *EncoderInfo {
	if p, ok := m.(Perceptive); ok && p.Features() != nil {
		return &p.Features().Info
	}
	return nil
}

// OtherData says how the data that the classifier was trained on differ from the data set;
// "" if they do not, or if that is not known.
func (n *FeatureNetwork) OtherData(data *loaders.Dataset) string {
	switch {
	case n.data.Name == "":
		return ""
	case n.data.Name != data.Name:
		return fmt.Sprintf("the classifier was trained on %s, but the data are %s", n.data.Name, data.Name)
	}
	for _, file := range slices.Sorted(maps.Keys(n.data.Digest)) {
		if digest, ok := data.Digest[file]; ok && !SameDigest(digest, n.data.Digest[file]) {
			return fmt.Sprintf("the classifier was trained on another version of %s", file)
		}
	}
	return ""
}
