package loaders

import (
	"math"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// numbered returns n images of 3 pixels. The first pixel is the number of the image.
func numbered(n int) Split {
	pixels, labels := make([]uint8, 3*n), make([]Label, n)
	for i := range n {
		pixels[3*i], pixels[3*i+1], labels[i] = uint8(i), 255, Label(i)
	}
	return labelled(Shape{1, 1, 3}, pixels, labels...)
}

func newStream(t testing.TB, s Split, o StreamOptions) *Stream {
	t.Helper()
	stream, err := NewStream(s, o)
	if err != nil {
		t.Fatal(err)
	}
	return stream
}

// inputs returns the corrupted images of an epoch by index.
func inputs(s *Stream, epoch, firstStep int) map[int][]float32 {
	images := map[int][]float32{}
	for b, _ := range s.Epoch(epoch, firstStep) {
		size := len(b.Input) / s.options.BatchSize
		for row, i := range b.Index {
			images[i] = slices.Clone(b.Input[row*size : (row+1)*size])
		}
	}
	return images
}

func order(s *Stream, epoch, firstStep int) []int {
	var order []int
	for b, _ := range s.Epoch(epoch, firstStep) {
		order = append(order, b.Index...)
	}
	return order
}

func TestStreamBatches(t *testing.T) {
	t.Parallel()
	tests := []struct {
		images, size int
		dropLast     bool
		rows         []int
	}{
		{10, 4, false, []int{4, 4, 2}},
		{10, 4, true, []int{4, 4}},
		{8, 4, false, []int{4, 4}},
		{3, 4, false, []int{3}},
		{1, 1, true, []int{1}},
	}
	for _, test := range tests {
		s := newStream(t, numbered(test.images), StreamOptions{BatchSize: test.size, DropLast: test.dropLast})
		var rows []int
		for b, _ := range s.Epoch(0, 0) {
			if b.Step != len(rows) || len(b.Index) != b.Rows || len(b.Labels) != b.Rows || len(b.Clean) != 3*test.size || &b.Input[0] != &b.Clean[0] {
				t.Errorf("batch %+v", b)
			}
			for row, i := range b.Index {
				if b.Labels[row] != Label(i) || b.Clean[3*row] != float32(i)/255 || b.Clean[3*row+1] != 1 {
					t.Errorf("row %d does not hold image %d: %v", row, i, b)
				}
			}
			rows = append(rows, b.Rows)
		}
		if diff := cmp.Diff(test.rows, rows); diff != "" || s.Batches() != len(test.rows) {
			t.Errorf("%+v: Batches() = %d, rows %s", test, s.Batches(), diff)
		}
	}
}

func TestStreamOrder(t *testing.T) {
	t.Parallel()
	o := StreamOptions{BatchSize: 7, Seed: 3, Shuffle: true}
	s := newStream(t, numbered(100), o)
	first := order(s, 0, 0)
	sorted := slices.Sorted(slices.Values(first))
	for i := range sorted {
		if sorted[i] != i {
			t.Fatalf("an epoch is no permutation: %v", first)
		}
	}
	o.BatchSize = 16
	if !slices.Equal(first, order(newStream(t, numbered(100), o), 0, 0)) {
		t.Error("the order depends on the batch size")
	}
	if slices.Equal(first, order(s, 1, 0)) {
		t.Error("two epochs have one order")
	}
	if !slices.Equal(first, order(s, 0, 0)) {
		t.Error("an epoch run again has another order")
	}
	if !slices.Equal(first[7*5:], order(s, 0, 5)) {
		t.Error("an epoch resumed at step 5 goes on differently")
	}
	o.Seed = 4
	if slices.Equal(first, order(newStream(t, numbered(100), o), 0, 0)) {
		t.Error("two seeds have one order")
	}
	if got := order(s, 0, 99); got != nil {
		t.Errorf("steps beyond the epoch: %v", got)
	}
	// If these numbers changed, older runs could not be repeated.
	golden := make([]int, 8)
	permutation(golden, true, 42, 1)
	if diff := cmp.Diff([]int{6, 5, 4, 0, 2, 3, 1, 7}, golden); diff != "" {
		t.Errorf("the shuffle has changed: %s", diff)
	}
}

func TestShuffleIsUniform(t *testing.T) {
	t.Parallel()
	const n, epochs = 5, 20000
	var counts [n][n]int
	order := make([]int, n)
	for epoch := range epochs {
		permutation(order, true, 1, epoch)
		for place, i := range order {
			counts[place][i]++
		}
	}
	for place := range n {
		for i, got := range counts[place] {
			// The number is binomial. The tolerance is five standard deviations.
			if want, deviation := float64(epochs)/n, math.Sqrt(epochs*(1.0/n)*(1-1.0/n)); math.Abs(float64(got)-want) > 5*deviation {
				t.Errorf("image %d is at place %d in %d of %d epochs, want about %.0f", i, place, got, epochs, want)
			}
		}
	}
}

// TestStreamBinarise checks that the value of a pixel is its probability of being 1, that
// pixels are sampled in each epoch, independent of the batch size, and that the inputs
// are the corrupted samples.
func TestStreamBinarise(t *testing.T) {
	t.Parallel()
	const side, epochs = 100, 30
	pixels := make([]uint8, 2*side*side)
	for i := range pixels {
		pixels[i] = []uint8{0, 51, 255}[i%3]
	}
	gray := Pixels(Shape{1, side, side}, pixels)
	o := StreamOptions{BatchSize: 2, Seed: 3, Binarise: true}
	stream := newStream(t, gray, o)
	var ones [3]float64
	for epoch := range epochs {
		for i, x := range slices.Concat(inputs(stream, epoch, 0)[0], inputs(stream, epoch, 0)[1]) {
			if x != 0 && x != 1 {
				t.Fatalf("a pixel is %g", x)
			}
			ones[i%3] += float64(x) / float64(epochs*len(pixels)) * 3
		}
	}
	if ones[0] != 0 || math.Abs(ones[1]-0.2) > 0.005 || math.Abs(ones[2]-1) > 1e-3 {
		t.Errorf("pixels of 0, 0.2 and 1 are drawn with probabilities %v", ones)
	}
	want := inputs(stream, 4, 0)
	if cmp.Equal(want, inputs(stream, 5, 0)) || cmp.Equal(want[0][:side*side], want[1][:side*side]) {
		t.Error("two epochs or two images are drawn alike")
	}
	o.BatchSize, o.Corruption = 1, Corruption{Kind: Masking, Level: 0}
	for b, _ := range newStream(t, gray, o).Epoch(4, 0) {
		if !slices.Equal(b.Clean, want[b.Index[0]]) || !slices.Equal(b.Input, b.Clean) {
			t.Error("what is drawn depends on the batch, or the input is made of something else")
		}
	}
}

func TestStreamLeftEarly(t *testing.T) {
	s := newStream(t, numbered(100), StreamOptions{BatchSize: 5})
	order(s, 0, 0) // starts the threads of the kernels
	before := runtime.NumGoroutine()
	for range 50 {
		for b, _ := range s.Epoch(0, 0) {
			if b.Step == 2 {
				break
			}
		}
	}
	after := runtime.NumGoroutine()
	for wait := time.Millisecond; after > before && wait < time.Second; wait *= 2 { // a goroutine that has ended can still be counted
		time.Sleep(wait)
		after = runtime.NumGoroutine()
	}
	if after > before {
		t.Errorf("%d goroutines before, %d after leaving epochs early", before, after)
	}
	if got := order(s, 0, 0); len(got) != 100 || got[99] != 99 {
		t.Errorf("the epoch after has %d images", len(got))
	}
}

func TestStreamAllocatesNothingPerBatch(t *testing.T) {
	s := newStream(t, numbered(200), StreamOptions{BatchSize: 1, Shuffle: true, Corruption: Corruption{Kind: Masking, Level: 0.5}})
	perEpoch := testing.AllocsPerRun(5, func() {
		for range s.Epoch(0, 0) {
		}
	})
	if perEpoch > 30 {
		t.Errorf("%.0f allocations in an epoch of 200 batches", perEpoch)
	}
}

func TestNewStreamRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		split    Split
		options  StreamOptions
		sentinel error
	}{
		{"no batch size", numbered(3), StreamOptions{}, ErrUnknown},
		{"less than a batch", numbered(3), StreamOptions{BatchSize: 4, DropLast: true}, ErrUnknown},
		{"level", numbered(3), StreamOptions{BatchSize: 1, Corruption: Corruption{Kind: Masking, Level: 2}}, ErrUnknown},
		{"kind", numbered(3), StreamOptions{BatchSize: 1, Corruption: Corruption{Kind: 99}}, ErrUnknown},
		{"empty", Split{}, StreamOptions{BatchSize: 1}, ErrData},
		{"labels", labelled(Shape{1, 1, 1}, []uint8{1, 2}, 1), StreamOptions{BatchSize: 1}, ErrData},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := NewStream(test.split, test.options)
			wantError(t, err, test.sentinel)
		})
	}
}

func BenchmarkStream(b *testing.B) {
	s := Pixels(grey28, make([]uint8, 784*6000))
	for _, c := range []Corruption{{}, {Kind: Masking, Level: 0.25}, {Kind: Gaussian, Level: 0.25}} {
		b.Run(c.String(), func(b *testing.B) {
			stream := newStream(b, s, StreamOptions{BatchSize: 128, Shuffle: true, Corruption: c})
			for epoch := 0; b.Loop(); epoch++ {
				for range stream.Epoch(epoch, 0) {
				}
			}
			b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N*stream.Batches()), "ms/batch")
		})
	}
}
