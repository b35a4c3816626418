package trainer

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/loaders"
)

// Labelled is what the training of a classifier can be told besides a Config.
type Labelled struct {
	From             string  `toml:"from" group:"classifier" help:"run folder of the trained model whose encoder the classifier gets"`
	FromCheckpoint   string  `toml:"from-checkpoint" group:"classifier" help:"of that run: last or best"`
	FromScratch      bool    `toml:"from-scratch" group:"classifier" help:"the same net from random weights, for comparison"`
	Labels           int     `toml:"labels" group:"classifier" help:"labelled training images, chosen by the seed, as many of each class; 0 for all"`
	LabelList        string  `toml:"label-list" group:"classifier" help:"file with the indices of the labelled training images, one a line, in place of labels"`
	ClassifierHidden []int   `toml:"classifier-hidden" group:"classifier" help:"widths of hidden layers between the code and the classes"`
	EncoderLRScale   float64 `toml:"encoder-lr-scale" group:"classifier" help:"learning rate of the encoder as a share of the classifier's; 0 leaves the encoder as it is"`
	Thaw             bool    `toml:"thaw" group:"classifier" help:"train the classifier alone first, then with one more layer of the encoder at a time"`
}

// LabelledDefaults are the values of one that was told nothing.
func LabelledDefaults() Labelled {
	return Labelled{FromCheckpoint: LastCheckpoint, EncoderLRScale: 0.1}
}

// Validate reports the first value that makes no sense, wrapping
// ErrConfiguration.
func (o Labelled) Validate() error {
	switch {
	case o.Labels < 0:
		return fmt.Errorf("%w: labels is %d; hint: 0 for all, or more", ErrConfiguration, o.Labels)
	case o.Labels > 0 && o.LabelList != "":
		return fmt.Errorf("%w: labels and label-list; hint: one of them says which images are labelled", ErrConfiguration)
	case o.EncoderLRScale < 0 || !finite(o.EncoderLRScale):
		return fmt.Errorf("%w: encoder-lr-scale is %v; hint: 0 for a frozen encoder, 1 for the classifier's rate", ErrConfiguration, o.EncoderLRScale)
	case o.FromScratch && (o.Thaw || o.EncoderLRScale == 0):
		return fmt.Errorf("%w: from-scratch with a frozen or thawing encoder; hint: random weights all have to move", ErrConfiguration)
	case o.Thaw && o.EncoderLRScale == 0:
		return fmt.Errorf("%w: thaw with encoder-lr-scale 0; hint: a rate at which the thawed layers can move", ErrConfiguration)
	case slices.ContainsFunc(o.ClassifierHidden, func(units int) bool { return units < 1 }):
		return fmt.Errorf("%w: classifier-hidden has a layer without units; hint: at least 1", ErrConfiguration)
	}
	return nil
}

// Stages trains a classifier of so many classes on the encoder of an
// architecture: alone on its codes where the encoder is frozen, together with
// it, or with ever more of its layers from the code downwards.
func (o Labelled) Stages(c Config, from graph.Architecture, classes int) []Stage {
	a := graph.Architecture{Input: from.Input, Encoder: slices.Clone(from.Encoder), Code: from.Code, Standardised: from.Standardised}
	for i := range a.Encoder {
		l := &a.Encoder[i]
		l.Threshold = 0 // which is for learning features, not for using them
		if l.Initialiser == graph.Images {
			l.Initialiser = graph.GlorotUniform // there may be fewer labelled images than units
		}
	}
	for _, units := range o.ClassifierHidden {
		a.Classifier = append(a.Classifier, graph.Layer{Units: units, Activation: c.Activation, Initialiser: graph.GlorotUniform})
	}
	a.Classifier = append(a.Classifier, graph.Layer{Units: classes, Activation: kernel.Linear, Initialiser: graph.GlorotUniform})
	stage := func(name string, below int) Stage {
		s := Stage{Name: name, Architecture: a, Epochs: c.Epochs, Below: below}
		if below < len(a.Encoder) && o.EncoderLRScale != 1 {
			s.Rates = map[string]float64{"encoder": o.EncoderLRScale}
		}
		return s
	}
	switch frozen := stage("classifier", len(a.Encoder)); {
	case o.Thaw:
		stages := []Stage{frozen}
		for below := range slices.Backward(a.Encoder) {
			stages = append(stages, stage(fmt.Sprintf("thaw-%d", below+1), below))
		}
		return stages
	case o.EncoderLRScale == 0:
		return []Stage{frozen}
	}
	return []Stage{stage("classifier", 0)}
}

// HeldOut is how many of n labelled images are held out where nobody says: a
// fifth, at most 5,000.
func HeldOut(n int) int { return min(n/5, 5000) }

// Select returns the labelled images of a training split; the last of them are
// of all classes alike, so that they can be held out.
func (o Labelled) Select(s loaders.Split, seed uint64) (loaders.Split, error) {
	if s.Labels == nil {
		return s, fmt.Errorf("%w: the training images have no labels; hint: a classifier learns from labels", loaders.ErrData)
	}
	if o.LabelList == "" {
		return s.Select(s.Balanced(o.Labels, seed)), nil
	}
	indices, err := readIndices(o.LabelList, s.Len())
	if err != nil {
		return s, err
	}
	listed := s.Select(indices)
	return listed.Select(listed.Balanced(0, seed)), nil
}

// readIndices reads a file with one index from 0 to n−1 a line.
func readIndices(path string, n int) (indices []int, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%w: label-list: %w", ErrConfiguration, err)
	}
	defer file.Close()
	seen := make(map[int]bool)
	line := 0
	for lines := bufio.NewScanner(file); lines.Scan(); {
		line++
		text := strings.TrimSpace(lines.Text())
		if text == "" {
			continue
		}
		i, err := strconv.Atoi(text)
		if err != nil || i < 0 || i >= n || seen[i] {
			return nil, fmt.Errorf("%w: %s line %d: %q; hint: each index once, from 0 to %d", ErrConfiguration, path, line, text, n-1)
		}
		seen[i] = true
		indices = append(indices, i)
	}
	if len(indices) == 0 {
		return nil, fmt.Errorf("%w: %s lists no images", ErrConfiguration, path)
	}
	return indices, nil
}

// NewClassifier is the experiment of a classifier on the labelled images of a
// data set. Unless it starts from scratch, its encoder has the weights of the
// trained model.
func NewClassifier(c Config, o Labelled, data *loaders.Dataset) (*Experiment, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	model, err := OpenModel(o.From, o.FromCheckpoint)
	if err != nil {
		return nil, err
	}
	if err := model.CanEncode(); err != nil {
		return nil, err
	}
	if model.Stage.Architecture.Classes > 0 {
		return nil, fmt.Errorf("%w: the encoder of %s takes the labels that a classifier has to find; hint: --model vae", ErrConfiguration, model.Config.Model)
	}
	if got, want := graph.Shape(data.Train.Shape), model.Stage.Architecture.Input; got != want {
		return nil, fmt.Errorf("%w: images of %s are %s, the model was trained on %s", loaders.ErrData, data.Name, got, want)
	}
	e, err := NewExperiment(c, data, func(Config, graph.Shape) ([]Stage, error) {
		return o.Stages(c, model.Stage.Architecture, len(data.Classes)), nil
	})
	if err != nil || o.FromScratch {
		return e, err
	}
	for _, p := range e.Parameters.All() {
		if learned, ok := model.Parameters.Get(p.Name); ok && !strings.HasPrefix(p.Name, "classifier/") {
			copy(p.Values(), learned.Values())
		}
	}
	return e, nil
}

// Classify returns the logits N×C that a classifier gives the images of a
// split, and the features N×F that its last layer takes.
func (m *Model) Classify(ctx context.Context, split loaders.Split) (logits, features []float32, err error) {
	if m.Stage.Architecture.Classifier == nil {
		return nil, nil, fmt.Errorf("%w: %s has no classifier; hint: gaetrain finetune trains one", ErrConfiguration, m.Config.Model)
	}
	stage := m.Stage.whole()
	program, err := stage.Compile(m.Parameters, graph.Classification, evaluationBatch)
	if err != nil {
		return nil, nil, err
	}
	defer program.Close()
	stream, err := stage.stream(split, m.Config.Seed, evaluationBatch, false)
	if err != nil {
		return nil, nil, err
	}
	for batch := range stream.Epoch(0, 0) {
		if err := program.Run(Feed(batch)); err != nil {
			return nil, nil, err
		}
		logits, features = append(logits, program.Scores()...), append(features, program.Described()...)
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
	}
	return logits, features, nil
}
