package loaders

import (
	"cmp"
	"slices"
)

// Select returns the images of the given indices, in that order; pairs that
// Pairs makes move as they did. Their memory is their own.
func (s Split) Select(indices []int) Split {
	out := Split{Shape: s.Shape, Motion: s.Motion, Seed: s.Seed, Source: s.Source}
	size := s.stored()
	for _, i := range indices {
		if s.Images != nil {
			out.Images = append(out.Images, s.Image(i)...)
		}
		if s.Values != nil {
			out.Values = append(out.Values, s.Values[i*size:(i+1)*size]...)
		}
		if s.Labels != nil {
			out.Labels = append(out.Labels, s.Labels[i])
		}
		if s.Names != nil {
			out.Names = append(out.Names, s.Names[i])
		}
		if s.Motion != (Motion{}) {
			out.Drawn = append(out.Drawn, s.drawn(i))
		}
	}
	return out
}

// Balanced returns the indices of n images, as many of each class as there are.
// The images of a class are chosen at random, by the seed. They are in an order in
// which every class is spread evenly, so that the last ones, which are held out,
// are of all classes too. n ≤ 0 or n ≥ N is all images, in such an order. A split
// without labels has none.
func (s Split) Balanced(n int, seed uint64) []int {
	if len(s.Labels) == 0 {
		return nil
	}
	if n <= 0 || n > s.Len() {
		n = s.Len()
	}
	byClass := make([][]int, int(slices.Max(s.Labels))+1)
	order := make([]int, s.Len())
	permutation(order, true, seed, 0)
	for _, i := range order {
		byClass[s.Labels[i]] = append(byClass[s.Labels[i]], i)
	}
	counts := make([]int, len(byClass))
	for chosen := 0; chosen < n; {
		for class, images := range byClass {
			if counts[class] < len(images) && chosen < n {
				counts[class]++
				chosen++
			}
		}
	}
	for class := range byClass {
		byClass[class] = byClass[class][:counts[class]]
	}
	return spread(byClass)
}

// spread joins lists so that each is spread evenly over the result: element r
// of a list of n comes at (r + ½)/n.
func spread(lists [][]int) []int {
	type placed struct {
		at    float64
		index int
	}
	var all []placed
	for _, list := range lists {
		for r, index := range list {
			all = append(all, placed{(float64(r) + 0.5) / float64(len(list)), index})
		}
	}
	slices.SortStableFunc(all, func(a, b placed) int { return cmp.Compare(a.at, b.at) })
	indices := make([]int, len(all))
	for i, p := range all {
		indices[i] = p.index
	}
	return indices
}

// Spread returns n images at even distances, which are of all classes also where
// the images are sorted by class; all of them if n ≥ N.
func (s Split) Spread(n int) Split {
	if n >= s.Len() {
		return s
	}
	indices := make([]int, max(n, 0))
	for i := range indices {
		indices[i] = i * s.Len() / n
	}
	return s.Select(indices)
}
