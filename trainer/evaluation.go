package trainer

import (
	"context"
	"time"

	"gaetrain/graph"
	"gaetrain/loaders"
)

// evaluationBatch is the number of images evaluated at once. It changes no
// figure: an image's result does not depend on its batch.
const evaluationBatch = 256

// Evaluate measures the figures of a program, compiled for Evaluation, on a
// whole split. Corruption and noise are those of epoch 0, the same every time.
func Evaluate(ctx context.Context, p *graph.Program, split loaders.Split) (Figures, error) {
	stream, err := loaders.NewStream(split, loaders.StreamOptions{BatchSize: evaluationBatch})
	if err != nil {
		return Figures{}, err
	}
	return evaluate(ctx, p, stream, split.Shape.Size())
}

func evaluate(ctx context.Context, p *graph.Program, stream *loaders.Stream, values int) (Figures, error) {
	var totals Totals
	for batch := range stream.Epoch(0, 0) {
		if err := p.Run(batch.Rows, batch.Input, batch.Clean); err != nil {
			return Figures{}, err
		}
		totals.add(p, batch.Rows)
		if err := ctx.Err(); err != nil {
			return Figures{}, err
		}
	}
	return totals.figures(values), nil
}

// CompileEvaluation compiles a stage's evaluation program for Evaluate.
func CompileEvaluation(s Stage, p *graph.Parameters) (*graph.Program, error) {
	return graph.Compile(s.Architecture, s.Objective, p, graph.Evaluation, evaluationBatch)
}

// evaluation measures each epoch on the evaluated splits and writes it, with
// the training split's running means, to metrics.jsonl.
func evaluation() Hook {
	var splits []evaluatedSplit
	return Hook{
		Name: "evaluation",
		Start: func(_ context.Context, l *Loop) (err error) {
			if splits, err = openSplits(l.Experiment); err != nil {
				return err
			}
			return l.forgetRecords()
		},
		Epoch: func(ctx context.Context, l *Loop) error {
			l.Latest = []Record{l.record("train", l.Position.Train.figures(l.train.Shape.Size()), l.Position.Train.Images, l.Seconds)}
			for _, split := range splits {
				start := time.Now()
				figures, err := evaluate(ctx, l.Evaluation, split.stream, split.values)
				if err != nil {
					return err
				}
				if !figures.finite() {
					return l.diverged(l.Evaluation)
				}
				l.Latest = append(l.Latest, l.record(split.name, figures, split.images, time.Since(start).Seconds()))
			}
			return appendRecords(l.Run.Path(metricsFile), l.Latest)
		},
		End: func(_ context.Context, l *Loop) error { return l.writeFinal() },
	}
}

type evaluatedSplit struct {
	name           string
	stream         *loaders.Stream
	images, values int
}

func openSplits(e *Experiment) ([]evaluatedSplit, error) {
	_, splits := e.splits()
	opened := make([]evaluatedSplit, len(splits))
	for i, s := range splits {
		stream, err := loaders.NewStream(s.Split, loaders.StreamOptions{BatchSize: evaluationBatch})
		if err != nil {
			return nil, err
		}
		opened[i] = evaluatedSplit{s.name, stream, s.Len(), s.Shape.Size()}
	}
	return opened, nil
}

// record makes the record of the epoch in hand for a split.
func (l *Loop) record(split string, figures Figures, images int, seconds float64) Record {
	return Record{
		Stage: l.Stage.Name, Epoch: l.Position.Epoch + 1, Step: (l.Position.Epoch + 1) * l.Batches(), Split: split,
		Figures: figures, LearningRate: l.Rate, Seconds: seconds, ImagesPerSecond: float64(images) / max(seconds, 1e-9),
		Timestamp: time.Now().UTC().Format(time.RFC3339),
	}
}
