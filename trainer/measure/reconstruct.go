package measure

import (
	"cmp"
	"context"
	"slices"

	"gaetrain/loaders"
	"gaetrain/trainer"
)

// Orders of reconstructions.
const (
	ByIndex = "index" // of the images
	ByError = "error" // the largest squared error first
)

// ReconstructOptions are the settings of Reconstruct.
type ReconstructOptions struct {
	Order  string // ByIndex or ByError
	Keep   int    // number of the first images in that order whose pixels are kept
	Values bool   // keep the values of all images, which are in memory
}

// Validate returns an error for the first invalid option.
func (o ReconstructOptions) Validate() error {
	const most = 400 // in a picture
	switch {
	case o.Order != ByIndex && o.Order != ByError:
		return refused("sort is %q; hint: %s or %s", o.Order, ByIndex, ByError)
	case o.Keep < 0 || o.Keep > most:
		return refused("draw is %d; hint: from 0 to %d images", o.Keep, most)
	}
	return nil
}

// ReconstructedImage has the errors of one image.
type ReconstructedImage struct {
	Index int     // in the split
	Loss  float64 // as in the reported figures
	MSE   float64 // squared error per pixel
}

// Reconstructions has the errors of all images of a split in an order, and the pixels of
// the first ones in that order.
type Reconstructions struct {
	Images []ReconstructedImage
	Kept   trainer.Reconstructed
	Values trainer.Reconstructed // of all images, in the order of the split; empty unless they are requested
}

// Reconstruct reconstructs the images of a split. Memory grows with the images that
// are kept, not with the split.
func Reconstruct(ctx context.Context, model *trainer.Trained, split loaders.Split, o ReconstructOptions) (r Reconstructions, err error) {
	if err := o.Validate(); err != nil {
		return r, err
	}
	if o.Values {
		if err := trainer.Fits("rows", split.Len(), 2*split.Shape.Size(), "choose fewer with --limit"); err != nil {
			return r, err
		}
	}
	var kept []ReconstructedImage // the images of r.Kept
	r.Kept.Shape = split.Shape
	err = model.EachReconstructed(ctx, split, func(batch trainer.Reconstructed) error {
		if o.Values {
			if err := r.Values.Append(batch); err != nil {
				return err
			}
		}
		for i, mse := range batch.MSE {
			r.Images = append(r.Images, ReconstructedImage{Index: len(r.Images), Loss: batch.Loss[i], MSE: mse})
		}
		kept = append(kept, r.Images[len(r.Images)-batch.Len():]...)
		places := make([]int, len(kept))
		for i := range places {
			places[i] = i
		}
		slices.SortStableFunc(places, func(a, b int) int { return o.compare(kept[a], kept[b]) })
		places = places[:min(o.Keep, len(places))]
		all, first := r.Kept, kept
		if err := all.Append(batch); err != nil {
			return err
		}
		r.Kept, kept = all.Select(places), nil
		for _, place := range places {
			kept = append(kept, first[place])
		}
		return nil
	})
	slices.SortStableFunc(r.Images, o.compare)
	return r, err
}

// compare orders images with equal errors by their index.
func (o ReconstructOptions) compare(a, b ReconstructedImage) int {
	if o.Order == ByError {
		if order := cmp.Compare(b.MSE, a.MSE); order != 0 {
			return order
		}
	}
	return cmp.Compare(a.Index, b.Index)
}
