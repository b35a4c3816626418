package trainer

import (
	"context"
	"fmt"

	"gaetrain/graph"
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
	Corruption   loaders.Corruption `json:"corruption"` // of the inputs; the target stays clean
	Epochs       int                `json:"epochs"`
}

// stream cuts a split into batches for the programs of the stage.
func (s Stage) stream(split loaders.Split, seed uint64, batch int, shuffle bool) (*loaders.Stream, error) {
	return loaders.NewStream(split, loaders.StreamOptions{
		BatchSize: batch, Seed: seed, Shuffle: shuffle, Corruption: s.Corruption, Noise: s.Architecture.Noise(),
	})
}

// Feed is a batch of a stream as a program takes it.
func Feed(b *loaders.Batch) graph.Batch {
	return graph.Batch{Rows: b.Rows, Input: b.Input, Target: b.Clean, Noise: b.Noise}
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
	e := &Experiment{Config: c, Data: data, Stages: stages}
	if e.Parameters, err = graph.NewParameters(e.Final().Architecture, c.Seed); err != nil {
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
	data.Train = data.Train.Limit(c.TrainImages)
	data.Test = data.Test.Limit(c.TestImages)
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
