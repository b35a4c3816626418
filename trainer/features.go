package trainer

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"gaetrain/loaders"
)

// FeatureName names value i of a row: its name in the data, or value_0, value_1, ….
func (d DataInfo) FeatureName(i int) string {
	if i < len(d.Features) {
		return d.Features[i]
	}
	return fmt.Sprintf("value_%d", i)
}

// Unscale undoes the scaling of values N×D of a shape in place, so that they have the
// units of the data. It returns the values.
func (d DataInfo) Unscale(values []float32, shape loaders.Shape) []float32 {
	if d.Scaling != nil {
		for row := range slices.Chunk(values, shape.Size()) {
			d.Scaling.Undo(row)
		}
	}
	return values
}

// check returns an error about features or a scaling that do not fit data of a shape. A
// file can hold any of them.
func (d DataInfo) check(shape loaders.Shape) error {
	if n := len(d.Features); n != 0 && n != shape.Size() {
		return fmt.Errorf("it has the names of %d features, but the rows have %d values", n, shape.Size())
	}
	return d.Scaling.Check(shape)
}

// ScaledWord is an adjective for scaled values, such as "standardised"; "" if the values
// are as in the data.
func (d DataInfo) ScaledWord() string {
	if d.Scaling == nil {
		return ""
	}
	switch d.Scaling.Kind {
	case loaders.ScaleStandard:
		return "standardised"
	case loaders.ScaleMinMax:
		return "scaled"
	case loaders.ScaleUnit:
		return "normalised"
	}
	return ""
}

// FeatureError is the reconstruction error of one value of a row, over all rows.
type FeatureError struct {
	Name string  `json:"name"`
	MSE  float64 `json:"mse"`  // of the scaled values, whose mean over features is the mse of the run
	RMSE float64 `json:"rmse"` // in the units of the data
}

// FeatureErrors measures the error of each value over the rows of a split, the largest
// first. Inputs are those of evaluations.
func (t *Trained) FeatureErrors(ctx context.Context, split loaders.Split) ([]FeatureError, error) {
	size := split.Shape.Size()
	squares := make([]float64, size)
	err := t.EachReconstructed(ctx, split, func(batch Reconstructed) error {
		for i, v := range batch.Reconstruction {
			d := float64(v) - float64(batch.Original[i])
			squares[i%size] += d * d
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	list, scaling := make([]FeatureError, size), t.Info.Data.Scaling
	for i := range list {
		mse := squares[i] / float64(max(1, split.Len()))
		list[i] = FeatureError{t.Info.Data.FeatureName(i), mse, math.Sqrt(mse)}
		if scaling.IsLinear() {
			list[i].RMSE *= scaling.Scale[i*len(scaling.Scale)/size]
		}
	}
	slices.SortStableFunc(list, func(a, b FeatureError) int { return cmp.Compare(b.MSE, a.MSE) })
	return list, nil
}
