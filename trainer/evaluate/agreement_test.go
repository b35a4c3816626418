package evaluate

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gaetrain/loaders"
)

// TestAgree compares with values of scikit-learn (normalized_mutual_info_score,
// adjusted_rand_score).
func TestAgree(t *testing.T) {
	for _, c := range []struct {
		clusters []int
		k        int
		labels   []loaders.Label
		want     Agreement
	}{
		{[]int{1, 1, 0, 0}, 2, []loaders.Label{0, 0, 1, 1}, Agreement{1, 1, 1, []int{1, 0}}},
		{[]int{0, 1, 0, 1}, 2, []loaders.Label{0, 0, 1, 1}, Agreement{0, -0.5, 0.5, []int{0, 1}}},
		{[]int{0, 0, 0, 0}, 1, []loaders.Label{0, 0, 1, 1}, Agreement{0, 0, 0.5, []int{0}}},
		{[]int{0, 0, 0}, 1, []loaders.Label{0, 0, 0}, Agreement{1, 1, 1, []int{0}}},
		{[]int{0, 0, 1, 2, 2, 2, 3, 3}, 4, []loaders.Label{0, 0, 0, 1, 1, 2, 2, 2}, Agreement{0.7020168761809935, 0.3684210526315789, 0.75, []int{0, -1, 1, 2}}},
	} {
		got, err := Agree(c.clusters, c.k, c.labels)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(got.NMI-c.want.NMI) > 1e-9 || math.Abs(got.ARI-c.want.ARI) > 1e-9 || got.Accuracy != c.want.Accuracy {
			t.Errorf("clusters %v, labels %v: %+v, want %+v", c.clusters, c.labels, got, c.want)
		}
		if len(c.want.Classes) > 2 && !slices.Equal(got.Classes, c.want.Classes) {
			t.Errorf("clusters %v, labels %v: matched to %v, want %v", c.clusters, c.labels, got.Classes, c.want.Classes)
		}
	}
	for name, err := range map[string]error{
		"labels":  second(Agree([]int{0, 1}, 2, []loaders.Label{0})),
		"nothing": second(Agree(nil, 2, nil)),
		"cluster": second(Agree([]int{0, 2}, 2, []loaders.Label{0, 1})),
	} {
		if !isInput(err) {
			t.Errorf("%s: error %v, want one that wraps ErrInput", name, err)
		}
	}
}

// TestMatch compares with all permutations.
func TestMatch(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for _, shape := range [][2]int{{1, 1}, {4, 4}, {3, 5}, {6, 2}, {5, 5}} {
		for range 20 {
			table := make([][]int, shape[0])
			for i := range table {
				for range shape[1] {
					table[i] = append(table[i], r.IntN(7))
				}
			}
			got, used := 0, map[int]bool{}
			for i, j := range match(table) {
				if j >= 0 {
					got += table[i][j]
					if used[j] {
						t.Errorf("%v: column %d is taken twice", table, j)
					}
					used[j] = true
				}
			}
			if want := best(table, 0, map[int]bool{}); got != want {
				t.Errorf("%v: matched %d, want %d", table, got, want)
			}
		}
	}
}

// best tries all columns, and no column, for the rows from i.
func best(table [][]int, i int, used map[int]bool) int {
	if i == len(table) {
		return 0
	}
	most := best(table, i+1, used)
	for j, n := range table[i] {
		if !used[j] {
			used[j] = true
			most = max(most, n+best(table, i+1, used))
			used[j] = false
		}
	}
	return most
}
