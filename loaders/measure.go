package loaders

import (
	"context"
	"fmt"
	"math"
)

// unscaled is what Measure needs to know of array:FILE.
type unscaled struct {
	kind    string // of ArrayOptions.Scale
	pixels  bool   // the values are bytes divided by 255
	missing bool   // missing values are replaced by means
	options Options
}

// Measure measures the scaling of array:FILE, as its option says, and applies it to all
// values that are read from then on. It measures the training images, except for the last
// ones, which the caller has set aside as the validation set: Open does not know their
// number, so the caller of SetAside calls Measure. For other data, for data with the
// scaling of a run, and after the first call, Measure does nothing. Errors wrap ErrData or
// are those of the context.
func (d *Dataset) Measure(ctx context.Context, validation int) error {
	u := d.unscaled
	if u == nil {
		return nil
	}
	kind := u.kind
	if kind == scaleAuto && u.pixels {
		kind = ScaleNone
	}
	if kind == ScaleNone && !u.missing {
		d.scale(&Scaling{Kind: ScaleNone})
		return nil
	}
	train, _ := d.Train.Holdout(validation)
	if train.Len() == 0 {
		return nil // the caller refuses to train on no images
	}
	m, err := train.meter(ctx)
	if err != nil {
		return err
	}
	table := d.Train.Shape.IsTable()
	if kind == scaleAuto {
		kind = ScaleMinMax
		if table {
			kind = ScaleStandard
		} else if m.inUnit() {
			kind = ScaleNone
		}
	}
	if g := m.empty(); g >= 0 {
		return dataErrorf("%s: %s has no value in the %d training rows; hint: leave it out", d.Name, d.group(g), train.Len())
	}
	s, constant := m.scaling(kind, u.missing)
	note := ""
	if table && len(constant) > 0 && s.IsLinear() {
		names := make([]string, len(constant))
		for i, g := range constant {
			names[i] = d.group(g)
		}
		note = "; constant and not scaled: " + listed(names)
	}
	u.options.log("%s: %s (--scale %s), as measured on %d training rows%s", d.Name, s.sentence(d.Train.Shape), kind, train.Len(), note)
	d.scale(s)
	d.Range = m.scaled(s)
	return nil
}

// scaled returns the range of the measured values after a scaling. It is the zero Range if
// it must be measured anew, because rows are scaled one by one.
func (m *meter) scaled(s *Scaling) Range {
	if s.Kind == ScaleUnit {
		return Range{}
	}
	r := Range{float32(math.Inf(1)), float32(math.Inf(-1))}
	for g := range m.count {
		ends := []float32{float32(m.smallest[g]), float32(m.largest[g])}
		if s.IsLinear() {
			for i, v := range ends {
				ends[i] = float32((float64(v) - s.Offset[g]) / s.Scale[g])
			}
		}
		r.Low, r.High = min(r.Low, ends[0]), max(r.High, ends[1])
	}
	return r
}

// meter measures all images of a split.
func (s Split) meter(ctx context.Context) (*meter, error) {
	m, values := newMeter(s.Shape.groups()), make([]float32, s.Shape.Size())
	for i := range s.Len() {
		if err := context.Cause(ctx); err != nil {
			return nil, err
		}
		if err := s.Read(values, i, 0); err != nil {
			return nil, err
		}
		m.add(values)
	}
	return m, nil
}

// group names a column of a table or a channel of images.
func (d *Dataset) group(g int) string {
	switch {
	case !d.Train.Shape.IsTable():
		return fmt.Sprint("channel ", g)
	case d.Features != nil:
		return "column " + d.Features[g]
	}
	return fmt.Sprint("column ", g)
}

// scale scales the values that are read from now on.
func (d *Dataset) scale(s *Scaling) {
	d.Scaling, d.unscaled = s, nil
	if s.changesNothing() {
		return
	}
	before, after := d.Train.Store, &scaledStore{d.Train.Store, s}
	d.Train.Store = after
	if d.Test.Store == before {
		d.Test.Store = after
	} else {
		d.Test.Store = &scaledStore{d.Test.Store, s}
	}
}

// scaledStore scales the items of another store when they are read.
type scaledStore struct {
	Store
	scaling *Scaling
}

func (s *scaledStore) inFiles() bool { return inFiles(s.Store) }

// Read implements Store. A value far outside of the training values can exceed float32.
func (s *scaledStore) Read(dst []float32, i int) error {
	if err := s.Store.Read(dst, i); err != nil {
		return err
	}
	s.scaling.Apply(dst)
	for at, v := range dst {
		if v-v != 0 {
			return dataErrorf("row %d, value %d: the value is missing, or too far outside the range of the training rows to be scaled", i, at)
		}
	}
	return nil
}
