package trainer

import (
	"context"

	"gaetrain/graph"
	"gaetrain/loaders"
)

// Reconstructed holds images and their reconstructions, N×D each. Pixels of the images
// are from 0 to 1.
type Reconstructed struct {
	Shape          loaders.Shape
	Original       []float32
	Input          []float32 // the corrupted images; nil if the model takes the original images
	Reconstruction []float32
	MSE            []float64 // of each image, per pixel
	Loss           []float64 // of each image, with the final weights of the terms
}

// Len is the number of images N.
func (r Reconstructed) Len() int { return len(r.MSE) }

// Append adds copies of the images of other. The error is always nil.
func (r *Reconstructed) Append(other Reconstructed) error {
	r.Shape = other.Shape
	r.Original, r.Input = append(r.Original, other.Original...), append(r.Input, other.Input...)
	r.Reconstruction = append(r.Reconstruction, other.Reconstruction...)
	r.MSE, r.Loss = append(r.MSE, other.MSE...), append(r.Loss, other.Loss...)
	return nil
}

// Select returns the images of the given indices, in that order.
func (r Reconstructed) Select(indices []int) Reconstructed {
	size := r.Shape.Size()
	image := func(pixels []float32, i int) []float32 {
		if pixels == nil {
			return nil
		}
		return pixels[i*size : (i+1)*size]
	}
	out := Reconstructed{Shape: r.Shape}
	for _, i := range indices {
		_ = out.Append(Reconstructed{
			Shape: r.Shape, Original: image(r.Original, i), Input: image(r.Input, i), Reconstruction: image(r.Reconstruction, i),
			MSE: r.MSE[i : i+1], Loss: r.Loss[i : i+1],
		})
	}
	return out
}

// Reconstruct runs the model on the images of a split and returns all
// reconstructions.
func (t *Trained) Reconstruct(ctx context.Context, split loaders.Split) (Reconstructed, error) {
	all := Reconstructed{Shape: split.Shape}
	err := t.EachReconstructed(ctx, split, all.Append)
	return all, err
}

// EachReconstructed runs the model on the images of a split, and calls visit with each
// batch in turn. A batch is valid until visit returns.
func (t *Trained) EachReconstructed(ctx context.Context, split loaders.Split, visit func(Reconstructed) error) error {
	if err := t.CanEncode(); err != nil {
		return err
	}
	if t.IsClassifier() {
		return t.cannot("has no decoder", "use the run whose encoder it uses, which reconstructs images")
	}
	stage := t.Stage.whole()
	program, err := stage.evaluation(t.Parameters)
	if err != nil {
		return err
	}
	defer program.Close()
	return eachReconstructed(ctx, stage, program, t.Config.Seed, split, visit)
}

// eachReconstructed runs the evaluation program of a stage on the images of a split.
func eachReconstructed(ctx context.Context, s Stage, program *graph.Program, seed uint64, split loaders.Split, visit func(Reconstructed) error) error {
	stream, err := s.stream(split, program, seed, evaluationBatch, false)
	if err != nil {
		return err
	}
	return runAll(ctx, program, feeder{mean: s.mean}, stream, func(batch *loaders.Batch) error {
		return visit(s.reconstructed(program, batch, split.Shape))
	})
}

// reconstructed returns the images of a batch and what the evaluation program has made of
// them. It is valid until the next run of the program.
func (s Stage) reconstructed(program *graph.Program, batch *loaders.Batch, shape loaders.Shape) Reconstructed {
	values := batch.Rows * shape.Size()
	r := Reconstructed{Shape: shape, Original: batch.Clean[:values], Reconstruction: program.Output(Reconstruction), Loss: make([]float64, batch.Rows)}
	if s.Corruption.Kind != loaders.NoCorruption {
		r.Input = batch.Input[:values]
	}
	for _, squared := range program.Terms()[0].SquaredPerImage() {
		r.MSE = append(r.MSE, float64(squared)/float64(shape.Size()))
	}
	for _, term := range program.Terms() {
		for i, value := range term.PerImage() {
			r.Loss[i] += term.Reported * float64(value)
		}
	}
	return r
}
