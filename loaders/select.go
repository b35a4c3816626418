package loaders

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
		if s.Motion != (Motion{}) {
			out.Drawn = append(out.Drawn, s.drawn(i))
		}
	}
	return out
}

// Balanced returns the indices of n images, as many of each class as there are:
// one image of every class in turn, those of a class in a random order that
// depends on the seed. n ≤ 0 or n ≥ N is all images, in such an order. A split
// without labels has none.
func (s Split) Balanced(n int, seed uint64) []int {
	if n <= 0 || n > s.Len() {
		n = s.Len()
	}
	classes := len(numberedClasses(s))
	byClass := make([][]int, classes)
	order := make([]int, s.Len())
	permutation(order, true, seed, 0)
	for _, i := range order {
		if s.Labels != nil {
			byClass[s.Labels[i]] = append(byClass[s.Labels[i]], i)
		}
	}
	var chosen []int
	for turn := 0; classes > 0 && len(chosen) < n; turn++ {
		for _, images := range byClass {
			if turn < len(images) && len(chosen) < n {
				chosen = append(chosen, images[turn])
			}
		}
	}
	return chosen
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
