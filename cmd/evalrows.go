package cmd

import (
	"fmt"
	"math"

	"gaetrain/trainer/evaluate"
	"gaetrain/trainer/measure"
)

// likelihoodRows are the lines of the table about a likelihood.
func likelihoodRows(l *measure.Likelihood) [][]string {
	spread := func(name string) string {
		s := l.Spreads[name]
		return fmt.Sprintf("± %.2g (%.5g to %.5g; halves of the images %.5g and %.5g)", s.StandardError, s.Interval.Low, s.Interval.High, s.Halves[0], s.Halves[1])
	}
	rows := [][]string{{"nll", fmt.Sprintf("%.7g %s nats per image from %d samples", l.NLL, spread(measure.NLL), l.Draws)}}
	if l.Bias != nil {
		about := "jackknife estimate"
		if l.Unsure > 0 {
			about = fmt.Sprintf("a lower bound, because %d images have fewer than 10 effective samples", l.Unsure)
		}
		rows = append(rows, []string{"nll_bias", fmt.Sprintf("nll is too high by %.2g %s nats per image, %s", *l.Bias, spread(measure.NLLBias), about)})
	}
	return append(rows,
		[]string{"negative_elbo", fmt.Sprintf("%.7g %s nats per image from the same samples", l.Bound, spread(measure.NegativeELBO))},
		[]string{"effective_sample_size", fmt.Sprintf("mean %.4g %s of %d, minimum %.3g, below 10 for %d images", l.EffectiveDraws, spread(measure.EffectiveDraws), l.Draws, l.FewestEffective, l.Unsure)})
}

// aggregateRows returns the lines of two tables: one about all values of the codes
// together, and one with a line for each value.
func aggregateRows(a *measure.Aggregate) (together, each [][]string) {
	divergence := "infinite, because some values of the codes depend on others"
	if a.MomentDivergence != nil {
		divergence = fmt.Sprintf("%.5g nats from N(0, I), by means and covariances", *a.MomentDivergence)
	}
	together = [][]string{{"moment_divergence", divergence}}
	each = [][]string{{"value", "mean", "variance"}}
	if a.KL != nil {
		together = append(together, []string{"mutual_information", fmt.Sprintf("%.5g nats between image and code, at most log %d = %.3g", *a.MutualInformation, a.Images, math.Log(float64(a.Images)))})
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

// factorFigures returns the lines of the measures of all factors together.
func factorFigures(f *measure.Factored) (rows [][]string) {
	for _, m := range evaluate.FactorMeasures {
		rows = append(rows, []string{m.Name, fmt.Sprintf("%.4f %s", m.Of(f.Disentangled), m.Meaning)})
	}
	return append(rows, []string{"images with factors", fmt.Sprint(f.Images)})
}

// factorRows returns the lines of the table with a line for each factor.
func factorRows(f *measure.Factored) [][]string {
	rows := [][]string{{"factor", "value of the code", "information", "mig", "sap", "completeness", "informativeness"}}
	for _, of := range f.Factors {
		row := []string{of.Name, fmt.Sprint(of.Code)}
		for _, v := range []float64{of.Information, of.MIG, of.SAP, of.Completeness, of.Informativeness} {
			row = append(row, fmt.Sprintf("%.4f", v))
		}
		rows = append(rows, row)
	}
	return rows
}
