package evaluate

import (
	"context"
	"math"
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

// Interval is a 95 % confidence interval.
type Interval struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// Uncertainty says how far a figure may be from that of the whole distribution of its items.
type Uncertainty struct {
	StandardError float64  `json:"standard_error"`
	Interval      Interval `json:"interval"`
}

// Of returns the uncertainty of an estimate that sampling with replacement raises, such as a
// distance: the percentiles of the samples are moved by the difference of the estimate and
// their mean. of computes the figure of a sample as in Each.
func (b Bootstrap) Of(ctx context.Context, estimate float64, of func(weights [][]int) (float64, error), items ...int) (Uncertainty, error) {
	all, err := b.Each(ctx, 1, func(weights [][]int) ([]float64, error) {
		figure, err := of(weights)
		return []float64{figure}, err
	}, items...)
	if err != nil {
		return Uncertainty{}, err
	}
	shift := estimate - all[0].mean
	u := all[0].Uncertainty
	u.Interval = Interval{u.Interval.Low + shift, u.Interval.High + shift}
	return u, nil
}

// sampled is the uncertainty of a figure, and its mean over the bootstrap samples.
type sampled struct {
	Uncertainty
	mean float64
}

// Each returns the uncertainties of K figures. of computes them for a sample: weights has
// the number of times that each item counts, for each of the given numbers of items. Errors
// are those of the context and of the function.
func (b Bootstrap) Each(ctx context.Context, figures int, of func(weights [][]int) ([]float64, error), items ...int) ([]sampled, error) {
	random := rand.New(rand.NewPCG(b.Seed, 0))
	weights := make([][]int, len(items))
	for k, n := range items {
		weights[k] = make([]int, n)
	}
	samples := make([][]float64, figures) // K×S
	for range b.Samples {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for _, w := range weights {
			clear(w)
			for range w {
				w[random.IntN(len(w))]++
			}
		}
		values, err := of(weights)
		if err != nil {
			return nil, err
		}
		for k, v := range values {
			samples[k] = append(samples[k], v)
		}
	}
	var all []sampled
	for _, values := range samples {
		mean, deviation := stat.MeanStdDev(values, nil)
		slices.Sort(values)
		all = append(all, sampled{Uncertainty{deviation, Interval{quantile(values, 0.025), quantile(values, 0.975)}}, mean})
	}
	return all, nil
}

// ShareOf returns the uncertainty of the share of count among n items: the standard error of
// a binomial share and the score interval (Wilson 1927), which is not empty for a share of 0.
// It is that of nothing known, 0 to 1, for n = 0.
func ShareOf(count, n int) Uncertainty {
	if n == 0 {
		return Uncertainty{0, Interval{0, 1}}
	}
	const z = 1.959963984540054 // of a 95 % interval
	p, items := float64(count)/float64(n), float64(n)
	width := 1 + z*z/items
	centre, half := (p+z*z/(2*items))/width, z/width*math.Sqrt(p*(1-p)/items+z*z/(4*items*items))
	return Uncertainty{math.Sqrt(p * (1 - p) / items), Interval{max(centre-half, 0), min(centre+half, 1)}}
}

// quantile interpolates between the sorted values.
func quantile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	low := int(at)
	high := min(low+1, len(sorted)-1)
	return sorted[low] + (at-float64(low))*(sorted[high]-sorted[low])
}

// Mean returns the mean of values and its uncertainty.
func (b Bootstrap) Mean(ctx context.Context, values []float64) (float64, Uncertainty, error) {
	all, err := b.Each(ctx, 1, func(weights [][]int) ([]float64, error) {
		var sum float64
		for i, w := range weights[0] {
			sum += float64(float64(w) * values[i])
		}
		return []float64{sum / float64(len(values))}, nil
	}, len(values))
	if err != nil {
		return 0, Uncertainty{}, err
	}
	return stat.Mean(values, nil), all[0].Uncertainty, nil
}

// Times returns the uncertainty of a multiple of the distance from an estimate.
func (u Uncertainty) Times(factor, estimate float64) Uncertainty {
	spread := func(v float64) float64 { return estimate + factor*(v-estimate) }
	return Uncertainty{factor * u.StandardError, Interval{spread(u.Interval.Low), spread(u.Interval.High)}}
}
