package trainer

import (
	"context"
	"fmt"

	"gaetrain/graph"
	"gaetrain/loaders"
)

// Model is a trained model read from a run folder: the configuration and the
// stage it was trained with, and its weights.
type Model struct {
	Info       RunInfo
	Config     Config
	Stage      Stage
	Parameters *graph.Parameters
	Epoch      int // after which the weights were saved
}

// Checkpoints that OpenModel reads.
const (
	LastCheckpoint = "last" // after the last finished epoch
	BestCheckpoint = "best" // after the epoch with the lowest loss
)

// OpenModel reads the model of a run folder from one of its checkpoints, last
// or best. Errors wrap ErrRun, ErrCheckpoint or ErrConfiguration.
func OpenModel(dir, checkpoint string) (*Model, error) {
	info, err := ReadRunInfo(dir)
	if err != nil {
		return nil, err
	}
	config, err := ConfigOf(info)
	if err != nil {
		return nil, err
	}
	r := Run{Dir: dir}
	files := map[string]string{LastCheckpoint: lastCheckpoint, BestCheckpoint: bestCheckpoint}
	file, ok := files[checkpoint]
	if !ok {
		return nil, fmt.Errorf("%w: unknown checkpoint %q; hint: last or best", ErrConfiguration, checkpoint)
	}
	c, err := LoadCheckpoint(r.Path(file))
	if err != nil {
		return nil, err
	}
	if n := len(info.Stages); n == 0 || c.Position().Stage >= n {
		return nil, fmt.Errorf("%w: %s has no stage %d", ErrRun, r.Path(runFile), c.Position().Stage+1)
	}
	stage := info.Stages[c.Position().Stage]
	parameters, err := graph.NewParameters(stage.Architecture, config.Seed)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrRun, r.Path(runFile), err)
	}
	if err := c.Restore(parameters, nil); err != nil {
		return nil, err
	}
	return &Model{info, config, stage, parameters, c.Position().Epoch}, nil
}

// Compile compiles a program of the model.
func (m *Model) Compile(mode graph.Mode, batch int) (*graph.Program, error) {
	return graph.Compile(m.Stage.Architecture, m.Stage.Objective, m.Parameters, mode, batch)
}

// Encode returns the codes N×L of the images of a split.
func Encode(ctx context.Context, m *Model, split loaders.Split) ([]float32, error) {
	program, err := m.Compile(graph.Encoding, evaluationBatch)
	if err != nil {
		return nil, err
	}
	defer program.Close()
	stream, err := loaders.NewStream(split, loaders.StreamOptions{BatchSize: evaluationBatch})
	if err != nil {
		return nil, err
	}
	codes := make([]float32, 0, split.Len()*m.Stage.Architecture.CodeSize())
	for batch := range stream.Epoch(0, 0) {
		if err := program.Run(batch.Rows, batch.Input, nil); err != nil {
			return nil, err
		}
		codes = append(codes, program.Codes()...)
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	return codes, nil
}
