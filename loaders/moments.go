package loaders

import (
	"encoding/json"
	"math"
)

// Moments are the number of values, their mean, their standard deviation and their
// range. The zero value has no values. Missing values, which are NaN, are only counted.
type Moments struct {
	Count    int // without missing values
	Missing  int
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
		Missing   int     `json:"missing,omitempty"`
	}{m.Mean, m.Deviation(), m.Min, m.Max, m.Missing})
}

// add adds values. It does not lose digits if their mean is far from 0.
func (m *Moments) add(values []float32) {
	part := Moments{Min: float32(math.Inf(1)), Max: float32(math.Inf(-1))}
	sum := 0.0
	for _, v := range values {
		if v != v {
			part.Missing++
			continue
		}
		sum += float64(v)
		part.Min, part.Max = min(part.Min, v), max(part.Max, v)
	}
	part.Count = len(values) - part.Missing
	part.Mean = sum / float64(max(part.Count, 1))
	for _, v := range values {
		if d := float64(v) - part.Mean; v == v {
			part.m2 += float64(d * d)
		}
	}
	m.merge(part)
}

// merge adds the values of other moments (Chan, Golub, LeVeque 1983).
func (m *Moments) merge(o Moments) {
	m.Missing += o.Missing
	n, k := float64(m.Count), float64(o.Count)
	switch {
	case k == 0:
		return
	case n == 0:
		o.Missing = m.Missing
		*m = o
		return
	}
	d := o.Mean - m.Mean
	m.Mean += d * k / (n + k)
	m.m2 += o.m2 + d*d*n*k/(n+k)
	m.Count += o.Count
	m.Min, m.Max = min(m.Min, o.Min), max(m.Max, o.Max)
}
