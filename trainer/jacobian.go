package trainer

import (
	"context"
	"maps"
	"math"

	"gonum.org/v1/gonum/stat"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/graph/kernel/noise"
	"gaetrain/loaders"
)

// Limits of the cost of a Jacobian's norm.
const (
	jacobianImages = 1000           // largest number of images
	jacobianProbes = 32             // random directions per image, each one vector–Jacobian product
	jacobianExact  = jacobianProbes // largest code whose norm is exact: one product per value costs no more than the random directions
)

// streamProbe is the noise of the random directions. The step holds the indices of the
// direction and the image.
const streamProbe noise.Stream = 5

// jacobianNorm is the mean over images of a split (see Split.Stratified) of
// ‖∂code/∂x‖², the squared Frobenius norm of the Jacobian of the code at the clean
// image. For a Gaussian code, the code is the mean. standardError is the standard error
// of the estimate. It is 0 if the norm is exact.
//
// The rows of the Jacobian are its products with unit vectors. For codes of more
// than jacobianExact values, random vectors v of signs replace the unit vectors:
// E ‖vᵀJ‖² = ‖J‖² (Hutchinson 1990). The standard error is over the directions, not
// over the images, because the images are the same for every model.
func jacobianNorm(ctx context.Context, m Encoder, p *graph.Parameters, seed uint64, split loaders.Split) (norm, standardError float64, err error) {
	split = split.Stratified(jacobianImages)
	program, err := compile(p, "vector–Jacobian product", evaluationBatch, jacobianProduct(m, graph.Shape(split.Shape)), Sensitivity)
	if err != nil {
		return 0, 0, err
	}
	defer program.Close()
	stream, err := loaders.NewStream(split, loaders.StreamOptions{BatchSize: evaluationBatch})
	if err != nil {
		return 0, 0, err
	}
	units := m.CodeShape().Size()
	count, direct, weight := units, unitDirection, 1.0
	if units > jacobianExact {
		count, direct, weight = jacobianProbes, signs(seed), 1.0/jacobianProbes
	}
	var total, variance float64
	first, directions := 0, make([]float32, evaluationBatch*units)
	var f feeder
	for batch, err := range stream.Epoch(0, 0) {
		if err != nil {
			return 0, 0, err
		}
		squares := make([][]float64, batch.Rows)
		for k := range count {
			for i := range batch.Rows {
				direct(directions[i*units:(i+1)*units], k, first+i)
			}
			b := f.feed(batch)
			b.Inputs[Direction], b.Repeated = directions, k > 0
			if err := program.Run(ctx, b); err != nil {
				return 0, 0, err
			}
			products := program.Output(Sensitivity)
			total += kernel.SumSquares(products)
			for i, size := 0, len(products)/batch.Rows; units > jacobianExact && i < batch.Rows; i++ {
				squares[i] = append(squares[i], kernel.SumSquares(products[i*size:(i+1)*size]))
			}
			if err := ctx.Err(); err != nil {
				return 0, 0, err
			}
		}
		for _, of := range squares {
			if len(of) > 1 {
				variance += stat.Variance(of, nil) / float64(len(of))
			}
		}
		first += batch.Rows
	}
	n := float64(split.Len())
	return weight * total / n, math.Sqrt(variance) / n, nil
}

// unitDirection writes the k-th unit vector.
func unitDirection(v []float32, k, _ int) {
	clear(v)
	v[k] = 1
}

// signs writes the k-th random direction of an image: ±1 in each value.
func signs(seed uint64) func(v []float32, k, image int) {
	return func(v []float32, k, image int) {
		noise.Bernoulli(v, 0.5, noise.Key{Seed: seed, Stream: streamProbe, Step: uint64(k)<<32 | uint64(image)})
		for i := range v {
			v[i] = 2*v[i] - 1
		}
	}
}

// addJacobian adds the norm on a split to its figures, if the model has an
// encoder and is no classifier.
func (s Stage) addJacobian(ctx context.Context, f *Figures, p *graph.Parameters, seed uint64, split loaders.Split) error {
	encoder, ok := s.Model.(Encoder)
	if !ok || s.classifies() {
		return nil
	}
	norm, standardError, err := jacobianNorm(ctx, encoder, p, seed, split)
	if err != nil {
		return err
	}
	f.Measures = maps.Clone(f.Measures) // the figures of a record may share the map
	f.Set(JacobianNorm, norm)
	if standardError > 0 {
		f.Set(JacobianError, standardError)
	}
	return nil
}
