package evaluate

import (
	"math"
	"runtime"
	"slices"
	"testing"

	"gaetrain/loaders"
)

// TestRetrieve compares with a ranking that was made by hand.
func TestRetrieve(t *testing.T) {
	index, err := NewNearestNeighbours(NewMatrix([]float32{-5, 1, 2, 3, 40}, 1))
	if err != nil {
		t.Fatal(err)
	}
	labels := []loaders.Label{7, 0, 7, 7, 0}
	// From 0: 1 (0), 2 (7), 3 (7), −5 (7), 40 (0). From 30: 40 (0), 3, 2 (7), 1 (0), −5 (7).
	got, err := index.Retrieve(t.Context(), NewMatrix([]float32{0, 30, 30}, 1), []loaders.Label{7, 0, 9}, labels, []int{1, 2, 5})
	if err != nil {
		t.Fatal(err)
	}
	first, second := (1./2+2./3+3./4)/3, (1.+2./4)/2
	if want := (first + second) / 3; math.Abs(got.MeanAveragePrecision-want) > 1e-12 {
		t.Errorf("mean average precision %g, want %g", got.MeanAveragePrecision, want)
	}
	for k, want := range []float64{1. / 3, (1./2 + 1./2) / 3, (3./5 + 2./5) / 3} {
		if math.Abs(got.Precision[k]-want) > 1e-12 {
			t.Errorf("precision %d is %g, want %g", k, got.Precision[k], want)
		}
	}
}

// TestRetrieveAgrees compares with the results of Search, on several blocks and with
// several numbers of threads.
func TestRetrieveAgrees(t *testing.T) {
	points, labels := clusters(200, 5, 6)
	queries := random(3*rankedQueries+1, 6, 9)
	wanted := make([]loaders.Label, queries.Rows)
	index, err := NewNearestNeighbours(points)
	if err != nil {
		t.Fatal(err)
	}
	got, err := index.Retrieve(t.Context(), queries, wanted, labels, []int{1, 10})
	if err != nil {
		t.Fatal(err)
	}
	found, err := index.Search(t.Context(), queries, 10)
	if err != nil {
		t.Fatal(err)
	}
	var want [2]float64
	for _, neighbours := range found {
		for i, neighbour := range neighbours {
			if labels[neighbour.Index] == 0 {
				want[1] += 0.1 / float64(queries.Rows)
				if i == 0 {
					want[0] += 1 / float64(queries.Rows)
				}
			}
		}
	}
	if math.Abs(got.Precision[0]-want[0]) > 1e-9 || math.Abs(got.Precision[1]-want[1]) > 1e-9 {
		t.Errorf("precisions %v, want %v", got.Precision, want)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	again, err := index.Retrieve(t.Context(), queries, wanted, labels, []int{1, 10})
	if err != nil || !slices.Equal(got.Precision, again.Precision) || got.MeanAveragePrecision != again.MeanAveragePrecision {
		t.Errorf("one thread gives %v, several threads give %v (%v)", again, got, err)
	}
}

func TestRetrieveRefuses(t *testing.T) {
	points, labels := clusters(5, 2, 3)
	index, err := NewNearestNeighbours(points)
	if err != nil {
		t.Fatal(err)
	}
	q := points.Slice(0, 2)
	for name, err := range map[string]error{
		"columns":      second(index.Retrieve(t.Context(), random(2, 2, 1), labels[:2], labels, []int{1})),
		"labels":       second(index.Retrieve(t.Context(), q, labels[:2], labels[:9], []int{1})),
		"query labels": second(index.Retrieve(t.Context(), q, labels[:1], labels, []int{1})),
		"rank":         second(index.Retrieve(t.Context(), q, labels[:2], labels, []int{11})),
		"no ranks":     second(index.Retrieve(t.Context(), q, labels[:2], labels, nil)),
		"no queries":   second(index.Retrieve(t.Context(), Matrix{Columns: 3}, nil, labels, []int{1})),
	} {
		if !isInput(err) {
			t.Errorf("%s: error %v, want one that wraps ErrInput", name, err)
		}
	}
}
