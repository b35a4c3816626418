package trainer

import (
	"context"
	"fmt"
	"math"

	"gaetrain/graph"
	"gaetrain/graph/kernel"
	"gaetrain/graph/kernel/noise"
	"gaetrain/loaders"
)

// ImportanceWeights draws codes of the posterior of each image of a split, and
// calls visit with the image's index and the logarithms of their weights,
//
//	log w = log p(x|z) + log p(z) − log q(z|x),
//
// in the order of the images. The corruption of inputs is that of evaluations;
// the target's pixels count alike. A draw depends on the run's seed, the image
// and its own number alone. Memory is that of the draws of one image.
func (m *Model) ImportanceWeights(ctx context.Context, split loaders.Split, draws int, visit func(image int, logWeights []float64) error) error {
	if m.Stage.Architecture.Code != graph.Gaussian || m.Stage.Architecture.Classifier != nil {
		return fmt.Errorf("%w: model %s draws its codes from no posterior, so images have no likelihood; hint: --model vae does", ErrConfiguration, m.Config.Model)
	}
	if draws < 1 || draws > mostDraws {
		return fmt.Errorf("%w: %d draws; hint: from 1 to %d", ErrConfiguration, draws, mostDraws)
	}
	s, err := m.newImportance(draws)
	if err != nil {
		return err
	}
	defer s.encoder.Close()
	defer s.decoder.Close()
	stream, err := m.Stage.stream(split, m.Config.Seed, evaluationBatch, false)
	if err != nil {
		return err
	}
	for batch := range stream.Epoch(0, 0) {
		in := Feed(batch)
		if err := s.encoder.Run(in); err != nil {
			return err
		}
		for first := 0; first < batch.Rows; first += s.images {
			if err := s.weigh(in, batch.Index, first, min(first+s.images, batch.Rows), visit); err != nil {
				return err
			}
			if err := ctx.Err(); err != nil {
				return err
			}
		}
	}
	return nil
}

// mostDraws bounds the draws of an image, which memory has to hold.
const mostDraws = 1 << 20

// importance draws the codes of a few images at once, K of each: R = images·K
// rows in all, in batches of B.
type importance struct {
	seed             uint64
	draws, images    int
	encoder, decoder *graph.Program
	batch            int
	normaliser       float64

	noise, codes []float32 // R×L
	weights      []float64 // R
	target       []float32 // B×D
	labels       []uint8   // B
	shown        []int     // B: the index of the image in each row of the target, or −1
}

func (m *Model) newImportance(draws int) (*importance, error) {
	a, o := m.Stage.Architecture, m.Stage.Objective
	o.Emphasis = kernel.PixelWeights{}
	s := &importance{seed: m.Config.Seed, draws: draws, images: max(1, evaluationBatch/draws), normaliser: o.Reconstruction.LogNormaliser(a.Input.Size())}
	rows := s.images * draws
	batches := (rows + evaluationBatch - 1) / evaluationBatch
	s.batch = (rows + batches - 1) / batches
	s.noise, s.codes, s.weights = make([]float32, rows*a.CodeSize()), make([]float32, rows*a.CodeSize()), make([]float64, rows)
	s.target, s.labels, s.shown = make([]float32, s.batch*a.Input.Size()), make([]uint8, s.batch), make([]int, s.batch)
	for row := range s.shown {
		s.shown[row] = -1
	}
	var err error
	if s.encoder, err = graph.Compile(a, o, m.Parameters, graph.Encoding, evaluationBatch); err != nil {
		return nil, err
	}
	if s.decoder, err = graph.Compile(a, o, m.Parameters, graph.Likelihood, s.batch); err != nil {
		s.encoder.Close()
	}
	return s, err
}

// streamImportance is the noise of the codes that the likelihood of an image is
// estimated with. The step is the number of the image.
const streamImportance noise.Stream = 7

// weigh visits the images [from, to) of a batch, which has just been encoded.
func (s *importance) weigh(in graph.Batch, index []int, from, to int, visit func(int, []float64) error) error {
	statistics := s.encoder.Statistics()
	size := len(statistics) / in.Rows / 2
	for i := from; i < to; i++ {
		first, last := (i-from)*s.draws, (i-from+1)*s.draws
		normals := s.noise[first*size : last*size]
		noise.Gaussian(normals, noise.Key{Seed: s.seed, Stream: streamImportance, Step: uint64(index[i])})
		kernel.ImportanceCodes(s.draws, size, statistics[2*i*size:2*(i+1)*size], normals, s.codes[first*size:], s.weights[first:])
	}
	rows := (to - from) * s.draws
	for first := 0; first < rows; first += s.batch {
		if err := s.decode(in, index, from, first, min(first+s.batch, rows)); err != nil {
			return err
		}
	}
	for i := from; i < to; i++ {
		if err := visit(index[i], s.weights[(i-from)*s.draws:(i-from+1)*s.draws]); err != nil {
			return err
		}
	}
	return nil
}

// decode adds log p(x|z) to the weights of the rows [first, last), which begin
// with those of an image.
func (s *importance) decode(in graph.Batch, index []int, image, first, last int) error {
	values, size := len(s.target)/s.batch, len(s.codes)/len(s.weights)
	for row := range last - first {
		at := image + (first+row)/s.draws
		if s.shown[row] == index[at] { // from an earlier batch of the same image
			continue
		}
		s.shown[row] = index[at]
		copy(s.target[row*values:(row+1)*values], in.Target[at*values:])
		if in.Labels != nil {
			s.labels[row] = in.Labels[at]
		}
	}
	if err := s.decoder.Run(graph.Batch{Rows: last - first, Input: s.codes[first*size:], Target: s.target, Labels: s.labels}); err != nil {
		return err
	}
	for row, v := range s.decoder.Terms[0].PerImage() {
		s.weights[first+row] -= float64(v) + s.normaliser
		if math.IsNaN(s.weights[first+row]) {
			return fmt.Errorf("%w: the likelihood of an image is NaN; hint: the weights of another checkpoint", ErrDiverged)
		}
	}
	return nil
}
