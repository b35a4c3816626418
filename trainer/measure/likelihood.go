package measure

import (
	"context"
	"math"

	"gonum.org/v1/gonum/stat"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/evaluate"
)

// Likelihood is the negative log-likelihood of the images of a split under a model,
// in nats per image, estimated by importance sampling.
type Likelihood struct {
	Draws           int               `json:"draws"` // K, samples of the posterior for each image
	NLL             float64           `json:"nll"`
	StandardError   float64           `json:"standard_error"`          // of the mean over images; it does not include the bias
	Interval        evaluate.Interval `json:"interval"`                // of the mean over images, by a bootstrap
	Halves          [2]float64        `json:"halves"`                  // NLL of every second image, and of the others
	Bias            *float64          `json:"bias_estimate,omitempty"` // by which NLL is too high, see evaluate.ImportanceBias; nil for one sample
	Bound           float64           `json:"negative_elbo"`           // from the same samples
	EffectiveDraws  float64           `json:"effective_sample_size"`   // averaged over images
	FewestEffective float64           `json:"minimum_effective_sample_size"`
	Unsure          int               `json:"images_below_10_effective_samples"`
}

// EstimateLikelihood estimates −log p(x) of the images of a split by importance
// sampling. It calls progress with the number of images done, unless that is nil.
func EstimateLikelihood(ctx context.Context, model *trainer.Trained, split loaders.Split, draws int, progress func(done int)) (*Likelihood, error) {
	l := Likelihood{Draws: draws, FewestEffective: math.Inf(1)}
	var bias float64
	var each []float64
	err := model.ImportanceWeights(ctx, split, draws, func(image int, weights []float64) error {
		var s evaluate.Importance
		s.Add(weights...)
		bias += evaluate.ImportanceBias(weights)
		each = append(each, -s.LogLikelihood())
		l.Bound -= s.Bound()
		l.EffectiveDraws += s.EffectiveDraws()
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
	n := float64(split.Len())
	l.Bound, l.EffectiveDraws = l.Bound/n, l.EffectiveDraws/n
	if err := l.summarise(ctx, each, model.Config.Seed); err != nil {
		return nil, err
	}
	if bias /= n; draws > 1 {
		l.Bias = &bias
	}
	return &l, nil
}

// summarise computes the figures of all images from the negative log-likelihood of each.
func (l *Likelihood) summarise(ctx context.Context, each []float64, seed uint64) error {
	nll, u, err := evaluate.Bootstrap{Samples: bootstraps, Seed: seed}.Mean(ctx, each)
	if err != nil {
		return err
	}
	l.NLL, l.Interval = nll, u.Interval
	for i, v := range each {
		l.Halves[i%2] += v / float64((len(each)+1-i%2)/2)
	}
	l.StandardError = stat.StdErr(stat.PopStdDev(each, nil), float64(len(each)))
	return nil
}
