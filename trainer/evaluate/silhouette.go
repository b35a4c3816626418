package evaluate

import (
	"context"
	"fmt"
	"math"

	"gaetrain/graph/kernel"
)

// Silhouette returns the mean of (b − a)/max(a, b) over the observations of x
// (N×D), where a is the mean distance from the others of its cluster and b the
// smallest mean distance from the observations of another cluster (Rousseeuw 1987). It
// is near 1 if clusters are far apart, 0 if they touch, and 0 for a single observation
// in a cluster. clusters (N) are in [0, K), and at least two of them are not empty.
// Time grows as N², memory as N·K. Errors wrap ErrInput or the context's.
func Silhouette(ctx context.Context, x Matrix, clusters []int, k int) (float64, error) {
	if err := x.check(); err != nil {
		return 0, err
	}
	counts := make([]int, max(k, 0))
	for _, c := range clusters {
		if c < 0 || c >= k {
			return 0, fmt.Errorf("%w: cluster %d of %d", ErrInput, c, k)
		}
		counts[c]++
	}
	filled := 0
	for _, count := range counts {
		filled += min(count, 1)
	}
	if len(clusters) != x.Rows || filled < 2 {
		return 0, fmt.Errorf("%w: silhouette of %d observations, %d of them in %d clusters; hint: at least 2 clusters", ErrInput, x.Rows, len(clusters), filled)
	}
	s := silhouettes{x, x.squares(), clusters, counts, make([]float32, blockRows*searchedPoints)}
	sum := 0.0
	for from, block := range x.blocks() {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		for _, v := range s.block(from, block) {
			sum += v
		}
	}
	return sum / float64(x.Rows), nil
}

type silhouettes struct {
	x        Matrix
	squares  []float32 // N
	clusters []int     // N
	counts   []int     // K
	products []float32
}

// block returns the silhouettes of a block of observations. first is the index of its
// first observation.
func (s *silhouettes) block(first int, block Matrix) []float64 {
	d, k := s.x.Columns, len(s.counts)
	sums := make([]float64, block.Rows*k) // of distances from the observations of a cluster
	for start := 0; start < s.x.Rows; start += searchedPoints {
		points := s.x.Slice(start, min(start+searchedPoints, s.x.Rows))
		kernel.Gemm(false, true, block.Rows, points.Rows, d, -2, block.Values, d, points.Values, d, 0, s.products, points.Rows)
		parallel(block.Rows, searchGrain, func(from, to int) {
			for i := from; i < to; i++ {
				sum, own := sums[i*k:(i+1)*k], s.squares[first+i]
				for j, product := range s.products[i*points.Rows : (i+1)*points.Rows] {
					if squared := own + s.squares[start+j] + product; squared > 0 && start+j != first+i {
						sum[s.clusters[start+j]] += math.Sqrt(float64(squared))
					}
				}
			}
		})
	}
	values := make([]float64, block.Rows)
	for i := range values {
		values[i] = s.value(s.clusters[first+i], sums[i*k:(i+1)*k])
	}
	return values
}

// value returns the silhouette of an observation of a cluster from the sums of
// its distances.
func (s *silhouettes) value(own int, sums []float64) float64 {
	if s.counts[own] == 1 {
		return 0
	}
	a, b := sums[own]/float64(s.counts[own]-1), math.Inf(1)
	for c, sum := range sums {
		if c != own && s.counts[c] > 0 {
			b = min(b, sum/float64(s.counts[c]))
		}
	}
	if a == b {
		return 0
	}
	return (b - a) / max(a, b)
}
