package loaders

import (
	"fmt"
	"slices"
	"strings"
)

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

// sameFactors reports whether factors have the same names and sizes in the same order.
func sameFactors(a, b []Factor) bool {
	return slices.EqualFunc(a, b, func(a, b Factor) bool { return a.Name == b.Name && a.Size == b.Size })
}

// factorNames lists the names of factors with their sizes, for messages.
func factorNames(list []Factor) string {
	if len(list) == 0 {
		return "none"
	}
	var names []string
	for _, f := range list {
		names = append(names, fmt.Sprintf("%s (%d)", f.Name, f.Size))
	}
	return strings.Join(names, ", ")
}

// joinFactors appends the values of one split to those of another with the same factors.
func joinFactors(first, second []Factor) []Factor {
	joined := slices.Clone(first)
	for i := range joined {
		joined[i].Values = slices.Concat(first[i].Values, second[i].Values)
	}
	return joined
}

// HasFactors reports whether the factors of the images of a data set are known.
func HasFactors(dataset string) bool {
	s, err := lookup(dataset)
	return err == nil && s.drawn != ""
}
