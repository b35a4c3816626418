package cmd

import (
	"context"
	"fmt"
	"math"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/evaluate"
)

// likelihood is what the images of a split are worth to a model, in nats per
// image.
type likelihood struct {
	Draws           int     `json:"draws"`
	NLL             float64 `json:"nll"`
	StandardError   float64 `json:"standard_error"` // over images
	Bound           float64 `json:"negative_elbo"`  // by the same draws
	EffectiveDraws  float64 `json:"effective_draws"`
	FewestEffective float64 `json:"fewest_effective_draws"` // of an image
	Unsure          int     `json:"images_below_10_effective_draws"`
}

// estimate estimates −log p(x) of the images of a split by importance sampling.
func estimate(ctx context.Context, model *trainer.Model, split loaders.Split, draws int, log *console) (*likelihood, error) {
	l := likelihood{Draws: draws, FewestEffective: math.Inf(1)}
	progress := log.progress("images weighed", split.Len())
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
		progress(image + 1)
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

// rows are the lines of a table.
func (l *likelihood) rows() [][]string {
	return [][]string{
		{"nll", fmt.Sprintf("%.7g nats per image by %d draws, ± %.2g over images", l.NLL, l.Draws, l.StandardError)},
		{"negative_elbo", fmt.Sprintf("%.7g nats per image by the same draws", l.Bound)},
		{"effective_draws", fmt.Sprintf("%.4g of %d on average, %.3g at the least, below 10 of %d images", l.EffectiveDraws, l.Draws, l.FewestEffective, l.Unsure)},
	}
}
