package trainer

import (
	"context"
	"fmt"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
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

// Model returns the model as the experiment's parameters are now.
func (e *Experiment) Model() *Model {
	return &Model{Config: e.Config, Stage: e.Final(), Parameters: e.Parameters}
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
	if n := len(info.Stages); c.Position().Stage < 0 || c.Position().Stage >= n {
		return nil, fmt.Errorf("%w: %s has no stage %d", ErrRun, r.Path(runFile), c.Position().Stage+1)
	}
	stage := info.Stages[c.Position().Stage]
	parameters, err := graph.NewParameters(stage.Architecture, stage.Objective, config.Seed)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrRun, r.Path(runFile), err)
	}
	if err := c.Restore(parameters, nil); err != nil {
		return nil, err
	}
	return &Model{info, config, stage, parameters, c.Position().Epoch}, nil
}

// Evaluate measures the model on a whole split, with the corruption and noise
// of the run's evaluations, and the Jacobian's norm on its first 1,000 images.
func (m *Model) Evaluate(ctx context.Context, split loaders.Split) (Figures, error) {
	e, err := newEvaluator(m.Stage, m.Parameters, m.Config.Seed, namedSplit{"", split})
	if err != nil {
		return Figures{}, err
	}
	defer e.program.Close()
	figures, err := e.measure(ctx, e.splits[0])
	if err != nil {
		return Figures{}, err
	}
	return figures, m.Stage.addJacobian(ctx, &figures, m.Parameters, m.Config.Seed, split)
}

// Corrupted is the model as it is measured on images of another corruption, the
// reconstructions of which are held against the clean ones with all pixels alike.
func (m Model) Corrupted(c loaders.Corruption) *Model {
	m.Stage.Corruption, m.Stage.Objective.Emphasis = c, kernel.Emphasis{}
	return &m
}

// Encode returns the codes N×L of the images of a split, which are not
// corrupted for it.
func (m *Model) Encode(ctx context.Context, split loaders.Split) ([]float32, error) {
	if err := m.CanEncode(); err != nil {
		return nil, err
	}
	return encode(ctx, m.Stage.Architecture, m.Parameters, split)
}

// Features returns what the first depth layers of the encoder make of the
// images of a split, N×C×H×W, and the shape C×H×W.
func (m *Model) Features(ctx context.Context, split loaders.Split, depth int) ([]float32, loaders.Shape, error) {
	if err := m.CanEncode(); err != nil {
		return nil, loaders.Shape{}, err
	}
	first, shape := m.Stage.Architecture.First(depth)
	features, err := encode(ctx, first, m.Parameters, split)
	return features, loaders.Shape(shape), err
}

func encode(ctx context.Context, a graph.Architecture, p *graph.Parameters, split loaders.Split) ([]float32, error) {
	if err := requireLabels(a, split.Labels, split.Len()); err != nil {
		return nil, err
	}
	program, err := graph.Compile(a, graph.Objective{}, p, graph.Encoding, evaluationBatch)
	if err != nil {
		return nil, err
	}
	defer program.Close()
	stream, err := loaders.NewStream(split, loaders.StreamOptions{BatchSize: evaluationBatch})
	if err != nil {
		return nil, err
	}
	codes := make([]float32, 0, split.Len()*a.CodeSize())
	for batch := range stream.Epoch(0, 0) {
		if err := program.Run(Feed(batch)); err != nil {
			return nil, err
		}
		codes = append(codes, program.Codes()...)
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	return codes, nil
}

// Decode returns what the decoder makes of codes N×L: images N×D. A conditional
// model takes the label of each image, any other nil.
func (m *Model) Decode(ctx context.Context, codes []float32, labels []uint8) ([]float32, error) {
	if labels != nil && m.Stage.Architecture.Classes == 0 {
		return nil, fmt.Errorf("%w: %s is not conditional on labels; hint: decode codes alone", ErrConfiguration, m.Config.Model)
	}
	if len(codes) == 0 {
		return nil, nil
	}
	if err := requireLabels(m.Stage.Architecture, labels, len(codes)/m.Stage.Architecture.CodeSize()); err != nil {
		return nil, err
	}
	program, err := graph.Compile(m.Stage.Architecture, m.Stage.Objective, m.Parameters, graph.Decoding, evaluationBatch)
	if err != nil {
		return nil, err
	}
	defer program.Close()
	size := m.Stage.Architecture.CodeSize()
	var images []float32
	for n := len(codes) / size; n > 0; n = len(codes) / size {
		rows := min(n, evaluationBatch)
		if err := program.Run(graph.Batch{Rows: rows, Input: codes[:rows*size], Labels: labels}); err != nil {
			return nil, err
		}
		labels = labels[min(rows, len(labels)):]
		images, codes = append(images, program.Reconstructions()...), codes[rows*size:]
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	return images, nil
}

// Reconstructed are images and what a model makes of them, each N×D in [0, 1].
type Reconstructed struct {
	Shape          loaders.Shape
	Original       []float32
	Input          []float32 // corrupted; nil where the model takes the original
	Reconstruction []float32
	MSE            []float64 // per pixel, of each image
}

// Reconstruct runs the model on the images of a split.
func (m *Model) Reconstruct(split loaders.Split) (Reconstructed, error) {
	if err := m.CanEncode(); err != nil {
		return Reconstructed{}, err
	}
	if m.Stage.Architecture.Classifier != nil {
		return Reconstructed{}, fmt.Errorf("%w: a classifier has no decoder; hint: the run it was made from has one", ErrConfiguration)
	}
	stage := m.Stage.whole()
	program, err := stage.Compile(m.Parameters, graph.Evaluation, evaluationBatch)
	if err != nil {
		return Reconstructed{}, err
	}
	defer program.Close()
	return reconstruct(stage, program, m.Config.Seed, split)
}

func reconstruct(s Stage, program *graph.Program, seed uint64, split loaders.Split) (Reconstructed, error) {
	r := Reconstructed{Shape: split.Shape}
	stream, err := s.stream(split, seed, evaluationBatch, false)
	if err != nil {
		return r, err
	}
	for batch := range stream.Epoch(0, 0) {
		if err := program.Run(Feed(batch)); err != nil {
			return r, err
		}
		values := batch.Rows * split.Shape.Size()
		r.Original = append(r.Original, batch.Clean[:values]...)
		if s.Corruption.Kind != loaders.NoCorruption {
			r.Input = append(r.Input, batch.Input[:values]...)
		}
		r.Reconstruction = append(r.Reconstruction, program.Reconstructions()...)
		for _, squared := range program.Terms[0].SquaredPerImage() {
			r.MSE = append(r.MSE, float64(squared)/float64(split.Shape.Size()))
		}
	}
	return r, nil
}
