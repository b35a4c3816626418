package loaders

import "slices"

// Factor is a known factor of variation of the images of a split, such as their position.
// It takes the values 0, …, Size−1.
type Factor struct {
	Name    string
	Size    int
	Classes bool     // the values are classes, which have no order
	Values  []uint16 // N, by image
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
			f.Values = slices.Concat(f.Values, second[at].Values)
			joined = append(joined, f)
		}
	}
	return joined
}

// HasFactors reports whether the factors of the images of a data set are known.
func HasFactors(dataset string) bool {
	s, err := lookup(dataset)
	return err == nil && s.drawn != ""
}
