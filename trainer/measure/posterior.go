package measure

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/evaluate"
)

// posteriorOf returns the posteriors of the codes of images.
func posteriorOf(ctx context.Context, model *trainer.Trained, split loaders.Split) (evaluate.Posterior, error) {
	means, logVariances, err := model.Posterior(ctx, split)
	if err != nil {
		return evaluate.Posterior{}, err
	}
	size := model.CodeSize()
	return evaluate.NewPosterior(evaluate.NewMatrix(means, size), evaluate.NewMatrix(logVariances, size))
}

// Aggregate describes the codes of all images of a split together. Lists have one
// entry for each value of a code. Fields that need a posterior are nil for models
// without one.
type Aggregate struct {
	Mean              []float64 `json:"mean"`
	Variance          []float64 `json:"variance"`
	MomentDivergence  *float64  `json:"moment_divergence"` // nil: +∞
	KL                []float64 `json:"-"`                 // not in JSON, because trainer.Figures has it
	MeanVariance      []float64 `json:"variance_of_means,omitempty"`
	MutualInformation *float64  `json:"mutual_information,omitempty"`
	Images            int       `json:"images"`
}

// mostPairs limits the images for the mutual information. The time grows with the square
// of their number, and the result is at most its logarithm.
const mostPairs = 10000

// AggregatePosterior measures how the codes of the images of a split differ from
// the prior of a model. It uses at most 10,000 images.
func AggregatePosterior(ctx context.Context, model *trainer.Trained, split loaders.Split) (*Aggregate, error) {
	if err := model.CanEncode(); err != nil {
		return nil, err
	}
	if !model.HasNormalPrior() {
		return nil, refused("the codes of model %s have no prior; hint: --model vae", model.Config.Model)
	}
	if err := evaluate.FitsCovariance(model.CodeSize()); err != nil {
		return nil, err
	}
	split = split.Stratified(mostPairs)
	a := &Aggregate{Images: split.Len()}
	if !model.HasPosterior() {
		codes, err := Codes(ctx, model, split)
		if err != nil {
			return nil, err
		}
		return a, a.moments(evaluate.Moments(ctx, codes))
	}
	posterior, err := posteriorOf(ctx, model, split)
	if err != nil {
		return nil, err
	}
	if err := a.moments(posterior.Moments(ctx)); err != nil {
		return nil, err
	}
	a.KL = posterior.Divergences()
	if a.MeanVariance, err = posterior.Spread(ctx); err != nil {
		return nil, err
	}
	noise := trainer.Draw(split.Len(), model.CodeSize(), model.Config.Seed, 1)
	information, err := posterior.MutualInformation(ctx, evaluate.NewMatrix(noise, model.CodeSize()))
	a.MutualInformation = &information
	return a, err
}

func (a *Aggregate) moments(mean []float64, covariance *mat.SymDense, err error) error {
	if err != nil {
		return err
	}
	a.Mean = mean
	for d := range mean {
		a.Variance = append(a.Variance, covariance.At(d, d))
	}
	if divergence := evaluate.MomentDivergence(mean, covariance); !math.IsInf(divergence, 1) {
		a.MomentDivergence = &divergence
	}
	return nil
}
