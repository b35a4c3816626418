package cmd

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"gaetrain/graph"
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

// aggregate is what the codes of all images of a split together are like, by
// value where it is a list. What only a posterior has is nil of codes without.
type aggregate struct {
	Mean              []float64 `json:"mean"`
	Variance          []float64 `json:"variance"`
	MomentDivergence  *float64  `json:"moment_divergence"` // nil: +∞
	KL                []float64 `json:"-"`                 // which the figures have
	MeanVariance      []float64 `json:"variance_of_means,omitempty"`
	MutualInformation *float64  `json:"mutual_information,omitempty"`
	Images            int       `json:"images"`
}

// mostPairs bounds the images between which information is measured: its time
// is their square, and it cannot exceed the logarithm of their number.
const mostPairs = 10000

// aggregated measures the codes of a model with a prior.
func aggregated(ctx context.Context, model *trainer.Model, split loaders.Split) (*aggregate, error) {
	architecture := model.Stage.Architecture
	if !architecture.HasPrior() || len(architecture.Encoder) == 0 {
		return nil, fmt.Errorf("%w: model %s asks its codes for no likeness to a prior; hint: --model vae does", trainer.ErrConfiguration, model.Config.Model)
	}
	split = split.Spread(mostPairs)
	a := &aggregate{Images: split.Len()}
	if architecture.Code != graph.Gaussian {
		codes, err := model.Encode(ctx, split)
		if err != nil {
			return nil, err
		}
		a.moments(evaluate.Moments(evaluate.NewMatrix(codes, architecture.CodeSize())))
		return a, nil
	}
	posterior, err := posteriorOf(ctx, model, split)
	if err != nil {
		return nil, err
	}
	a.moments(posterior.Moments())
	a.KL, a.MeanVariance = posterior.Divergences(), posterior.Spread()
	noise := trainer.Draw(split.Len(), architecture.CodeSize(), model.Config.Seed, 1)
	information, err := posterior.MutualInformation(evaluate.NewMatrix(noise, architecture.CodeSize()))
	a.MutualInformation = &information
	return a, err
}

func (a *aggregate) moments(mean []float64, covariance *mat.SymDense) {
	a.Mean = mean
	for d := range mean {
		a.Variance = append(a.Variance, covariance.At(d, d))
	}
	if divergence := evaluate.MomentDivergence(mean, covariance); !math.IsInf(divergence, 1) {
		a.MomentDivergence = &divergence
	}
}

// rows are the lines of a table, first what is told of all values together.
func (a *aggregate) rows() (together, each [][]string) {
	divergence := "infinite: some values depend on others"
	if a.MomentDivergence != nil {
		divergence = fmt.Sprintf("%.5g nats from N(0, I), as far as means and covariances tell", *a.MomentDivergence)
	}
	together = [][]string{{"moment_divergence", divergence}}
	each = [][]string{{"value", "mean", "variance"}}
	if a.KL != nil {
		together = append(together, []string{"mutual_information", fmt.Sprintf("%.5g nats between image and code, of at most log %d = %.3g", *a.MutualInformation, a.Images, math.Log(float64(a.Images)))})
		each[0] = append(each[0], "kl", "variance of means")
	}
	for d := range a.Mean {
		row := []string{fmt.Sprint(d), fmt.Sprintf("%.4f", a.Mean[d]), fmt.Sprintf("%.4f", a.Variance[d])}
		if a.KL != nil {
			row = append(row, fmt.Sprintf("%.4f", a.KL[d]), fmt.Sprintf("%.4f", a.MeanVariance[d]))
		}
		each = append(each, row)
	}
	return together, each
}
