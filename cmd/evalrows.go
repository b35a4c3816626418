package cmd

import (
	"fmt"
	"math"

	"gaetrain/trainer/measure"
)

// likelihoodRows are the lines of the table about a likelihood.
func likelihoodRows(l *measure.Likelihood) [][]string {
	return [][]string{
		{"nll", fmt.Sprintf("%.7g nats per image by %d draws, ± %.2g over images", l.NLL, l.Draws, l.StandardError)},
		{"negative_elbo", fmt.Sprintf("%.7g nats per image by the same draws", l.Bound)},
		{"effective_draws", fmt.Sprintf("%.4g of %d on average, %.3g at the least, below 10 of %d images", l.EffectiveDraws, l.Draws, l.FewestEffective, l.Unsure)},
	}
}

// aggregateRows are the lines of the table about all values of the codes together,
// and of the table with a line for each value.
func aggregateRows(a *measure.Aggregate) (together, each [][]string) {
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
