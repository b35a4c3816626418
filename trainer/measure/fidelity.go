package measure

import (
	"context"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"

	"gaetrain/loaders"
	"gaetrain/trainer"
	"gaetrain/trainer/evaluate"
)

// Names of the measures of reconstructed images.
const (
	Similarity     = "ssim"                      // mean structural similarity of images and reconstructions
	GradientEnergy = "gradient_energy"           // of the reconstructions, divided by that of the images
	JudgedAccuracy = "judged_accuracy"           // of a classifier on the reconstructions
	ImageAccuracy  = "judged_accuracy_of_images" // of that classifier on the images
)

// fidelity measures the reconstructions of the images of a split. Models that reconstruct
// no images have no measures. Images with values outside [0, 1] and those that are smaller
// than its window have no structural similarity.
type fidelity struct {
	model *trainer.Trained
	split loaders.Split
	judge *trainer.Trained // nil: none

	images, ssim       bool      // what is measured
	similarities       []float64 // of each image, as the next two
	original, restored []float64 // gradient energies
	all                []float32 // reconstructions for the judge, N×D
}

// newFidelity returns an error if the judge cannot classify the reconstructions. It wraps
// trainer.ErrConfiguration or loaders.ErrData.
func newFidelity(model *trainer.Trained, split loaders.Split, judge *trainer.Trained) (*fidelity, error) {
	f := &fidelity{model: model, split: split, judge: judge}
	f.images = model.HasEncoder() && !model.IsClassifier() && split.Shape.IsImage()
	f.ssim = f.images && model.Info.Data.Values().IsUnit() && evaluate.HasSSIM(split.Shape.Height, split.Shape.Width)
	switch {
	case judge == nil:
		return f, nil
	case !f.images:
		return nil, refused("the model reconstructs no images, so there is nothing to judge; hint: leave out --judge")
	case judge.Shape() != split.Shape:
		return nil, refused("the judge takes images of %v, but the model reconstructs images of %v; hint: a classifier of the same images", judge.Shape(), split.Shape)
	case split.Labels == nil:
		return nil, refused("the images have no labels, so the accuracy of the judge cannot be measured; hint: leave out --judge")
	}
	return f, trainer.Fits("reconstructions", split.Len(), split.Shape.Size(), "choose fewer images, such as --limit 10000")
}

// add adds the images of a batch.
func (f *fidelity) add(r trainer.Reconstructed) error {
	if !f.images {
		return nil
	}
	s := f.split.Shape
	f.original = append(f.original, evaluate.GradientEnergy(r.Original, s.Channels, s.Height, s.Width)...)
	f.restored = append(f.restored, evaluate.GradientEnergy(r.Reconstruction, s.Channels, s.Height, s.Width)...)
	if f.judge != nil {
		f.all = append(f.all, r.Reconstruction...)
	}
	if !f.ssim {
		return nil
	}
	values, err := evaluate.SSIM(r.Original, r.Reconstruction, s.Channels, s.Height, s.Width)
	f.similarities = append(f.similarities, values...)
	return err
}

// report adds the measures and their standard errors to figures.
func (f *fidelity) report(ctx context.Context, figures *trainer.Figures) error {
	set := func(name string, value, deviation float64) {
		figures.Set(name, value)
		if figures.StandardErrors != nil {
			figures.StandardErrors[name] = deviation / math.Sqrt(float64(f.split.Len()))
		}
	}
	if f.ssim {
		mean, deviation := stat.MeanStdDev(f.similarities, nil)
		set(Similarity, mean, deviation)
	}
	if energy := floats.Sum(f.original); energy > 0 {
		ratio, n := floats.Sum(f.restored)/energy, float64(len(f.original))
		floats.AddScaled(f.restored, -ratio, f.original) // the residuals of a ratio estimator
		set(GradientEnergy, ratio, stat.StdDev(f.restored, nil)*n/energy)
	}
	if f.judge == nil {
		return nil
	}
	made := loaders.Values(f.split.Shape, f.all)
	made.Labels = f.split.Labels
	for name, split := range map[string]loaders.Split{JudgedAccuracy: made, ImageAccuracy: f.split} {
		right, err := f.right(ctx, split)
		if err != nil {
			return err
		}
		set(name, right, math.Sqrt(right*(1-right)))
	}
	return nil
}

// right returns the share of images that the judge assigns to their classes.
func (f *fidelity) right(ctx context.Context, split loaders.Split) (float64, error) {
	logits, _, err := f.judge.Classify(ctx, split)
	if err != nil {
		return 0, err
	}
	return accuracy(evaluate.Classes(logits, len(logits)/split.Len()), split.Labels), nil
}
