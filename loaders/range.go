package loaders

import (
	"context"
	"math"
)

// Range is a range of values, ends included. The zero value is that of pixels, from 0 to 1.
type Range struct {
	Low  float32 `json:"low"`
	High float32 `json:"high"`
}

// IsUnit reports whether the range is inside [0, 1].
func (r Range) IsUnit() bool { return r.Low >= 0 && r.High <= 1 }

// MeasureRange sets Range to that of the training values, unless they are pixels or Measure
// has set it. The last training images, which are the validation set, are left out. Errors
// are those of the store or of the context.
func (d *Dataset) MeasureRange(ctx context.Context, validation int) (err error) {
	train, _ := d.Train.Holdout(validation)
	if d.ArePixels() || d.Range != (Range{}) || train.Len() == 0 {
		return nil
	}
	d.Range, err = train.measureRange(ctx)
	return err
}

// ArePixels reports whether all values are from 0 to 1 because they are pixels.
func (d *Dataset) ArePixels() bool {
	return d.Scaling == nil || d.bytes && d.Scaling.changesNothing()
}

func (s Split) measureRange(ctx context.Context) (Range, error) {
	low, high := float32(math.Inf(1)), float32(math.Inf(-1))
	values := make([]float32, s.Shape.Size())
	for i := range s.Len() {
		if i%1024 == 0 && ctx.Err() != nil {
			return Range{}, context.Cause(ctx)
		}
		if err := s.Read(values, i, 0); err != nil {
			return Range{}, err
		}
		for _, v := range values {
			low, high = min(low, v), max(high, v)
		}
	}
	return Range{low, high}, nil
}

// Outside counts the items of a split that have a value outside [0, 1]. Errors are those
// of the store or of the context.
func (s Split) Outside(ctx context.Context) (count int, err error) {
	values := make([]float32, s.Shape.Size())
	for i := range s.Len() {
		if i%1024 == 0 && ctx.Err() != nil {
			return 0, context.Cause(ctx)
		}
		if err := s.Read(values, i, 0); err != nil {
			return 0, err
		}
		for _, v := range values {
			if v < 0 || v > 1 {
				count++
				break
			}
		}
	}
	return count, nil
}
