package evaluate

// NestedVariance says which share of the variance of some numbers belongs to groups, to
// subgroups within the groups, and to what differs within a subgroup. The shares sum to 1.
type NestedVariance struct {
	Group    float64 `json:"group"`
	Subgroup float64 `json:"subgroup"`
	Rest     float64 `json:"rest"`
}

// NestedVarianceOf divides the sum of squared deviations from the mean (Fisher 1925). groups
// and subgroups have one number for each value; a subgroup lies in one group. All shares are
// 0 if the values are equal.
func NestedVarianceOf(values []float64, groups, subgroups []int) (v NestedVariance) {
	all, byGroup, bySubgroup := means(values, make([]int, len(values))), means(values, groups), means(values, subgroups)
	var total float64
	for i, x := range values {
		mean, group, subgroup := all[0], byGroup[groups[i]], bySubgroup[subgroups[i]]
		v.Group += (group - mean) * (group - mean)
		v.Subgroup += (subgroup - group) * (subgroup - group)
		v.Rest += (x - subgroup) * (x - subgroup)
		total += (x - mean) * (x - mean)
	}
	if total == 0 {
		return NestedVariance{}
	}
	v.Group, v.Subgroup, v.Rest = v.Group/total, v.Subgroup/total, v.Rest/total
	return v
}

// ByChance returns the shares that are expected if neither groups nor subgroups have an
// effect: they grow with the numbers of groups and subgroups.
func ByChance(groups, subgroups []int) NestedVariance {
	g, s, n := distinct(groups), distinct(subgroups), float64(len(groups))
	if n < 2 {
		return NestedVariance{}
	}
	return NestedVariance{(g - 1) / (n - 1), (s - g) / (n - 1), (n - s) / (n - 1)}
}

func distinct(numbers []int) float64 {
	seen := make(map[int]bool)
	for _, n := range numbers {
		seen[n] = true
	}
	return float64(len(seen))
}

// means returns the mean of the values of each group.
func means(values []float64, groups []int) map[int]float64 {
	sums, counts := make(map[int]float64), make(map[int]float64)
	for i, g := range groups {
		sums[g] += values[i]
		counts[g]++
	}
	for g := range sums {
		sums[g] /= counts[g]
	}
	return sums
}
