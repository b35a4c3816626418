package evaluate

import (
	"cmp"
	"context"
	"math"
	"slices"
)

// affinities are the joint probabilities p_ij of pairs of points, one row for each i.
// p_ij is 0 if j is missing from row i. The sum of all p_ij is 1.
type affinities [][]affinity

type affinity struct {
	index int // j
	p     float64
}

// newAffinities centres a Gaussian on each of the points x (N×D). Its width is chosen
// so that its distribution over the nearest neighbours has the given perplexity. The
// affinity of two points is symmetric: p_ij = (p_j|i + p_i|j)/2N.
func newAffinities(ctx context.Context, x Matrix, perplexity float64) (affinities, error) {
	index, err := NewNearestNeighbours(x)
	if err != nil {
		return nil, err
	}
	k := min(int(neighboursPerEffect*perplexity), x.Rows-1)
	found, err := index.Search(ctx, x, k+1)
	if err != nil {
		return nil, err
	}
	p := make(affinities, x.Rows)
	for i, neighbours := range found {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for _, a := range conditional(Without(neighbours, i), perplexity) {
			share := a.p / float64(2*x.Rows)
			p[i] = append(p[i], affinity{a.index, share})
			p[a.index] = append(p[a.index], affinity{i, share})
		}
	}
	for i := range p {
		p[i] = merge(p[i])
	}
	return p, nil
}

// Without returns all neighbours except point i itself. If i is not among them,
// because other points coincide with it, the last neighbour is omitted.
func Without(neighbours []Neighbour, i int) []Neighbour {
	at := slices.IndexFunc(neighbours, func(n Neighbour) bool { return n.Index == i })
	if at < 0 {
		at = len(neighbours) - 1
	}
	return slices.Delete(neighbours, at, at+1)
}

// conditional returns p_j|i ∝ exp(−β·d²) for the neighbours of a point, with the
// β that has the given perplexity exp(−Σ p·log p). It is found by bisection.
func conditional(neighbours []Neighbour, perplexity float64) []affinity {
	row := make([]affinity, len(neighbours))
	nearest := neighbours[0].Distance * neighbours[0].Distance
	low, high, beta := 0.0, math.Inf(1), 1.0
	for range 100 {
		sum, weighted := 0.0, 0.0
		for j, n := range neighbours {
			further := n.Distance*n.Distance - nearest
			row[j] = affinity{n.Index, math.Exp(-beta * further)}
			sum += row[j].p
			weighted += row[j].p * further
		}
		entropy := math.Log(sum) + beta*weighted/sum
		for j := range row {
			row[j].p /= sum
		}
		switch difference := entropy - math.Log(perplexity); {
		case math.Abs(difference) < 1e-6:
			return row
		case difference > 0:
			low = beta
		default:
			high = beta
		}
		if beta = (low + high) / 2; math.IsInf(high, 1) {
			beta = 2 * low
		}
	}
	return row
}

// merge sorts a row by points, adds up entries of the same point and omits those that
// are 0.
func merge(row []affinity) []affinity {
	slices.SortFunc(row, func(a, b affinity) int { return cmp.Or(cmp.Compare(a.index, b.index), cmp.Compare(a.p, b.p)) })
	merged := row[:0]
	for _, a := range row {
		if a.p == 0 {
			continue
		}
		if n := len(merged); n > 0 && merged[n-1].index == a.index {
			merged[n-1].p += a.p
			continue
		}
		merged = append(merged, a)
	}
	return merged
}
