package loaders

import (
	"cmp"
	"slices"
)

// Select returns the images of the given indices, in that order; pairs that
// Pairs makes move as they did.
func (s Split) Select(indices []int) Split {
	out := Split{Shape: s.Shape, Store: s.Store, Rows: make([]int, 0, len(indices)), Motion: s.Motion, Seed: s.Seed, Source: s.Source}
	for _, i := range indices {
		out.Rows = append(out.Rows, s.row(i))
		out.Positions = append(out.Positions, s.Position(i))
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
	out.Factors = factorsOf(s.Factors, func(values []uint16) []uint16 {
		picked := make([]uint16, len(indices))
		for to, i := range indices {
			picked[to] = values[i]
		}
		return picked
	})
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

// Stratified returns n images, of which each class has its share; all of them if
// n ≤ 0 or n ≥ N. Strata says which images they are.
func (s Split) Stratified(n int) Split {
	if n <= 0 || n >= s.Len() {
		return s
	}
	return s.Select(s.Strata(n))
}

// setAside returns the split with n images behind the others, of which each class has
// its share. The order is otherwise as before.
func (s Split) setAside(n int) Split {
	if n <= 0 {
		return s
	}
	return s.moveBehind(s.Strata(min(n, s.Len())))
}

// moveBehind returns the split with the images of ascending indices behind the others.
func (s Split) moveBehind(aside []int) Split {
	order := make([]int, 0, s.Len())
	for i, next := 0, 0; i < s.Len(); i++ {
		if next < len(aside) && aside[next] == i {
			next++
			continue
		}
		order = append(order, i)
	}
	return s.Select(append(order, aside...))
}

// Strata returns the ascending indices of n ≤ N images, which Stratified chooses. Each class has its share of
// the n images, to the nearest image. The images of a class lie at even distances
// among all images of the class, so the choice depends on no seed, and it is
// representative also where the images are sorted. Images without labels are one
// class.
func (s Split) Strata(n int) []int {
	labels := s.Labels
	if labels == nil {
		labels = make([]Label, s.Len())
	}
	if len(labels) == 0 {
		return nil
	}
	counts := make([]int, int(slices.Max(labels))+1)
	for _, label := range labels {
		counts[label]++
	}
	seen, shares := make([]int, len(counts)), proportional(counts, n)
	indices := make([]int, 0, n)
	for i, label := range labels {
		if isEven(seen[label], shares[label], counts[label]) {
			indices = append(indices, i)
		}
		seen[label]++
	}
	return indices
}

// isEven reports whether element r of a list of all is one of n at even distances,
// which are the elements ⌊i·all/n⌋ for i from 0 to n−1.
func isEven(r, n, all int) bool {
	i := (r*n + all - 1) / all
	return i < n && i*all/n == r
}

// proportional divides n over parts in proportion to their counts, by the method
// of the largest remainder.
func proportional(counts []int, n int) []int {
	all, left := 0, n
	for _, count := range counts {
		all += count
	}
	shares, order := make([]int, len(counts)), make([]int, len(counts))
	if all == 0 {
		return shares
	}
	for i, count := range counts {
		shares[i], order[i] = n*count/all, i
		left -= shares[i]
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(n*counts[b]%all, n*counts[a]%all) })
	for _, i := range order[:left] {
		shares[i]++
	}
	return shares
}
