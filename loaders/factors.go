package loaders

import "slices"

// Factor is a known factor of variation of the images of a split, such as their position.
// It takes the values 0, …, Size−1, which are in an order, except for a factor whose values
// are classes.
type Factor struct {
	Name   string
	Size   int
	Values []uint16 // N, by image
}

// factorsOf returns the factors with those values that pick takes from each.
func factorsOf(factors []Factor, pick func(values []uint16) []uint16) []Factor {
	picked := slices.Clone(factors)
	for i := range picked {
		picked[i].Values = pick(picked[i].Values)
	}
	return picked
}

// joinFactors appends the values of one split to those of another. Factors are matched by
// name. A factor that only one of the splits has is left out.
func joinFactors(first, second []Factor) []Factor {
	var joined []Factor
	for _, f := range first {
		at := slices.IndexFunc(second, func(o Factor) bool { return o.Name == f.Name && o.Size == f.Size })
		if at >= 0 {
			joined = append(joined, Factor{f.Name, f.Size, slices.Concat(f.Values, second[at].Values)})
		}
	}
	return joined
}
