package evaluate_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"gaetrain/loaders"
	"gaetrain/trainer/evaluate"
)

func TestConfusion(t *testing.T) {
	scores := []float32{1, 0, 0 /**/, 0, 2, 2 /**/, -1, -3, -2 /**/, 0, 0, 1 /**/, 5, 1, 0}
	predicted := evaluate.Classes(scores, 3)
	if diff := cmp.Diff([]int{0, 1, 0, 2, 0}, predicted); diff != "" {
		t.Fatal(diff)
	}
	c, err := evaluate.Confuse(3, []loaders.Label{0, 1, 1, 2, 2}, predicted)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(evaluate.Confusion{{1, 0, 0}, {1, 1, 0}, {1, 0, 1}}, c); diff != "" {
		t.Error(diff)
	}
	if got := []float64{c.Accuracy(), c.Precision(0), c.Recall(0), c.Precision(1), c.Recall(1)}; !cmp.Equal(got, []float64{0.6, 1. / 3, 1, 1, 0.5}) {
		t.Errorf("accuracy, precision and recall are %v", got)
	}
	if diff := cmp.Diff([]evaluate.Mistake{{1, 0, 1}, {2, 0, 1}}, c.Mistakes()); diff != "" {
		t.Error(diff)
	}
	if _, err := evaluate.Confuse(3, []loaders.Label{3}, []int{0}); err == nil {
		t.Error("a label beyond the classes is accepted")
	}
	if _, err := evaluate.Confuse(3, []loaders.Label{1, 2}, []int{0}); err == nil {
		t.Error("fewer predictions than labels are accepted")
	}
}
