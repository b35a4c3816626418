package loaders

import (
	"slices"
	"testing"
)

// TestStreamExamples checks that a stream gives only the labels of the labelled images,
// that these take turns over the epochs, and that a later step serves the same.
func TestStreamExamples(t *testing.T) {
	const n, size, batch = 10, 4, 4
	values, labels := make([]float32, n*size), make([]Label, n)
	for i := range values {
		values[i] = float32(i/size) / n
	}
	for i := range labels {
		labels[i] = Label(i%2 + 1)
	}
	split := Values(Shape{1, 2, 2}, values)
	split.Labels = labels
	labelled := []int{1, 4, 8}
	stream, err := NewStream(split, StreamOptions{BatchSize: batch, Shuffle: true, Seed: 3, Noise: 1, Labelled: labelled, Examples: true})
	if err != nil {
		t.Fatal(err)
	}
	counts := make(map[int]int)
	var third []int
	for epoch := range 3 {
		for b, err := range stream.Epoch(epoch, 0) {
			if err != nil {
				t.Fatal(err)
			}
			for row, i := range b.Index {
				if want := slices.Contains(labelled, i); b.Known[row] != want || !want && b.Labels[row] != 0 || want && b.Labels[row] != labels[i] {
					t.Errorf("image %d: known %v, label %d", i, b.Known[row], b.Labels[row])
				}
			}
			e := b.Examples
			if e.Rows != b.Rows || len(e.Labels) != b.Rows {
				t.Fatalf("%d examples with %d labels for %d images", e.Rows, len(e.Labels), b.Rows)
			}
			for row, i := range e.Index {
				counts[i]++
				if e.Labels[row] != labels[i] || e.Input[row*size] != values[i*size] {
					t.Errorf("example %d has the label %d and the pixel %g", i, e.Labels[row], e.Input[row*size])
				}
			}
			if epoch == 1 && b.Step == 2 {
				third = slices.Clone(e.Index)
			}
		}
	}
	if counts[1] != 10 || counts[4] != 10 || counts[8] != 10 {
		t.Errorf("the labelled images came %v times, want 10 times each", counts)
	}
	for b, err := range stream.Epoch(1, 2) {
		if err != nil || !slices.Equal(b.Examples.Index, third) {
			t.Errorf("step 2 of epoch 1 has other examples when it is served first: %v, want %v", b.Examples.Index, third)
		}
	}
	if _, err := NewStream(split, StreamOptions{BatchSize: batch, Labelled: []int{}, Examples: true}); err == nil {
		t.Error("a stream without labelled images was made")
	}
}
