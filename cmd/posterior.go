package cmd

import (
	"context"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/evaluate"
)

// posteriorOf are the posteriors of the codes of images.
func posteriorOf(ctx context.Context, model *trainer.Model, split loaders.Split) (evaluate.Posterior, error) {
	means, logVariances, err := model.Posterior(ctx, split)
	if err != nil {
		return evaluate.Posterior{}, err
	}
	size := model.Stage.Architecture.CodeSize()
	return evaluate.NewPosterior(evaluate.NewMatrix(means, size), evaluate.NewMatrix(logVariances, size))
}
