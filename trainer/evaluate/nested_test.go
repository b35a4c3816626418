package evaluate

import (
	"math"
	"testing"
)

func TestNestedVarianceOf(t *testing.T) {
	t.Parallel()
	groups, subgroups := []int{0, 0, 0, 0, 1, 1}, []int{0, 0, 1, 1, 2, 2}
	near := func(v NestedVariance, group, subgroup, rest float64) bool {
		return math.Abs(v.Group-group)+math.Abs(v.Subgroup-subgroup)+math.Abs(v.Rest-rest) < 1e-12
	}
	// Means: all 4, groups 3 and 6, subgroups 2, 4 and 6; squares 12 + 4 + 12.
	if v := NestedVarianceOf([]float64{1, 3, 3, 5, 4, 8}, groups, subgroups); !near(v, 12.0/28, 4.0/28, 12.0/28) {
		t.Errorf("%+v", v)
	}
	if v := NestedVarianceOf([]float64{2, 2, 2, 2, 2, 2}, groups, subgroups); v != (NestedVariance{}) {
		t.Errorf("equal values: %+v", v)
	}
	if v := ByChance(groups, subgroups); !near(v, 1.0/5, 1.0/5, 3.0/5) {
		t.Errorf("by chance: %+v", v)
	}
}
