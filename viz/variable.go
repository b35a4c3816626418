package viz

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"gaetrain/viz/plain"
	"gaetrain/viz/plot"
)

// Variable is a quantity with a value for each of several items, such as a setting of runs.
type Variable struct {
	Name   string
	Values []float64 // NaN: the item has none
	Labels []string  // names of the values 0, 1, …; nil: the values are numbers
}

// fewValues is the number of different values up to which an axis has a tick at each value.
const fewValues = 8

// clean returns the variable with text that can be drawn.
func (v Variable) clean() Variable {
	v.Name = plain.Line(v.Name)
	labels := slices.Clone(v.Labels)
	for i := range labels {
		labels[i] = plain.Line(labels[i])
	}
	v.Labels = labels
	return v
}

// at returns the value of an item, or NaN.
func (v Variable) at(i int) float64 {
	if i < len(v.Values) && finite(v.Values[i]) {
		return v.Values[i]
	}
	return math.NaN()
}

// distinct lists the different finite values in ascending order.
func (v Variable) distinct() []float64 {
	sorted := slices.DeleteFunc(slices.Clone(v.Values), func(x float64) bool { return !finite(x) })
	slices.Sort(sorted)
	return slices.Compact(sorted)
}

// logarithmic reports whether all values are positive numbers that span more than a decade.
func (v Variable) logarithmic() bool {
	values := v.distinct()
	return v.Labels == nil && len(values) > 1 && values[0] > 0 && values[len(values)-1] > 10*values[0]
}

// span is the range of the axis.
func (v Variable) span() (low, high float64) {
	values := v.distinct()
	switch {
	case v.Labels != nil:
		return 0, math.Max(1, float64(len(v.Labels)-1))
	case len(values) == 0:
		return 0, 1
	case len(values) == 1:
		room := math.Max(1e-9, math.Abs(values[0])/2)
		return values[0] - room, values[0] + room
	}
	return values[0], values[len(values)-1]
}

// place is where a value is between the ends of the axis, from 0 to 1.
func (v Variable) place(x float64) float64 {
	low, high := v.span()
	if v.logarithmic() {
		low, high, x = math.Log(low), math.Log(high), math.Log(x)
	}
	return (x - low) / (high - low)
}

// Ticks makes a tick at each value if there are few, and otherwise at round numbers. It
// implements plot.Ticker.
func (v Variable) Ticks(low, high float64) (ticks []plot.Tick) {
	if v.Labels != nil {
		for i, label := range v.Labels {
			ticks = append(ticks, plot.Tick{Value: float64(i), Label: label})
		}
		return ticks
	}
	values := v.distinct()
	switch {
	case len(values) <= fewValues:
		for _, x := range values {
			ticks = append(ticks, plot.Tick{Value: x, Label: shortNumber(x)})
		}
		return ticks
	case v.logarithmic():
		return fineTicks{}.Ticks(low, high)
	}
	return evenTicks{target: 5}.Ticks(low, high)
}

// shortNumber writes a number with four digits, without an exponent where that is short.
func shortNumber(x float64) string {
	return strings.ReplaceAll(strconv.FormatFloat(x, 'g', 4, 64), "-", "−")
}

// namesOf lists the names of variables in words.
func namesOf(variables []Variable) string {
	names := make([]string, len(variables))
	for i, v := range variables {
		names[i] = v.Name
	}
	return fmt.Sprint(strings.Join(names, ", "))
}
