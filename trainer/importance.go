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

// ImportanceWeights samples codes from the posterior of each image of a split. It
// calls visit with the index of the image and the logarithms of their weights,
//
//	log w = log p(x|z) + log p(z) − log q(z|x),
//
// in the order of the images. Inputs are corrupted as in evaluation, and all pixels
// of the target have the same weight. A sample depends only on the seed of the run,
// the image and its own number. Memory holds the samples of one image.
func (t *Trained) ImportanceWeights(ctx context.Context, split loaders.Split, draws int, visit func(image int, logWeights []float64) error) error {
	if _, err := t.asPosterior(); err != nil {
		return err
	}
	if draws < 1 || draws > mostDraws {
		return fmt.Errorf("%w: the number of draws is %d; hint: from 1 to %d", ErrConfiguration, draws, mostDraws)
	}
	s, err := t.newImportance(draws)
	if err != nil {
		return err
	}
	defer s.encoder.Close()
	defer s.decoder.Close()
	stream, err := t.Stage.stream(split, s.encoder, t.Config.Seed, evaluationBatch, false)
	if err != nil {
		return err
	}
	var f feeder
	for batch, err := range stream.Epoch(0, 0) {
		if err != nil {
			return err
		}
		in := f.feed(batch)
		if err := s.encoder.Run(ctx, in); err != nil {
			return err
		}
		for first := 0; first < batch.Rows; first += s.images {
			if err := s.weigh(ctx, in, batch.Index, first, min(first+s.images, batch.Rows), visit); err != nil {
				return err
			}
			if err := ctx.Err(); err != nil {
				return err
			}
		}
	}
	return nil
}

// streamImportance is the noise of the codes from which the likelihood of an image is
// estimated. The step is the index of the image.
const streamImportance noise.Stream = 7

// mostDraws limits the number of samples of one image, which are held in memory.
const mostDraws = 1 << 20

// importance samples the codes of a few images at once, K for each: R = images·K
// rows in total, in batches of B.
type importance struct {
	seed             uint64
	draws, images    int
	encoder, decoder *graph.Program
	batch            int
	normaliser       float64

	draw, codes []float32 // R×L
	weights     []float64 // R
	target      []float32 // B×D
	labels      []float32 // B
	shown       []int     // B: the index of the image in each row of the target, or −1
	inputs      map[string][]float32
}

func (t *Trained) newImportance(draws int) (*importance, error) {
	encoder, err := t.asPosterior()
	if err != nil {
		return nil, err
	}
	decoder, err := t.asDecoder()
	if err != nil {
		return nil, err
	}
	image, size := t.Source.Shape, decoder.CodeShape().Size()
	s := &importance{seed: t.Config.Seed, draws: draws, images: max(1, evaluationBatch/draws), normaliser: decoder.Likelihood().LogNormaliser(image.Size())}
	rows := s.images * draws
	const perValue = 3 // numbers for each value of a code: the draw, the code and its copy in the decoder
	if err := Fits("draws", rows, perValue*size, "choose fewer draws"); err != nil {
		return nil, err
	}
	batches := (rows + evaluationBatch - 1) / evaluationBatch
	s.batch = (rows + batches - 1) / batches
	s.draw, s.codes, s.weights = make([]float32, rows*size), make([]float32, rows*size), make([]float64, rows)
	s.target, s.labels, s.shown = make([]float32, s.batch*image.Size()), make([]float32, s.batch), make([]int, s.batch)
	s.inputs = map[string][]float32{Target: s.target, Labels: s.labels}
	for row := range s.shown {
		s.shown[row] = -1
	}
	if s.encoder, err = compile(t.Parameters, "encoding", evaluationBatch, posterior(encoder, image), Statistics); err != nil {
		return nil, err
	}
	o := graph.Options{Name: "likelihood", Batch: s.batch, Without: []string{Mask}}
	if s.decoder, err = graph.Compile(t.Parameters, o, likelihoodOf(decoder, image)); err != nil {
		s.encoder.Close()
	}
	return s, err
}

// weigh computes the weights of the images [from, to) of a batch that has just been
// encoded, and visits these images.
func (s *importance) weigh(ctx context.Context, in graph.Batch, index []int, from, to int, visit func(int, []float64) error) error {
	statistics := s.encoder.Output(Statistics)
	size := len(statistics) / in.Rows / 2
	for i := from; i < to; i++ {
		first, last := (i-from)*s.draws, (i-from+1)*s.draws
		draw := s.draw[first*size : last*size]
		noise.Normal(draw, noise.Key{Seed: s.seed, Stream: streamImportance, Step: uint64(index[i])})
		kernel.ImportanceCodes(s.draws, size, statistics[2*i*size:2*(i+1)*size], draw, s.codes[first*size:], s.weights[first:])
	}
	rows := (to - from) * s.draws
	for first := 0; first < rows; first += s.batch {
		if err := s.decode(ctx, in, index, from, first, min(first+s.batch, rows)); err != nil {
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

// decode adds log p(x|z) to the weights of the rows [first, last). Row 0 belongs to the
// given image.
func (s *importance) decode(ctx context.Context, in graph.Batch, index []int, image, first, last int) error {
	values, size := len(s.target)/s.batch, len(s.codes)/len(s.weights)
	for row := range last - first {
		at := image + (first+row)/s.draws
		if s.shown[row] == index[at] { // from an earlier batch of the same image
			continue
		}
		s.shown[row] = index[at]
		copy(s.target[row*values:(row+1)*values], in.Inputs[Target][at*values:])
		if labels := in.Inputs[Labels]; len(labels) > 0 {
			s.labels[row] = labels[at]
		}
	}
	s.inputs[Code] = s.codes[first*size:]
	if err := s.decoder.Run(ctx, graph.Batch{Rows: last - first, Inputs: s.inputs}); err != nil {
		return err
	}
	for row, v := range s.decoder.Terms()[0].PerImage() {
		s.weights[first+row] -= float64(v) + s.normaliser
		if math.IsNaN(s.weights[first+row]) {
			return fmt.Errorf("%w: the likelihood of an image is NaN; hint: try the weights of another checkpoint", ErrDiverged)
		}
	}
	return nil
}
