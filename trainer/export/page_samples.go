package export

import (
	"context"
	"fmt"

	"gaetrain/graph/trace/compute"
	"gaetrain/loaders"
	"gaetrain/trainer"
)

// batch are items or codes, as inputs of the program and of a network.
type batch struct {
	rows   []row
	values []float32
	labels []loaders.Label
}

// rows returns inputs of a network on which errors are measured, and others.
func (s Samples) rows(t *trainer.Trained, n *compute.Network, measured, others int) (a batch, b []row) {
	name, values, size, vary := trainer.Code, s.Codes, t.CodeSize(), s.varyCode(t.CodeSize())
	if has(n.Inputs, trainer.Input) {
		name, values, size, vary = trainer.Input, s.Images, t.Shape().Size(), s.varyImage
	}
	count := len(values) / max(size, 1)
	measured = min(measured, count) // of 2·count
	for i := range min(measured+others, 2*count) {
		k := i % count
		item := values[k*size : (k+1)*size]
		if i >= count || i%2 == 1 {
			item = vary(t, item, i)
		}
		var label loaders.Label
		if s.Labels != nil {
			label = s.Labels[k]
		}
		to := &a.rows
		if i >= measured {
			to = &b
		}
		*to = append(*to, row{name: item, trainer.Labels: {float32(label)}})
		if i < measured {
			a.values, a.labels = append(a.values, item...), append(a.labels, label)
		}
	}
	if s.Labels == nil {
		a.labels = nil
	}
	return a, b
}

// varyCode returns a function that changes a code as the controls of a page do: one value is
// at an end of its range, or all values are moved.
func (s Samples) varyCode(size int) func(t *trainer.Trained, code []float32, i int) []float32 {
	deviations := make([]float32, size)
	for k := range min(size, len(s.Codes)) {
		deviations[k] = s.deviation(k, size)
	}
	return func(t *trainer.Trained, code []float32, i int) []float32 { return s.varied(t, deviations, code, i) }
}

func (s Samples) varied(t *trainer.Trained, deviations, code []float32, i int) []float32 {
	size := len(code)
	y := append([]float32(nil), code...)
	if i%4 == 1 && !t.Quantises() {
		noise := trainer.Draw(1, size, uint64(i), 1)
		for k := range y {
			y[k] += noise[k] * deviations[k] / 2
		}
		return y
	}
	k := i / 4 % size
	for at := k; at < len(s.Codes); at += size {
		if v := s.Codes[at]; i%8 < 4 && v > y[k] || i%8 >= 4 && v < y[k] {
			y[k] = v
		}
	}
	return y
}

// deviation is about the standard deviation of a value of the codes.
func (s Samples) deviation(k, size int) float32 {
	low, high := s.Codes[k], s.Codes[k]
	for at := k; at < len(s.Codes); at += size {
		low, high = min(low, s.Codes[at]), max(high, s.Codes[at])
	}
	return (high - low) / 6
}

// varyImage moves an image by some pixels, with its left part on the right, so that other
// pixels than usual have values.
func (s Samples) varyImage(t *trainer.Trained, x []float32, i int) []float32 {
	shape := t.Shape()
	if shape.IsTable() {
		return x
	}
	y := make([]float32, len(x))
	down, right := i%5, i%7
	for at := range x {
		line, column := at/shape.Width, at%shape.Width
		plane := line / shape.Height * shape.Height
		line = plane + (line-plane+down)%shape.Height
		y[line*shape.Width+(column+right)%shape.Width] = x[at]
	}
	return y
}

// outputs returns what the program computes for a batch.
func (s Samples) outputs(ctx context.Context, t *trainer.Trained, output string, of batch) (list [][]float32, err error) {
	split := loaders.Values(t.Shape(), of.values)
	split.Labels = of.labels
	var values []float32
	switch output {
	case trainer.Code, mean:
		values, err = t.Encode(ctx, split)
	case trainer.Logits:
		values, _, err = t.Classify(ctx, split)
	case image:
		values, err = t.Decode(ctx, of.values, of.labels)
	case trainer.Reconstruction:
		if of.rows[0][trainer.Code] != nil {
			values, err = t.Decode(ctx, of.values, of.labels)
			break
		}
		r, failed := t.Treated(trainer.Treatment{}).Reconstruct(ctx, split)
		values, err = r.Reconstruction, failed
	default:
		err = fmt.Errorf("the program has no output %q", output)
	}
	if err != nil {
		return nil, err
	}
	size := len(values) / len(of.rows)
	for i := range of.rows {
		list = append(list, values[i*size:(i+1)*size])
	}
	return list, nil
}
