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
	StandardError   float64  `json:"standard_error"`          // of the mean over images; it does not include the bias
	Bias            *float64 `json:"bias_estimate,omitempty"` // by which NLL is too high, see evaluate.ImportanceBias; nil for one sample
	Bound           float64  `json:"negative_elbo"`           // from the same samples
	EffectiveDraws  float64  `json:"effective_sample_size"`   // averaged over images
	FewestEffective float64  `json:"minimum_effective_sample_size"`
	Unsure          int      `json:"images_below_10_effective_samples"`
}

// EstimateLikelihood estimates −log p(x) of the images of a split by importance
// sampling. It calls progress with the number of images done, unless that is nil.
func EstimateLikelihood(ctx context.Context, model *trainer.Trained, split loaders.Split, draws int, progress func(done int)) (*Likelihood, error) {
	l := Likelihood{Draws: draws, FewestEffective: math.Inf(1)}
	var squares, bias float64
	err := model.ImportanceWeights(ctx, split, draws, func(image int, weights []float64) error {
		var s evaluate.Importance
		s.Add(weights...)
		bias += evaluate.ImportanceBias(weights)
		l.NLL -= s.LogLikelihood()
		squares += s.LogLikelihood() * s.LogLikelihood()
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
	l.NLL, l.Bound, l.EffectiveDraws = l.NLL/n, l.Bound/n, l.EffectiveDraws/n
	l.StandardError = math.Sqrt(max(squares/n-l.NLL*l.NLL, 0) / n)
	if bias /= n; draws > 1 {
		l.Bias = &bias
	}
	return &l, nil
}
