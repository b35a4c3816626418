package evaluate

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"gaetrain/graph/kernel"
	"gaetrain/loaders"
)

// NearestNeighbours finds the points nearest to a query in Euclidean distance. The
// result is exact, because a query is compared with all points.
type NearestNeighbours struct {
	points  Matrix    // N×D
	squares []float32 // N: squared norms
}

// NewNearestNeighbours prepares a search among points (N×D), whose memory it shares.
// Errors wrap ErrInput.
func NewNearestNeighbours(points Matrix) (*NearestNeighbours, error) {
	if err := points.check(); err != nil {
		return nil, err
	}
	return &NearestNeighbours{points, points.squares()}, nil
}

// squares returns the squared norm of each row.
func (m Matrix) squares() []float32 {
	squares := make([]float32, m.Rows)
	parallel(m.Rows, blockRows, func(from, to int) {
		for i := from; i < to; i++ {
			squares[i] = float32(kernel.SumSquares(m.Row(i)))
		}
	})
	return squares
}

// Neighbour is one of the points, and its distance from a query.
type Neighbour struct {
	Index    int
	Distance float64
}

// searchedPoints is the number of points in one product with a block of queries.
const searchedPoints = 2048

// searchGrain is the least number of queries for one thread.
const searchGrain = 8

// Search returns, for each of the queries (Q×D), the k nearest points, nearest
// first. Equally near points are in the order of their indices. Memory is Q·k. Errors wrap ErrInput or are
// those of the context.
//
// Squared distances ‖q‖² + ‖p‖² − 2q·p by a matrix product select more than k
// candidates. The candidates are then sorted by exact distances.
func (n *NearestNeighbours) Search(ctx context.Context, queries Matrix, k int) ([][]Neighbour, error) {
	if err := queries.check(); err != nil {
		return nil, err
	}
	switch {
	case queries.Columns != n.points.Columns:
		return nil, fmt.Errorf("%w: queries of %d values for points of %d", ErrInput, queries.Columns, n.points.Columns)
	case k < 1 || k > n.points.Rows:
		return nil, fmt.Errorf("%w: %d neighbours of %d points; hint: from 1 to the number of points", ErrInput, k, n.points.Rows)
	}
	found := make([][]Neighbour, queries.Rows)
	products := make([]float32, min(blockRows, queries.Rows)*min(searchedPoints, n.points.Rows))
	for from, block := range queries.blocks() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		n.searchBlock(block, k, found[from:from+block.Rows], products)
	}
	return found, nil
}

func (n *NearestNeighbours) searchBlock(queries Matrix, k int, found [][]Neighbour, products []float32) {
	candidates := min(k+max(k, 8), n.points.Rows)
	nearest := make([]shortlist, queries.Rows)
	for first := 0; first < n.points.Rows; first += searchedPoints {
		points := n.points.Slice(first, min(first+searchedPoints, n.points.Rows))
		kernel.Gemm(false, true, queries.Rows, points.Rows, points.Columns, -2, queries.Values, queries.Columns, points.Values, points.Columns, 0, products, points.Rows)
		parallel(queries.Rows, searchGrain, func(from, to int) {
			for i := from; i < to; i++ {
				nearest[i].offer(candidates, first, products[i*points.Rows:][:points.Rows], n.squares[first:])
			}
		})
	}
	parallel(queries.Rows, searchGrain, func(from, to int) {
		for i := from; i < to; i++ {
			found[i] = n.rank(queries.Row(i), nearest[i])[:k]
		}
	})
}

// shortlist has the points nearest to a query so far, nearest first. They are sorted by
// their squared distance minus the squared norm of the query.
type shortlist []struct {
	index  int
	square float32
}

// offer adds points that are nearer than the last one of the list, which has at most
// size points. products are −2q·p, squares ‖p‖².
func (l *shortlist) offer(size, first int, products, squares []float32) {
	limit := float32(math.Inf(1))
	if len(*l) == size {
		limit = (*l)[size-1].square
	}
	for j, product := range products {
		square := squares[j] + product
		if square >= limit {
			continue
		}
		at := len(*l)
		if at < size {
			*l = append(*l, struct {
				index  int
				square float32
			}{})
		} else {
			at--
		}
		for ; at > 0 && (*l)[at-1].square > square; at-- {
			(*l)[at] = (*l)[at-1]
		}
		(*l)[at].index, (*l)[at].square = first+j, square
		if len(*l) == size {
			limit = (*l)[size-1].square
		}
	}
}

// rank orders the points of a list by their exact distance from a query.
func (n *NearestNeighbours) rank(query []float32, list shortlist) []Neighbour {
	neighbours := make([]Neighbour, len(list))
	for i, candidate := range list {
		neighbours[i] = Neighbour{candidate.index, math.Sqrt(squaredDistance(n.points.Row(candidate.index), query))}
	}
	slices.SortFunc(neighbours, func(a, b Neighbour) int {
		return cmp.Or(cmp.Compare(a.Distance, b.Distance), cmp.Compare(a.Index, b.Index))
	})
	return neighbours
}

// Classify returns, for each of the queries (Q×D), the most frequent label of its k
// nearest points. Of equally frequent labels it returns the smallest. Errors wrap
// ErrInput or are those of the context.
func (n *NearestNeighbours) Classify(ctx context.Context, queries Matrix, labels []loaders.Label, k int) ([]int, error) {
	classes, err := checkLabels(n.points, labels)
	if err != nil {
		return nil, err
	}
	found, err := n.Search(ctx, queries, k)
	if err != nil {
		return nil, err
	}
	predictions := make([]int, queries.Rows)
	for i, neighbours := range found {
		votes := make([]int, classes)
		for _, neighbour := range neighbours {
			votes[labels[neighbour.Index]]++
		}
		predictions[i] = slices.Index(votes, slices.Max(votes))
	}
	return predictions, nil
}
