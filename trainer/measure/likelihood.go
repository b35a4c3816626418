package measure

import (
	"context"
	"math"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/evaluate"
)

// Likelihood is the negative log-likelihood of the images of a split under a model,
// in nats per image, estimated by importance sampling.
type Likelihood struct {
	Draws           int      `json:"draws"` // K, samples of the posterior for each image
	NLL             float64  `json:"nll"`
	Bias            *float64 `json:"bias_estimate,omitempty"` // by which NLL is too high, see evaluate.ImportanceBias; nil for one sample
	Bound           float64  `json:"negative_elbo"`           // from the same samples
	EffectiveDraws  float64  `json:"effective_sample_size"`   // averaged over images
	FewestEffective float64  `json:"minimum_effective_sample_size"`
	Unsure          int      `json:"images_below_10_effective_samples"`

	// Spreads are those of the figures that are means over the images, by their names in
	// JSON. That of NLL does not include its bias.
	Spreads map[string]Spread `json:"spreads"`
}

// Spread says how a mean over images varies with the images.
type Spread struct {
	evaluate.Uncertainty            // by a bootstrap over the images
	Halves               [2]float64 `json:"halves"` // the mean of each half of the images
}

// The names of the means in Likelihood.Spreads.
const (
	NLL            = "nll"
	NLLBias        = "bias_estimate"
	NegativeELBO   = "negative_elbo"
	EffectiveDraws = "effective_sample_size"
)

// EstimateLikelihood estimates −log p(x) of the images of a split by importance
// sampling. It calls progress with the number of images done, unless that is nil.
func EstimateLikelihood(ctx context.Context, model *trainer.Trained, split loaders.Split, draws int, progress func(done int)) (*Likelihood, error) {
	l := Likelihood{Draws: draws, FewestEffective: math.Inf(1), Spreads: make(map[string]Spread)}
	each := make(map[string][]float64) // the figures of each image
	add := func(name string, v float64) { each[name] = append(each[name], v) }
	err := model.ImportanceWeights(ctx, split, draws, func(image int, weights []float64) error {
		var s evaluate.Importance
		s.Add(weights...)
		add(NLL, -s.LogLikelihood())
		add(NegativeELBO, -s.Bound())
		add(EffectiveDraws, s.EffectiveDraws())
		if draws > 1 {
			add(NLLBias, evaluate.ImportanceBias(weights))
		}
		l.FewestEffective = min(l.FewestEffective, s.EffectiveDraws())
		if s.EffectiveDraws() < 10 {
			l.Unsure++
		}
		if progress != nil {
			progress(image + 1)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	means := make(map[string]float64)
	for name, values := range each {
		if means[name], l.Spreads[name], err = spreadOf(ctx, values, model.Config.Seed); err != nil {
			return nil, err
		}
	}
	l.NLL, l.Bound, l.EffectiveDraws = means[NLL], means[NegativeELBO], means[EffectiveDraws]
	if bias, ok := means[NLLBias]; ok {
		l.Bias = &bias
	}
	return &l, nil
}

// spreadOf returns the mean of the values of images, and its spread. The second half is empty
// for one image, and its mean is then 0.
func spreadOf(ctx context.Context, each []float64, seed uint64) (mean float64, s Spread, err error) {
	mean, s.Uncertainty, err = evaluate.Bootstrap{Samples: bootstraps, Seed: seed}.Mean(ctx, each)
	first, second := evaluate.Halves(len(each))
	for half, images := range [][]int{first, second} {
		for _, i := range images {
			s.Halves[half] += each[i] / float64(len(images))
		}
	}
	return mean, s, err
}
