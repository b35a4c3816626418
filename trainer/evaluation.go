package trainer

import (
	"context"
	"time"

	"gaetrain/graph"
	"gaetrain/loaders"
)

// evaluationBatch is the number of images evaluated at once. It changes no
// figure: an image's result does not depend on its batch.
const evaluationBatch = 128

// evaluator measures a stage's figures on whole splits. Corruption and noise are
// those of epoch 0, the same every time.
type evaluator struct {
	program   *graph.Program
	adversary *adversary
	decoder   *graph.Program // gives samples, where there is an adversary
	seed      uint64
	splits    []evaluatedSplit
}

type evaluatedSplit struct {
	namedSplit
	stream *loaders.Stream
}

func newEvaluator(s Stage, p *graph.Parameters, seed uint64, splits ...namedSplit) (*evaluator, error) {
	program, err := s.Compile(p, graph.Evaluation, evaluationBatch)
	if err != nil {
		return nil, err
	}
	e := &evaluator{program: program, seed: seed}
	if e.adversary, err = newAdversary(s, p, graph.Judging, evaluationBatch); err != nil {
		return nil, err
	}
	if e.adversary != nil {
		if e.decoder, err = s.Compile(p, graph.Decoding, evaluationBatch); err != nil {
			return nil, err
		}
	}
	for _, split := range splits {
		if split.Split, err = s.Inputs(p, split.Split); err != nil {
			return nil, err
		}
		stream, err := s.stream(split.Split, seed, evaluationBatch, false)
		if err != nil {
			return nil, err
		}
		e.splits = append(e.splits, evaluatedSplit{split, stream})
	}
	return e, nil
}

// measure evaluates one of the splits.
func (e *evaluator) measure(ctx context.Context, split evaluatedSplit) (Figures, error) {
	var totals Totals
	var codes codeTotals
	var posteriors posteriorTotals
	samples := newSamples(e, split.Shape.Size())
	for batch := range split.stream.Epoch(0, 0) {
		if err := e.program.Run(Feed(batch)); err != nil {
			return Figures{}, err
		}
		totals.add(e.program, batch.Rows)
		if err := samples.add(e, &totals, batch); err != nil {
			return Figures{}, err
		}
		if e.program.Network.Noise == nil && e.program.Logits == nil {
			codes.add(e.program.Codes(), e.program.Code.Shape()[1])
		}
		if e.program.HasPosterior() {
			posteriors.add(e.program.Statistics(), e.program.Code.Shape()[1])
		}
		if err := ctx.Err(); err != nil {
			return Figures{}, err
		}
	}
	figures := totals.figures(e.program, split.Shape.Size())
	if codes.images > 0 {
		figures.measure(codes.measures())
	}
	if samples != nil {
		figures.measure(samples.measures())
	}
	if posteriors.images > 0 {
		var active int
		figures.KLUnits, active = posteriors.units()
		figures.measure(map[string]float64{ActiveUnits: float64(active)})
	}
	return figures, nil
}

// evaluation measures each epoch on the evaluated splits and writes it, with
// the training split's running means, to metrics.jsonl.
func evaluation() Hook {
	return Hook{
		Name:  "evaluation",
		Start: func(_ context.Context, l *Loop) error { return l.forgetRecords() },
		Epoch: func(ctx context.Context, l *Loop) error {
			train := l.Position.Train
			l.Latest = []Record{l.record("train", train.figures(l.Program, l.train.Shape.Size()), l.Images, l.Seconds)}
			for _, split := range l.evaluator.splits {
				start := time.Now()
				figures, err := l.evaluator.measure(ctx, split)
				if err != nil {
					return err
				}
				if !figures.finite() {
					return l.diverged(l.evaluator.program)
				}
				l.Latest = append(l.Latest, l.record(split.name, figures, split.Len(), time.Since(start).Seconds()))
			}
			return appendRecords(l.Run.Path(metricsFile), l.Latest)
		},
		End: func(ctx context.Context, l *Loop) error { return l.writeFinal(context.WithoutCancel(ctx)) },
	}
}

// record makes the record of the epoch in hand for a split.
func (l *Loop) record(split string, figures Figures, images int, seconds float64) Record {
	return Record{
		Stage: l.Stage.Name, Epoch: l.Position.Epoch + 1, Step: (l.Position.Epoch + 1) * l.Batches(), Split: split,
		Figures: figures, LearningRate: l.Rate, Seconds: seconds, ImagesPerSecond: float64(images) / max(seconds, 1e-9),
		Timestamp: time.Now().UTC().Format(time.RFC3339),
	}
}
