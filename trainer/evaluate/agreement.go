package evaluate

import (
	"fmt"
	"math"
	"slices"

	"gaetrain/loaders"
)

// Agreement says how well clusters match classes that were not used to find them.
type Agreement struct {
	// NMI is the mutual information of clusters and classes divided by the mean of
	// their entropies: 0 if they are independent, 1 if they are the same.
	NMI float64 `json:"nmi"`
	// ARI is the Rand index adjusted for chance (Hubert & Arabie 1985): the share
	// of pairs on which both agree, scaled so that 0 is chance and 1 is full agreement.
	ARI float64 `json:"ari"`
	// Accuracy is the share of observations whose cluster is matched to their
	// class, by the one-to-one matching with the largest share (Kuhn 1955).
	Accuracy float64 `json:"accuracy"`
	// Classes (K) are the classes that clusters are matched to; −1 for a cluster
	// without a class, if there are more clusters than classes.
	Classes []int `json:"classes"`
}

// Agree compares clusters (N, each in [0, K)) with labels (N). Errors wrap
// ErrInput.
func Agree(clusters []int, k int, labels []loaders.Label) (Agreement, error) {
	if len(clusters) != len(labels) || len(labels) == 0 {
		return Agreement{}, fmt.Errorf("%w: %d labels for %d observations in clusters", ErrInput, len(labels), len(clusters))
	}
	classes := int(slices.Max(labels)) + 1
	table := make([][]int, k)
	for i := range table {
		table[i] = make([]int, classes)
	}
	for i, cluster := range clusters {
		if cluster < 0 || cluster >= k {
			return Agreement{}, fmt.Errorf("%w: cluster %d of %d", ErrInput, cluster, k)
		}
		table[cluster][labels[i]]++
	}
	a := Agreement{NMI: mutualInformation(table), ARI: adjustedRand(table), Classes: match(table)}
	matched := 0
	for cluster, class := range a.Classes {
		if class >= 0 {
			matched += table[cluster][class]
		}
	}
	a.Accuracy = share(matched, len(labels))
	return a, nil
}

// margins returns the sums of the rows and of the columns of a table.
func margins(table [][]int) (rows, columns []int, all int) {
	rows, columns = make([]int, len(table)), make([]int, len(table[0]))
	for i, row := range table {
		for j, n := range row {
			rows[i] += n
			columns[j] += n
			all += n
		}
	}
	return rows, columns, all
}

// mutualInformation returns I(U; V) / ½(H(U) + H(V)) of a table of counts; 1
// if both entropies are 0.
func mutualInformation(table [][]int) float64 {
	rows, columns, all := margins(table)
	entropy := func(counts []int) (h float64) {
		for _, n := range counts {
			if n > 0 {
				h -= share(n, all) * math.Log(share(n, all))
			}
		}
		return h
	}
	mean := (entropy(rows) + entropy(columns)) / 2
	if mean == 0 {
		return 1
	}
	information := 0.0
	for i, row := range table {
		for j, n := range row {
			if n > 0 {
				information += share(n, all) * math.Log(share(n, all)/(share(rows[i], all)*share(columns[j], all)))
			}
		}
	}
	return max(information/mean, 0)
}

// adjustedRand returns the adjusted Rand index of a table of counts; 1 if
// only one agreement is possible.
func adjustedRand(table [][]int) float64 {
	rows, columns, all := margins(table)
	pairs := func(counts []int) (sum float64) {
		for _, n := range counts {
			sum += float64(n) * float64(n-1) / 2
		}
		return sum
	}
	together := 0.0
	for _, row := range table {
		together += pairs(row)
	}
	inRows, inColumns := pairs(rows), pairs(columns)
	chance := inRows * inColumns / max(pairs([]int{all}), 1)
	most := (inRows + inColumns) / 2
	if most == chance {
		return 1
	}
	return (together - chance) / (most - chance)
}

// match returns, for each row of a table, a different column, so that the sum of
// the selected entries is largest; −1 for rows without a column. It uses Kuhn's
// Hungarian method by shortest augmenting paths (Jonker & Volgenant 1987).
func match(table [][]int) []int {
	n := max(len(table), len(table[0]))
	cost := func(i, j int) int { // in a square matrix of negated entries, padded with zeros
		if i < len(table) && j < len(table[0]) {
			return -table[i][j]
		}
		return 0
	}
	rowPotential, columnPotential := make([]int, n), make([]int, n+1)
	rowOf := slices.Repeat([]int{-1}, n+1) // of a column; paths begin at column n
	for i := range n {
		rowOf[n] = i
		reduced, from, done := slices.Repeat([]int{math.MaxInt}, n), make([]int, n), make([]bool, n+1)
		column := n
		for rowOf[column] >= 0 {
			done[column] = true
			row, next, step := rowOf[column], -1, math.MaxInt
			for j := range n {
				if done[j] {
					continue
				}
				if c := cost(row, j) - rowPotential[row] - columnPotential[j]; c < reduced[j] {
					reduced[j], from[j] = c, column
				}
				if reduced[j] < step {
					next, step = j, reduced[j]
				}
			}
			for j := range n + 1 {
				if done[j] {
					rowPotential[rowOf[j]] += step
					columnPotential[j] -= step
				} else if reduced[j] < math.MaxInt {
					reduced[j] -= step
				}
			}
			column = next
		}
		for column != n {
			rowOf[column] = rowOf[from[column]]
			column = from[column]
		}
	}
	columns := slices.Repeat([]int{-1}, len(table))
	for j, i := range rowOf[:n] {
		if i < len(table) && j < len(table[0]) {
			columns[i] = j
		}
	}
	return columns
}
