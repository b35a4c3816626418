package evaluate

import (
	"context"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// Bootstrap estimates intervals of figures from samples with replacement of their items
// (Efron 1979). The samples depend only on the seed.
type Bootstrap struct {
	Samples int // number of samples, 2 or more
	Seed    uint64
}

// Uncertainty says how far a figure may be from that of the whole distribution of its items.
type Uncertainty struct {
	StandardError float64  `json:"standard_error"`
	Interval      Interval `json:"interval"`
}

// Of returns the uncertainty of an estimate. of computes the figure of a sample:
// weights has the number of times that each item counts, for each of the given numbers of
// items. Sampling with replacement raises distances, so the percentiles of the samples are
// moved by the difference of the estimate and their mean. Errors are those of the context
// and of the function.
func (b Bootstrap) Of(ctx context.Context, estimate float64, of func(weights [][]int) (float64, error), items ...int) (u Uncertainty, err error) {
	random := rand.New(rand.NewPCG(b.Seed, 0))
	weights := make([][]int, len(items))
	for k, n := range items {
		weights[k] = make([]int, n)
	}
	figures := make([]float64, b.Samples)
	for s := range figures {
		if err := ctx.Err(); err != nil {
			return u, err
		}
		for _, w := range weights {
			clear(w)
			for range w {
				w[random.IntN(len(w))]++
			}
		}
		if figures[s], err = of(weights); err != nil {
			return u, err
		}
	}
	mean, deviation := stat.MeanStdDev(figures, nil)
	slices.Sort(figures)
	u.StandardError = deviation
	u.Interval = Interval{quantile(figures, 0.025) + estimate - mean, quantile(figures, 0.975) + estimate - mean}
	return u, nil
}

// Mean returns the mean of values and its uncertainty.
func (b Bootstrap) Mean(ctx context.Context, values []float64) (float64, Uncertainty, error) {
	mean := stat.Mean(values, nil)
	u, err := b.Of(ctx, mean, func(weights [][]int) (float64, error) {
		var sum float64
		for i, w := range weights[0] {
			sum += float64(float64(w) * values[i])
		}
		return sum / float64(len(values)), nil
	}, len(values))
	return mean, u, err
}

// Times returns the uncertainty of a multiple of the distance from an estimate.
func (u Uncertainty) Times(factor, estimate float64) Uncertainty {
	spread := func(v float64) float64 { return estimate + factor*(v-estimate) }
	return Uncertainty{factor * u.StandardError, Interval{spread(u.Interval.Low), spread(u.Interval.High)}}
}
