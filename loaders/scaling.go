package loaders

import (
	"fmt"
	"math"
)

// Kinds of Scaling.
const (
	ScaleNone     = "none"     // values stay as they are
	ScaleMinMax   = "minmax"   // (x − minimum)/(maximum − minimum)
	ScaleStandard = "standard" // (x − mean)/(standard deviation of all rows, not of a sample)
	ScaleUnit     = "unit"     // each row is divided by its Euclidean norm
)

// Scaling is a change of the values of a data set, which was measured on the rows that a
// model is trained on. The values of an item, C×H×W, have G = len(Offset) groups of equal
// size: the D columns of a table, or the C channels of images. In group g, a value x
// becomes (x − Offset[g])/Scale[g]. A nil *Scaling changes nothing.
type Scaling struct {
	Kind   string    `json:"kind"`             // "" is none
	Offset []float64 `json:"offset,omitempty"` // G; nil for none and unit
	Scale  []float64 `json:"scale,omitempty"`  // G, finite and above 0; 1 for a constant group
	// Missing has the values that replace missing ones before the scaling: G means. nil:
	// missing values are an error.
	Missing []float64 `json:"missing,omitempty"`
}

// IsLinear reports whether the scaling has an offset and a scale.
func (s *Scaling) IsLinear() bool { return s != nil && len(s.Scale) > 0 }

// Apply scales the values of one item in place. NaN stands for a missing value.
func (s *Scaling) Apply(values []float32) {
	if s == nil || len(values) == 0 {
		return
	}
	for i, v := range values {
		if v != v && len(s.Missing) > 0 {
			values[i] = float32(s.Missing[i*len(s.Missing)/len(values)])
		}
	}
	switch {
	case s.Kind == ScaleUnit:
		toUnit(values)
	case s.IsLinear():
		group := len(values) / len(s.Scale)
		for i, v := range values {
			values[i] = float32((float64(v) - s.Offset[i/group]) / s.Scale[i/group])
		}
	}
}

// Undo is the inverse of Apply. Unit length cannot be undone, because the length of the
// row is not known: the values stay as they are. Missing values stay filled.
func (s *Scaling) Undo(values []float32) {
	if !s.IsLinear() || len(values) == 0 {
		return
	}
	group := len(values) / len(s.Scale)
	for i, v := range values {
		values[i] = float32(float64(float64(v)*s.Scale[i/group]) + s.Offset[i/group])
	}
}

// toUnit divides values by their Euclidean norm. A row of zeros is not changed.
func toUnit(values []float32) {
	sum := 0.0
	for _, v := range values {
		sum += float64(v) * float64(v)
	}
	norm := math.Sqrt(sum)
	if norm == 0 {
		return
	}
	for i, v := range values {
		values[i] = float32(float64(v) / norm)
	}
}

// Check returns an error if the scaling does not fit items of a shape. A file can hold
// any numbers.
func (s *Scaling) Check(shape Shape) error {
	if s == nil {
		return nil
	}
	groups := shape.groups()
	for _, list := range [][]float64{s.Offset, s.Scale, s.Missing} {
		if len(list) != 0 && len(list) != groups {
			return dataErrorf("the scaling is that of %d columns or channels, but the data have %d", len(list), groups)
		}
		for _, v := range list {
			if v-v != 0 {
				return dataErrorf("the scaling holds %g", v)
			}
		}
	}
	linear := s.Kind == ScaleMinMax || s.Kind == ScaleStandard
	if !linear && s.Kind != "" && s.Kind != ScaleNone && s.Kind != ScaleUnit {
		return dataErrorf("unknown scaling %q", s.Kind)
	}
	if linear != (len(s.Scale) > 0) || len(s.Offset) != len(s.Scale) {
		return dataErrorf("the scaling %s has %d offsets and %d scales", s.Kind, len(s.Offset), len(s.Scale))
	}
	for _, v := range s.Scale {
		if v <= 0 {
			return dataErrorf("the scaling divides by %g", v)
		}
	}
	return nil
}

// changesNothing reports whether values stay as they are.
func (s *Scaling) changesNothing() bool {
	return s == nil || !s.IsLinear() && s.Kind != ScaleUnit && len(s.Missing) == 0
}

// groups returns the number of groups that are scaled separately: the columns of a table,
// or the channels of images.
func (s Shape) groups() int {
	if s.IsTable() {
		return s.Width
	}
	return s.Channels
}

// meter measures the groups of a data set in one pass, by Welford's method: M. B. West,
// Updating mean and variance estimates, CACM 22 (1979). Missing values are left out.
type meter struct {
	count             []int64 // G
	mean, square      []float64
	smallest, largest []float64
}

func newMeter(groups int) *meter {
	m := &meter{count: make([]int64, groups)}
	for _, list := range []*[]float64{&m.mean, &m.square, &m.smallest, &m.largest} {
		*list = make([]float64, groups)
	}
	for g := range groups {
		m.smallest[g], m.largest[g] = math.Inf(1), math.Inf(-1)
	}
	return m
}

// add measures the values of one item.
func (m *meter) add(values []float32) {
	group := len(values) / len(m.count)
	for i, value := range values {
		if value != value {
			continue
		}
		g, v := i/group, float64(value)
		m.count[g]++
		delta := v - m.mean[g]
		m.mean[g] += delta / float64(m.count[g])
		m.square[g] += float64(delta * (v - m.mean[g]))
		m.smallest[g], m.largest[g] = min(m.smallest[g], v), max(m.largest[g], v)
	}
}

// inUnit reports whether all values are in [0, 1].
func (m *meter) inUnit() bool {
	for g := range m.count {
		if m.smallest[g] < 0 || m.largest[g] > 1 {
			return false
		}
	}
	return true
}

// empty returns a group without values, or −1.
func (m *meter) empty() int {
	for g, n := range m.count {
		if n == 0 {
			return g
		}
	}
	return -1
}

// scaling returns the scaling of a kind for what was measured, and the groups that are
// constant, whose scale is 1.
func (m *meter) scaling(kind string, missing bool) (s *Scaling, constant []int) {
	s = &Scaling{Kind: kind}
	if missing {
		s.Missing = m.mean
	}
	for g := range m.count {
		offset, scale := m.mean[g], math.Sqrt(m.square[g]/float64(m.count[g]))
		if kind == ScaleMinMax {
			offset, scale = m.smallest[g], m.largest[g]-m.smallest[g]
		}
		if m.smallest[g] == m.largest[g] {
			offset, scale = m.smallest[g], 1
			constant = append(constant, g)
		}
		if kind == ScaleMinMax || kind == ScaleStandard {
			s.Offset, s.Scale = append(s.Offset, offset), append(s.Scale, scale)
		}
	}
	return s, constant
}

// sentence describes a scaling for a message: "the 13 columns are scaled to …".
func (s *Scaling) sentence(shape Shape) string {
	what := "the values are"
	if groups := shape.groups(); shape.IsTable() && groups > 1 {
		what = fmt.Sprintf("the %d columns are", groups)
	} else if groups > 1 {
		what = fmt.Sprintf("the %d channels are", groups)
	}
	switch s.Kind {
	case ScaleMinMax:
		return what + " scaled to the range from 0 to 1"
	case ScaleStandard:
		return what + " scaled to mean 0 and standard deviation 1"
	case ScaleUnit:
		return "each row is divided by its Euclidean norm"
	}
	return what + " not scaled"
}
