package evaluate

import (
	"context"
	"math"
	"math/rand/v2"

	"gaetrain/loaders"
)

// DCI are measures of the matrix of how much each value of the code contributes to the
// prediction of each factor.
type DCI struct {
	Disentanglement float64 `json:"dci_disentanglement"` // a value of the code contributes to one factor only
	Completeness    float64 `json:"dci_completeness"`    // one value of the code contributes to a factor only
	Informativeness float64 `json:"dci_informativeness"` // share of the variance of a factor that is predicted for other images
}

type factorDCI struct{ completeness, explained float64 }

// newDCI fits a forest to each factor on a random half of the images.
func newDCI(ctx context.Context, codes Matrix, factors []loaders.Factor, seed uint64) (d DCI, each []factorDCI, err error) {
	order := rand.New(rand.NewPCG(seed, 1<<33)).Perm(codes.Rows)
	fit, test := order[:codes.Rows/2], order[codes.Rows/2:]
	weights, n := table(codes.Columns, len(factors)), float64(len(factors))
	for k, f := range factors {
		targets, width := targetsOf(f)
		importance, explained, err := fitForest(ctx, codes, targets, width, fit, test, seed)
		if err != nil {
			return d, nil, err
		}
		for l, v := range importance {
			weights[l][k] = v
		}
		each = append(each, factorDCI{concentration(importance), explained})
		d.Completeness += concentration(importance) / n
		d.Informativeness += explained / n
	}
	var total float64
	for _, row := range weights {
		var sum float64
		for _, v := range row {
			sum += v
		}
		normalise(row)
		d.Disentanglement += sum * concentration(row)
		total += sum
	}
	d.Disentanglement /= max(total, math.SmallestNonzeroFloat64)
	return d, each, nil
}

// targetsOf returns the targets N×T of the regression of a factor: its value, or for classes
// an indicator of each.
func targetsOf(f loaders.Factor) (targets []float64, width int) {
	width = 1
	if f.Classes {
		width = f.Size
	}
	targets = make([]float64, len(f.Values)*width)
	for i, v := range f.Values {
		if f.Classes {
			targets[i*width+int(v)] = 1
		} else {
			targets[i] = float64(v)
		}
	}
	return targets, width
}

// concentration returns 1 − H/log n of n shares that sum to 1, and 0 for shares that are
// all 0. One number is concentrated.
func concentration(shares []float64) float64 {
	var h, sum float64
	for _, p := range shares {
		sum += p
		if p > 0 {
			h -= p * math.Log(p)
		}
	}
	switch {
	case sum == 0:
		return 0
	case len(shares) == 1:
		return 1
	}
	return 1 - h/math.Log(float64(len(shares)))
}
