package cmd

import "math"

// Characters of sparklines, from the lowest value to the highest.
var (
	unicodeBars = []rune("▁▂▃▄▅▆▇█")
	asciiBars   = []rune("_.:-=+*#")
)

// wideRange is the ratio of the largest to the smallest value from which a sparkline is
// logarithmic.
const wideRange = 20

// sparkline draws values as one character each, from the lowest to the highest. If there
// is no room for all, each character is the mean of neighbouring values. Values that span
// a wide range are drawn by their logarithm. Values that are not finite are drawn as spaces.
func sparkline(values []float64, columns int, bars []rune) string {
	low, high := limits(values)
	return sparklineIn(values, columns, bars, low, high, low > 0 && high/low >= wideRange)
}

// sparklineIn draws values in a range, from low to high.
func sparklineIn(values []float64, columns int, bars []rune, low, high float64, logarithmic bool) string {
	scale := func(v float64) float64 { return v }
	if logarithmic {
		scale = math.Log
	}
	low, high = scale(low), scale(high)
	var text []rune
	for _, v := range thinned(values, columns) {
		level := (scale(v) - low) / (high - low)
		switch {
		case math.IsNaN(v) || math.IsInf(v, 0):
			text = append(text, ' ')
		case high <= low: // all values are equal
			text = append(text, bars[len(bars)/2])
		default:
			text = append(text, bars[int(min(max(level, 0), 1)*float64(len(bars)-1)+0.5)])
		}
	}
	return string(text)
}

// limits are the smallest and the largest finite value; 0 and 0 if there is none.
func limits(values []float64) (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, v := range values {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			low, high = min(low, v), max(high, v)
		}
	}
	if low > high {
		return 0, 0
	}
	return low, high
}

// thinned returns at most the given number of values, each the mean of as many neighbours.
func thinned(values []float64, most int) []float64 {
	n := min(len(values), max(most, 0))
	if n == len(values) {
		return values
	}
	means := make([]float64, n)
	for i := range means {
		group := values[i*len(values)/n : (i+1)*len(values)/n]
		for _, v := range group {
			means[i] += v / float64(len(group))
		}
	}
	return means
}
