package trainer

import (
	"context"
	"time"

	"gaetrain/graph"
	"gaetrain/loaders"
)

// evaluationBatch is the number of images that are evaluated at once. It changes no
// figure except the total correlation and the figures that are estimated with it, because
// only these results of an image depend on its batch.
const evaluationBatch = 128

// evaluator measures the figures of a stage on whole splits. It always uses the
// corruption and noise of epoch 0, so that epochs can be compared.
type evaluator struct {
	stage    Stage
	program  *graph.Program
	opponent *opponent
	sampling *sampling
	seed     uint64
	splits   []evaluatedSplit
	feeder   feeder
	beat     func()                    // called after each batch; nil: nothing
	visit    func(Reconstructed) error // called with each batch; nil: nothing
}

type evaluatedSplit struct {
	namedSplit
	stream *loaders.Stream
}

func newEvaluator(ctx context.Context, s Stage, p *graph.Parameters, seed uint64, splits ...namedSplit) (*evaluator, error) {
	program, err := s.evaluation(p)
	if err != nil {
		return nil, err
	}
	e := &evaluator{stage: s, program: program, seed: seed, feeder: feeder{mean: s.mean}}
	if e.opponent, err = newOpponent(s, p, false, evaluationBatch); err != nil {
		return nil, err
	}
	if e.sampling, err = newSampling(s, p); err != nil {
		return nil, err
	}
	for _, split := range splits {
		if split.Split, err = s.inputs(ctx, p, split.Split); err != nil {
			return nil, err
		}
		stream, err := s.stream(split.Split, program, seed, evaluationBatch, false)
		if err != nil {
			return nil, err
		}
		e.splits = append(e.splits, evaluatedSplit{split, stream})
	}
	return e, nil
}

// close frees the programs.
func (e *evaluator) close() {
	e.program.Close()
	if e.opponent != nil {
		e.opponent.Close()
	}
	if e.sampling != nil {
		e.sampling.decoder.Close()
	}
}

// measure evaluates one of the splits.
func (e *evaluator) measure(ctx context.Context, split evaluatedSplit) (Figures, error) {
	var totals Totals
	spread := make(deviations)
	measures := e.stage.measures()
	e.sampling.begin(e, split.Shape.Size())
	for batch, err := range split.stream.Epoch(0, 0) {
		if err != nil {
			return Figures{}, err
		}
		b := e.feeder.feed(batch)
		if err := e.program.Run(ctx, b); err != nil {
			return Figures{}, err
		}
		if err := e.opponent.run(ctx, e.program, b); err != nil {
			return Figures{}, err
		}
		totals.add(e.program, b.Rows)
		spread.add(e.stage, e.program, split.Shape.Size())
		e.opponent.addTo(&totals, b.Rows)
		if err := e.sampling.add(ctx, e, b); err != nil {
			return Figures{}, err
		}
		for _, m := range measures {
			m.Add(e.program)
		}
		if e.visit != nil {
			if err := e.visit(e.stage.reconstructed(e.program, batch, split.Shape)); err != nil {
				return Figures{}, err
			}
		}
		if e.beat != nil {
			e.beat()
		}
		if err := ctx.Err(); err != nil {
			return Figures{}, err
		}
	}
	figures := totals.figures(e.stage, e.program, split.Shape.Size())
	spread.report(&figures, totals.Images)
	e.sampling.report(&figures)
	for _, m := range measures {
		m.Report(&figures)
	}
	return figures, nil
}

// evaluation measures the evaluated splits after each epoch. It writes these figures
// to metrics.jsonl, together with the averages over the epoch on the training set.
func evaluation() Hook {
	return Hook{
		Name: "evaluation",
		Epoch: func(ctx context.Context, l *Loop) (err error) {
			train := l.Position.Train.figures(l.Stage, l.Program, l.train.Shape.Size())
			l.Latest = []Record{l.record("train", train, l.Images, l.Seconds)}
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
			l.written, err = l.finished.append(l.Run.Dir, l.Latest)
			return err
		},
		End: func(ctx context.Context, l *Loop) error { return l.writeFinal(ctx) },
	}
}

// record returns the record of the present epoch for a split.
func (l *Loop) record(split string, figures Figures, images int, seconds float64) Record {
	return Record{
		Stage: l.Stage.Name, Epoch: l.Position.Epoch + 1, Step: (l.Position.Epoch + 1) * l.Batches(), Split: split,
		Figures: figures, LearningRate: l.Rate, Seconds: seconds, ImagesPerSecond: float64(images) / max(seconds, 1e-9),
		Timestamp: time.Now().UTC().Format(time.RFC3339),
	}
}
