package measure

import (
	"context"
	"math"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/evaluate"
)

const (
	// standardised is the number of training images whose scores standardise a combination.
	standardised = 2000
	// leastCombined is the smallest score whose logarithm is taken. Equal codes have the
	// distance 0.
	leastCombined = 1e-12
)

// combinedOf are the scores that CombinedScore combines. One compares an image with its
// reconstruction, the other one compares its code with the training codes.
var combinedOf = []string{PathwayScore, NeighboursScore}

// combination is the mean of the standardised logarithms of several scores. Logarithms and
// standardisation make scores of different scales and skewed distributions comparable
// (Kriegel, Kröger, Schubert & Zimek 2011).
type combination struct {
	mean, deviation []float64 // of the logarithm of each score over training images
}

// newCombination standardises by training images, whose differences and codes are given.
// As for new images, their distances are from the differences and the codes of others:
// from the rest of the training images, or from all but themselves.
func newCombination(ctx context.Context, s *Scorer, train loaders.Split, differences, codes evaluate.Matrix) (*combination, error) {
	k := s.options.Neighbours + 1
	if k > train.Len() {
		return nil, refused("neighbours is %d; hint: for --score combined, at most %d, one less than the number of training images", k-1, train.Len()-1)
	}
	some := train.Strata(max(1, min(standardised, train.Len()/2)))
	apart := make([]bool, train.Len())
	for _, i := range some {
		apart[i] = true
	}
	var rest []int
	for i := range apart {
		if !apart[i] {
			rest = append(rest, i)
		}
	}
	fit, err := evaluate.NewMahalanobis(ctx, differences.Select(rest), pathwayRidge)
	if err != nil {
		return nil, err
	}
	pathways, err := fit.Distances(ctx, differences.Select(some))
	if err != nil {
		return nil, err
	}
	found, err := s.neighbours.Search(ctx, codes.Select(some), k)
	if err != nil {
		return nil, err
	}
	neighbours := make([]float64, len(found))
	for i, f := range found {
		neighbours[i] = f[k-1].Distance
	}
	c := new(combination)
	for _, list := range [][]float64{pathways, neighbours} {
		var sum, squares float64
		for _, v := range list {
			l := math.Log(max(v, leastCombined))
			sum, squares = sum+l, squares+l*l
		}
		n := float64(len(list))
		mean := sum / n
		c.mean, c.deviation = append(c.mean, mean), append(c.deviation, math.Sqrt(max(squares/n-mean*mean, 1e-12)))
	}
	return c, nil
}

// of combines the scores of N images.
func (c *combination) of(scores ...[]float64) []float64 {
	combined := make([]float64, len(scores[0]))
	for k, list := range scores {
		for i, v := range list {
			combined[i] += (math.Log(max(v, leastCombined)) - c.mean[k]) / c.deviation[k] / float64(len(scores))
		}
	}
	return combined
}

// canCombine returns an error for a model that lacks one of the scores.
func canCombine(model *trainer.Trained) error {
	for _, name := range combinedOf {
		if err := CanScore(model, name); err != nil {
			return err
		}
	}
	return nil
}
