package loaders

import (
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
		values[i] = float32(float64(v)*s.Scale[i/group] + s.Offset[i/group])
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
	groups := groupsOf(shape)
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

// groupsOf returns the number of groups that are scaled separately: the columns of a
// table, or the channels of images.
func groupsOf(shape Shape) int {
	if shape.Height == 1 && shape.Channels == 1 {
		return shape.Width
	}
	return shape.Channels
}
