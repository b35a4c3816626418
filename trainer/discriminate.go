package trainer

import (
	"context"

	"gaetrain/loaders"
)

// CanDiscriminate returns an error for a model that was not trained against a
// discriminator of images or of their codes. The discriminator of permuted codes compares
// codes with codes of the same images. The error wraps ErrConfiguration.
func (t *Trained) CanDiscriminate() error {
	if t.Stage.Opponent == nil || t.Stage.Opponent.Real == Permuted {
		return t.cannot("has no discriminator of images or codes", "--model gan and --model aae have one")
	}
	return nil
}

// Discriminate returns the discriminator's loss −log D(x) in nats, or the loss that the
// model was trained with, of each image of a split as a real example. The discriminator of
// codes judges the codes of the images.
func (t *Trained) Discriminate(ctx context.Context, split loaders.Split) ([]float64, error) {
	if err := t.CanDiscriminate(); err != nil {
		return nil, err
	}
	if err := t.requireLabels(split.Labels, split.Len()); err != nil {
		return nil, err
	}
	examples := split
	if t.Stage.Opponent.Real != Target { // it judges codes
		codes, err := t.Encode(ctx, split)
		if err != nil {
			return nil, err
		}
		examples = loaders.Values(loaders.Shape{Channels: 1, Height: 1, Width: t.CodeSize()}, codes)
		examples.Labels = split.Labels
	}
	o, err := newOpponent(t.Stage, t.Parameters, false, evaluationBatch)
	if err != nil {
		return nil, err
	}
	defer o.Close()
	stream, err := loaders.NewStream(examples, loaders.StreamOptions{BatchSize: evaluationBatch, Seed: t.Config.Seed})
	if err != nil {
		return nil, err
	}
	var losses []float64
	var f feeder
	for batch, err := range stream.Epoch(0, 0) {
		if err != nil {
			return nil, err
		}
		b, values := f.feed(batch), batch.Clean[:batch.Rows*examples.Shape.Size()]
		if err := o.judge(ctx, b, values, values); err != nil {
			return nil, err
		}
		for _, loss := range o.Terms()[0].PerImage()[:batch.Rows] {
			losses = append(losses, float64(loss))
		}
	}
	return losses, nil
}
