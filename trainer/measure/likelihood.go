package measure

import (
	"context"
	"math"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/evaluate"
)

// Likelihood is the log-likelihood of the images of a split under a model, in
// nats per image.
type Likelihood struct {
	Draws           int     `json:"draws"`
	NLL             float64 `json:"nll"`
	StandardError   float64 `json:"standard_error"` // over images
	Bound           float64 `json:"negative_elbo"`  // by the same draws
	EffectiveDraws  float64 `json:"effective_draws"`
	FewestEffective float64 `json:"fewest_effective_draws"` // of an image
	Unsure          int     `json:"images_below_10_effective_draws"`
}

// EstimateLikelihood estimates −log p(x) of the images of a split by importance
// sampling. It calls progress with the number of images done, unless that is nil.
func EstimateLikelihood(ctx context.Context, model *trainer.Model, split loaders.Split, draws int, progress func(done int)) (*Likelihood, error) {
	l := Likelihood{Draws: draws, FewestEffective: math.Inf(1)}
	var squares float64
	err := model.ImportanceWeights(ctx, split, draws, func(image int, weights []float64) error {
		var s evaluate.Importance
		s.Add(weights...)
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
	return &l, nil
}
