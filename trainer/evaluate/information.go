package evaluate

import (
	"math"
	"slices"

	"gaetrain/loaders"
)

// informationBins is the number of intervals of equal width into which the values of a
// code are sorted (Locatello 2019).
const informationBins = 20

// bins returns the interval of each value of a column of codes: informationBins intervals
// of equal width from the smallest to the largest value. If all values are equal, they are
// in the first one.
func (m Matrix) bins(column int) []int {
	values := make([]float64, m.Rows)
	for i := range values {
		values[i] = float64(m.Values[i*m.Columns+column])
	}
	low, high := slices.Min(values), slices.Max(values)
	step := (high - low) / informationBins
	edge := func(k int) float64 { return float64(float64(k)*step) + low }
	found := make([]int, m.Rows)
	for i, v := range values {
		if step == 0 {
			continue
		}
		k := min(int((v-low)/step), informationBins-1)
		for k > 0 && v < edge(k) { // the division was rounded up
			k--
		}
		for k < informationBins-1 && v >= edge(k+1) {
			k++
		}
		found[i] = k
	}
	return found
}

// joint is a table of how many images have a value of a code in an interval (rows) and a
// value of a factor (columns).
type joint struct {
	counts          [informationBins][]float64
	bins, values    []float64 // sums of the rows and of the columns
	images          float64
	valuesThatOccur int
}

func newJoint(bins []int, f loaders.Factor) joint {
	j := joint{bins: make([]float64, informationBins), values: make([]float64, f.Size), images: float64(len(bins))}
	for b := range j.counts {
		j.counts[b] = make([]float64, f.Size)
	}
	for i, b := range bins {
		v := f.Values[i]
		j.counts[b][v]++
		j.bins[b]++
		j.values[v]++
	}
	for _, n := range j.values {
		if n > 0 {
			j.valuesThatOccur++
		}
	}
	return j
}

// information returns the mutual information of code and factor in nats.
func (j joint) information() (sum float64) {
	for b, row := range j.counts {
		for v, n := range row {
			if n > 0 {
				sum += n / j.images * math.Log(n*j.images/(j.bins[b]*j.values[v]))
			}
		}
	}
	return max(sum, 0)
}

// accuracy returns the balanced accuracy with which the interval of the code predicts the
// factor, if the most probable value is chosen for each interval.
func (j joint) accuracy() (sum float64) {
	for _, row := range j.counts {
		best := 0.0
		for v, n := range row {
			if n > 0 {
				best = max(best, n/j.values[v])
			}
		}
		sum += best / float64(j.valuesThatOccur)
	}
	return sum
}

// entropy returns the entropy of a factor in nats.
func entropy(f loaders.Factor) (sum float64) {
	counts := make([]float64, f.Size)
	for _, v := range f.Values {
		counts[v]++
	}
	for _, n := range counts {
		if p := n / float64(len(f.Values)); p > 0 {
			sum -= p * math.Log(p)
		}
	}
	return sum
}

// modularity measures whether each value of a code has information about one factor only
// (Ridgeway, Mozer 2018, equation 2). information is by code and factor. A code without
// information counts as 0.
func modularity(information [][]float64) float64 {
	var sum float64
	for _, row := range information {
		largest, others := 0.0, 0.0
		for _, v := range row {
			largest = max(largest, v*v)
			others += v * v
		}
		if largest > 0 && len(row) > 1 {
			sum += 1 - (others-largest)/(largest*float64(len(row)-1))
		}
	}
	return sum / float64(len(information))
}

// gap returns the difference of the two largest numbers of a column; with one row, the
// number.
func gap(table [][]float64, column int) float64 {
	first, second := 0.0, 0.0
	for _, row := range table {
		switch v := row[column]; {
		case v > first:
			first, second = v, first
		case v > second:
			second = v
		}
	}
	return first - second
}
