package graph

import (
	"cmp"
	"fmt"
	"slices"

	"gaetrain/graph/kernel/noise"
)

// Sample is a set of training images that weights are initialised from.
type Sample struct {
	Count int
	Read  func(dst []float32, i int) error // writes image i (0 ≤ i < Count) to dst
}

// InitialiseFromImages sets weights (D×H) to 0.01·x, with a different training
// image x (D) for each of the H units (Konda, Memisevic, Krueger 2015). The
// choice of the images depends only on the seed and the name of the weights. It
// wraps ErrArchitecture if there are fewer images than units.
func InitialiseFromImages(p Parameter, s Sample, seed uint64) error {
	const scale = 0.01
	units := p.Shape[1]
	if units > s.Count {
		return fmt.Errorf("%w: %s has %d units that start as one training image each, but there are only %d images; hint: fewer units, or another initialiser", ErrArchitecture, p.Name, units, s.Count)
	}
	image := make([]float32, p.Shape[0])
	for unit, i := range draw(units, s.Count, InitialKey(seed, p.Name)) {
		if err := s.Read(image, i); err != nil {
			return err
		}
		for input, v := range image {
			p.Values()[input*units+unit] = scale * v
		}
	}
	return nil
}

// draw returns n different random numbers from 0 to count−1.
func draw(n, count int, key noise.Key) []int {
	ranks, order := make([]float32, count), make([]int, count)
	noise.Uniform(ranks, key)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(ranks[i], ranks[j]) })
	return order[:n]
}
