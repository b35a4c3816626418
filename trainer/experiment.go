package trainer

import (
	"context"
	"fmt"
	"slices"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/loaders"
)

// Experiment is a list of stages over one set of parameters and one data set.
type Experiment struct {
	Config     Config
	Data       *loaders.Dataset
	Stages     []Stage
	Parameters *graph.Parameters
}

// Stage is training of one architecture towards one objective for a while.
type Stage struct {
	Name         string             `json:"name"`
	Architecture graph.Architecture `json:"architecture"`
	Objective    graph.Objective    `json:"objective"`
	Binarise     bool               `json:"binarise,omitempty"` // the images, inputs and targets alike, afresh in each epoch
	Corruption   loaders.Corruption `json:"corruption"`         // of the inputs; the target stays clean
	Epochs       int                `json:"epochs"`
	// Conditional autoencoders are told the labels of images, of as many classes as
	// the data set has.
	Conditional bool `json:"conditional,omitempty"`
	// Below is the number of encoder layers, from the image on, that the stage
	// neither moves nor runs: it trains what is above them, on the codes that
	// they give. These are computed once.
	Below int `json:"below,omitempty"`
	// Rates are factors of the learning rate by the part of the model, such as
	// encoder; a part that is missing has 1.
	Rates map[string]float64 `json:"rates,omitempty"`
}

// Trained is the part of the architecture that the stage trains.
func (s Stage) Trained() graph.Architecture { return s.Architecture.Inner(s.Below) }

// Compile makes a program of the part that the stage trains. Codes are no
// probabilities: where they are reconstructed, it is by the squared error.
func (s Stage) Compile(p *graph.Parameters, mode graph.Mode, batch int) (*graph.Program, error) {
	objective := s.Objective
	if s.Below > 0 && s.Architecture.Classifier == nil {
		objective.Reconstruction = graph.SquaredError
	}
	return graph.Compile(s.Trained(), objective, p, mode, batch)
}

// whole is the stage as a model of images, whatever part of it is trained.
func (s Stage) whole() Stage {
	if s.Below > 0 {
		s.Below, s.Corruption = 0, loaders.Corruption{}
	}
	return s
}

// Inputs returns what the stage trains on of a split: its images or, with
// layers below, the codes that those give.
func (s Stage) Inputs(p *graph.Parameters, split loaders.Split) (loaders.Split, error) {
	if s.Below == 0 {
		return split, nil
	}
	below := s.Architecture
	if below.Classifier == nil {
		below = below.Outer(s.Below)
	} else {
		below.Encoder = below.Encoder[:s.Below]
	}
	if s.Below < len(s.Architecture.Encoder) {
		below.Code = graph.Deterministic
	}
	codes, err := encode(context.Background(), below, p, split)
	size := s.Trained().Input.Size()
	return loaders.Split{Shape: loaders.Shape{Channels: 1, Height: 1, Width: size}, Values: codes, Labels: split.Labels}, err
}

// Noise is the number of standard normal numbers that the stage takes with each
// image.
func (s Stage) Noise() int { return s.Objective.Noise(s.Trained()) }

// FLOPs is the number of floating-point operations in the matrix products of a
// training step on a batch.
func (s Stage) FLOPs(batch int) float64 {
	return s.Trained().FLOPs(batch, max(1, s.Objective.Samples))
}

// stream cuts the inputs of the stage into batches for its programs. Codes that
// layers below give are not binarised.
func (s Stage) stream(inputs loaders.Split, seed uint64, batch int, shuffle bool) (*loaders.Stream, error) {
	return loaders.NewStream(inputs, loaders.StreamOptions{
		BatchSize: batch, Seed: seed, Shuffle: shuffle, Binarise: s.Binarise && s.Below == 0, Corruption: s.Corruption,
		Hits: s.Objective.Emphasis != (kernel.PixelWeights{}), Noise: s.Noise(),
	})
}

// Feed is a batch of a stream as a program takes it.
func Feed(b *loaders.Batch) graph.Batch {
	return graph.Batch{Rows: b.Rows, Input: b.Input, Target: b.Clean, Hit: b.Hit, Noise: b.Noise, Labels: b.Labels, Key: b.Key}
}

// Final is the stage whose architecture is the trained model.
func (e *Experiment) Final() Stage { return e.Stages[len(e.Stages)-1] }

// NewExperiment checks the configuration and puts the stages that build makes
// for images of the data's shape over fresh parameters.
func NewExperiment(c Config, data *loaders.Dataset, build func(Config, graph.Shape) ([]Stage, error)) (*Experiment, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	stages, err := build(c, graph.Shape(data.Train.Shape))
	if err != nil {
		return nil, fmt.Errorf("%w: model %s: %w", ErrConfiguration, c.Model, err)
	}
	if err := c.requireGaussian(stages); err != nil {
		return nil, err
	}
	if err := condition(stages, data); err != nil {
		return nil, err
	}
	for _, s := range stages {
		if s.Epochs < 1 {
			return nil, fmt.Errorf("%w: epochs is %d; hint: at least 1", ErrConfiguration, s.Epochs)
		}
	}
	e := &Experiment{Config: c, Data: data, Stages: stages, Parameters: new(graph.Parameters)}
	for _, s := range slices.Backward(stages) { // the model first, then what only led to it
		if err := e.Parameters.Extend(s.Architecture, s.Objective, c.Seed); err != nil {
			return nil, fmt.Errorf("%w: model %s: %w", ErrConfiguration, c.Model, err)
		}
	}
	train, _ := e.splits()
	images := graph.Sample{Count: train.Len(), Read: func(dst []float32, i int) { train.Read(dst, i, 0) }}
	if err := e.Parameters.InitialiseFrom(images, e.Final().Architecture, c.Seed); err != nil {
		return nil, fmt.Errorf("%w: model %s: %w", ErrConfiguration, c.Model, err)
	}
	return e, nil
}

// OpenData reads the data set of a configuration and cuts it as it says.
func OpenData(ctx context.Context, c Config, o loaders.Options) (*loaders.Dataset, error) {
	o.DataDir = c.DataDir
	data, err := loaders.Open(ctx, c.Dataset, o)
	if err != nil {
		return nil, err
	}
	data.Train = data.Train.Limit(c.TrainImages).Pairs(c.Motion, c.Seed)
	data.Test = data.Test.Limit(c.TestImages).Pairs(c.Motion, c.Seed)
	if c.Validation >= data.Train.Len() {
		return nil, fmt.Errorf("%w: validation is %d of %d training images; hint: leave some to train on", ErrConfiguration, c.Validation, data.Train.Len())
	}
	return data, nil
}

// splits returns the images to train on and the splits to evaluate, in order;
// the first of those decides which epoch is the best.
func (e *Experiment) splits() (train loaders.Split, evaluated []namedSplit) {
	train, validation := e.Data.Train.Holdout(e.Config.Validation)
	if validation.Len() > 0 {
		evaluated = append(evaluated, namedSplit{"validation", validation})
	}
	return train, append(evaluated, namedSplit{"test", e.Data.Test})
}

type namedSplit struct {
	name string
	loaders.Split
}
