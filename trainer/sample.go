package trainer

import (
	"context"

	"gaetrain/graph/kernel"
	"gaetrain/graph/kernel/noise"
	"gaetrain/loaders"
)

// streamPrior is the noise of codes that are drawn from the prior.
const streamPrior noise.Stream = 8

// Draw returns n codes of L values drawn from N(0, T²·I), where T is the temperature.
// With T = 1 they are drawn from the prior. Code i depends only on the seed and i, not
// on n.
func Draw(n, size int, seed uint64, temperature float64) []float32 {
	codes := make([]float32, n*size)
	noise.Normal(codes, noise.Key{Seed: seed, Stream: streamPrior})
	kernel.Scale(float32(temperature), codes)
	return codes
}

// Posterior returns the means and the log-variances of the Gaussian codes of the images
// of a split, N×L each. The inputs are those of evaluations. Log-variances are clipped
// to [−10, 10]. If the model has no posterior, the error wraps ErrConfiguration.
func (t *Trained) Posterior(ctx context.Context, split loaders.Split) (means, logVariances []float32, err error) {
	m, err := t.asPosterior()
	if err != nil {
		return nil, nil, err
	}
	program, err := compile(t.Parameters, "encoding", evaluationBatch, posterior(m, t.Source.Shape), Statistics)
	if err != nil {
		return nil, nil, err
	}
	defer program.Close()
	stream, err := t.Stage.whole().stream(split, program, t.Config.Seed, evaluationBatch, false)
	if err != nil {
		return nil, nil, err
	}
	size := program.Shape(Statistics).Size() / 2
	err = runAll(ctx, program, feeder{}, stream, func(batch *loaders.Batch) error {
		statistics := program.Output(Statistics)
		for i := range batch.Rows {
			means = append(means, statistics[2*i*size:(2*i+1)*size]...)
			for _, v := range statistics[(2*i+1)*size : (2*i+2)*size] {
				logVariances = append(logVariances, max(-kernel.LogVarianceLimit, min(v, kernel.LogVarianceLimit)))
			}
		}
		return nil
	})
	return means, logVariances, err
}
