package evaluate

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gaetrain/graph/kernel"
	"gaetrain/loaders"
)

// Retrieval says how well points near a query have its label, averaged over
// queries.
type Retrieval struct {
	Precision []float64 // at each given rank: share of that many nearest points with the query's label
	// MeanAveragePrecision is the mean of the precision at the ranks of all points
	// with the query's label, when all points are ranked by distance.
	MeanAveragePrecision float64
}

// rankedQueries is the number of queries in one product with all points.
const rankedQueries = 32

// Retrieve ranks all N points by their distance from each of the queries (Q×D)
// and compares labels (N) with those of the queries (Q). Ranks ascend from 1.
// Queries whose label no point has contribute zero. Memory is N. Errors wrap
// ErrInput or are those of the context.
func (n *NearestNeighbours) Retrieve(ctx context.Context, queries Matrix, queryLabels, labels []loaders.Label, ranks []int) (Retrieval, error) {
	if err := queries.check(); err != nil {
		return Retrieval{}, err
	}
	switch {
	case queries.Columns != n.points.Columns:
		return Retrieval{}, fmt.Errorf("%w: queries of %d values for points of %d", ErrInput, queries.Columns, n.points.Columns)
	case len(labels) != n.points.Rows || len(queryLabels) != queries.Rows:
		return Retrieval{}, fmt.Errorf("%w: %d labels for %d points, and %d for %d queries", ErrInput, len(labels), n.points.Rows, len(queryLabels), queries.Rows)
	case len(ranks) == 0 || slices.Min(ranks) < 1 || slices.Max(ranks) > n.points.Rows:
		return Retrieval{}, fmt.Errorf("%w: precision at the ranks %v of %d points; hint: from 1 to the number of points", ErrInput, ranks, n.points.Rows)
	}
	each := make([]Retrieval, queries.Rows)
	products := make([]float32, min(rankedQueries, queries.Rows)*n.points.Rows)
	for from := 0; from < queries.Rows; from += rankedQueries {
		if err := ctx.Err(); err != nil {
			return Retrieval{}, err
		}
		block := queries.Slice(from, min(from+rankedQueries, queries.Rows))
		kernel.Gemm(false, true, block.Rows, n.points.Rows, block.Columns, -2, block.Values, block.Columns, n.points.Values, block.Columns, 0, products, n.points.Rows)
		parallel(block.Rows, 1, func(first, last int) {
			keys := make([]uint64, n.points.Rows)
			for i := first; i < last; i++ {
				n.rankAll(keys, products[i*n.points.Rows:])
				each[from+i] = precisions(keys, labels, queryLabels[from+i], ranks)
			}
		})
	}
	return meanOf(each, len(ranks)), nil
}

// rankAll writes the points into the lower halves of keys, in the order of their
// distance from a query, and of their index if distances are equal. products are
// −2q·p.
func (n *NearestNeighbours) rankAll(keys []uint64, products []float32) {
	for j, square := range n.squares {
		word := math.Float32bits(square + products[j])
		if word>>31 == 1 {
			word = ^word // the larger word of two negative numbers is the smaller number
		} else {
			word |= 1 << 31
		}
		keys[j] = uint64(word)<<32 | uint64(j)
	}
	slices.Sort(keys)
}

// precisions returns the figures of one query.
func precisions(keys []uint64, labels []loaders.Label, label loaders.Label, ranks []int) Retrieval {
	r := Retrieval{Precision: make([]float64, len(ranks))}
	right := 0
	for i, key := range keys {
		if labels[uint32(key)] == label {
			right++
			r.MeanAveragePrecision += float64(right) / float64(i+1)
		}
		for k, rank := range ranks {
			if rank == i+1 {
				r.Precision[k] = float64(right) / float64(rank)
			}
		}
	}
	r.MeanAveragePrecision /= float64(max(right, 1))
	return r
}

func meanOf(each []Retrieval, ranks int) Retrieval {
	mean := Retrieval{Precision: make([]float64, ranks)}
	for _, r := range each {
		for k, p := range r.Precision {
			mean.Precision[k] += p / float64(len(each))
		}
		mean.MeanAveragePrecision += r.MeanAveragePrecision / float64(len(each))
	}
	return mean
}
