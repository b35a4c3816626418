package loaders

import (
	"encoding/json"
	"math"
)

// Moments are the number of values, their mean, their standard deviation and their
// range. The zero value has no values.
type Moments struct {
	Count    int
	Mean     float64
	Min, Max float32
	m2       float64 // sum of squared deviations from the mean
}

// Deviation is the standard deviation of the values, as one of all values and not of a
// sample.
func (m Moments) Deviation() float64 {
	if m.Count == 0 {
		return 0
	}
	return math.Sqrt(m.m2 / float64(m.Count))
}

// MarshalJSON implements json.Marshaler.
func (m Moments) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Mean      float64 `json:"mean"`
		Deviation float64 `json:"deviation"`
		Min       float32 `json:"min"`
		Max       float32 `json:"max"`
	}{m.Mean, m.Deviation(), m.Min, m.Max})
}

// add adds values. It does not lose digits if their mean is far from 0.
func (m *Moments) add(values []float32) {
	if len(values) == 0 {
		return
	}
	n, sum := float64(len(values)), 0.0
	low, high := values[0], values[0]
	for _, v := range values {
		sum += float64(v)
		low, high = min(low, v), max(high, v)
	}
	part := Moments{Count: len(values), Mean: sum / n, Min: low, Max: high}
	for _, v := range values {
		d := float64(v) - part.Mean
		part.m2 += d * d
	}
	m.merge(part)
}

// merge adds the values of other moments (Chan, Golub, LeVeque 1983).
func (m *Moments) merge(o Moments) {
	if m.Count == 0 || o.Count == 0 {
		if m.Count == 0 {
			*m = o
		}
		return
	}
	n, k := float64(m.Count), float64(o.Count)
	d := o.Mean - m.Mean
	m.Mean += d * k / (n + k)
	m.m2 += o.m2 + d*d*n*k/(n+k)
	m.Count += o.Count
	m.Min, m.Max = min(m.Min, o.Min), max(m.Max, o.Max)
}
