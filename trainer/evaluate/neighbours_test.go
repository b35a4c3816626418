package evaluate

import (
	"cmp"
	"math"
	"slices"
	"testing"

	"gaetrain/loaders"
)

// TestSearch compares with all distances sorted. There are more points than in a block,
// some of them twice, far from the origin.
func TestSearch(t *testing.T) {
	points, queries := random(searchedPoints+300, 5, 1), random(blockRows+9, 5, 2)
	for i, v := range points.Values {
		points.Values[i] = v + 100
	}
	for i, v := range queries.Values {
		queries.Values[i] = v + 100
	}
	copy(points.Row(searchedPoints+7), points.Row(3))
	copy(queries.Row(blockRows+1), points.Row(3))
	index, err := NewNearestNeighbours(points)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range []int{1, 7} {
		found, err := index.Search(t.Context(), queries, k)
		if err != nil {
			t.Fatal(err)
		}
		for q, neighbours := range found {
			if q%16 != 0 && q < blockRows {
				continue
			}
			all := make([]Neighbour, points.Rows)
			for i := range all {
				sum := 0.0
				for j, v := range points.Row(i) {
					sum += math.Pow(float64(v)-float64(queries.Row(q)[j]), 2)
				}
				all[i] = Neighbour{i, math.Sqrt(sum)}
			}
			slices.SortStableFunc(all, func(a, b Neighbour) int { return cmp.Compare(a.Distance, b.Distance) })
			if !slices.Equal(neighbours, all[:k]) {
				t.Fatalf("query %d: neighbours %v, want %v", q, neighbours, all[:k])
			}
		}
	}
}

func TestClassify(t *testing.T) {
	index, err := NewNearestNeighbours(NewMatrix([]float32{0, 1, 2, 10, 11}, 1))
	if err != nil {
		t.Fatal(err)
	}
	labels, queries := []loaders.Label{1, 0, 1, 3, 3}, NewMatrix([]float32{1, 9, 6}, 1)
	for k, want := range map[int][]int{1: {0, 3, 1}, 3: {1, 3, 0}, 4: {1, 3, 3}, 2: {0, 3, 1}} {
		got, err := index.Classify(t.Context(), queries, labels, k)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%d neighbours: classes %v, want %v", k, got, want)
		}
	}
	for name, err := range map[string]error{
		"none":     second(index.Classify(t.Context(), queries, labels, 0)),
		"too many": second(index.Classify(t.Context(), queries, labels, 6)),
		"labels":   second(index.Classify(t.Context(), queries, labels[1:], 1)),
		"columns":  second(index.Classify(t.Context(), random(3, 2, 1), labels, 1)),
		"points":   second(NewNearestNeighbours(Matrix{Columns: 2})),
	} {
		if !isInput(err) {
			t.Errorf("%s: error %v, want one that wraps ErrInput", name, err)
		}
	}
}
