package trainer

import (
	"context"
	"fmt"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/graph/kernel/noise"
	"gaetrain/loaders"
)

// streamPrior is the noise of codes that are drawn from the prior. The step is 0.
const streamPrior noise.Stream = 8

// Draw returns n codes of L values drawn from N(0, T²·I), where T is the
// temperature: draws of the prior where T is 1. Code i depends on the seed and
// i alone, not on n.
func Draw(n, size int, seed uint64, temperature float64) []float32 {
	codes := make([]float32, n*size)
	noise.Gaussian(codes, noise.Key{Seed: seed, Stream: streamPrior})
	kernel.Scale(float32(temperature), codes)
	return codes
}

// Posterior returns the means and the log-variances of the Gaussian codes of
// the images of a split, N×L each, for inputs as evaluations have them. Errors
// wrap ErrConfiguration where the model has no posterior.
func (m *Model) Posterior(ctx context.Context, split loaders.Split) (means, logVariances []float32, err error) {
	stage := m.Stage.whole()
	if stage.Architecture.Code != graph.Gaussian {
		return nil, nil, fmt.Errorf("%w: model %s draws its codes from no posterior; hint: --model vae does", ErrConfiguration, m.Config.Model)
	}
	program, err := stage.Compile(m.Parameters, graph.Encoding, evaluationBatch)
	if err != nil {
		return nil, nil, err
	}
	defer program.Close()
	stream, err := stage.stream(split, m.Config.Seed, evaluationBatch, false)
	if err != nil {
		return nil, nil, err
	}
	size := stage.Architecture.CodeSize()
	for batch := range stream.Epoch(0, 0) {
		if err := program.Run(Feed(batch)); err != nil {
			return nil, nil, err
		}
		statistics := program.Statistics()
		for i := range batch.Rows {
			means = append(means, statistics[2*i*size:(2*i+1)*size]...)
			for _, v := range statistics[(2*i+1)*size : (2*i+2)*size] {
				logVariances = append(logVariances, max(-kernel.LogVarianceLimit, min(v, kernel.LogVarianceLimit)))
			}
		}
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
	}
	return means, logVariances, nil
}
