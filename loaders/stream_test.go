package loaders

import (
	"bytes"
	"fmt"
	"math"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gaetrain/graph/kernel/noise"
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

func TestStreamCorruption(t *testing.T) {
	t.Parallel()
	for _, kind := range []CorruptionKind{Gaussian, Masking, SaltAndPepper} {
		c := Corruption{Kind: kind, Level: 0.5}
		t.Run(c.String(), func(t *testing.T) {
			o := StreamOptions{BatchSize: 4, Seed: 9, Corruption: c}
			plain := newStream(t, numbered(30), o)
			want := inputs(plain, 2, 0)
			o.BatchSize, o.Shuffle = 9, true
			shuffled := newStream(t, numbered(30), o)
			if diff := cmp.Diff(want, inputs(shuffled, 2, 0)); diff != "" {
				t.Error("the corruption of an image depends on its batch")
			}
			if cmp.Equal(want, inputs(plain, 3, 0)) {
				t.Error("two epochs have one corruption")
			}
			if cmp.Equal(want[0], want[1]) {
				t.Error("two images have one corruption")
			}
			for b, _ := range plain.Epoch(0, 0) {
				for row, i := range b.Index {
					if b.Clean[3*row] != float32(i)/255 {
						t.Fatal("the clean images are corrupted too")
					}
				}
			}
			o.Seed = 10
			if cmp.Equal(want, inputs(newStream(t, numbered(30), o), 2, 0)) {
				t.Error("two seeds have one corruption")
			}
		})
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

// TestStreamMask checks that the mask has the pixels that differ from the clean image
// and those that were corrupted to the same value.
func TestStreamMask(t *testing.T) {
	t.Parallel()
	white := Pixels(Shape{1, 40, 50}, bytes.Repeat([]byte{255}, 3*2000))
	for _, c := range []Corruption{{}, {Kind: Masking, Level: 0.25}, {Kind: SaltAndPepper, Level: 0.5}, {Kind: Gaussian, Level: 0.3}} {
		stream := newStream(t, white, StreamOptions{BatchSize: 2, Seed: 5, Corruption: c, Mask: true})
		var hits, hidden int
		for b, _ := range stream.Epoch(1, 0) {
			for i, h := range b.Mask[:b.Rows*2000] {
				if h != 0 && h != 1 || h == 0 && b.Input[i] != b.Clean[i] {
					t.Fatalf("%v: pixel %d is %g, was %g, mask %g", c, i, b.Input[i], b.Clean[i], h)
				}
				hits += int(h)
				if h == 1 && b.Input[i] == b.Clean[i] {
					hidden++
				}
			}
		}
		want, wantHidden := map[CorruptionKind]float64{Masking: 0.25, SaltAndPepper: 0.5, Gaussian: 1}[c.Kind], 0.0
		if c.Kind == SaltAndPepper {
			wantHidden = 0.25 // white pixels set to 1
		}
		if got := float64(hits) / 6000; math.Abs(got-want) > 0.03 {
			t.Errorf("%v: %g of the pixels are hit", c, got)
		}
		if got := float64(hidden) / 6000; math.Abs(got-wantHidden) > 0.03 {
			t.Errorf("%v: %g of the pixels are hit and look the same", c, got)
		}
	}
}

func TestParseCorruption(t *testing.T) {
	t.Parallel()
	good := map[string]Corruption{
		"": {}, "none": {}, "gaussian:1.5": {Kind: Gaussian, Level: 1.5}, "masking:0.25": {Kind: Masking, Level: 0.25}, "salt-and-pepper:0.1": {Kind: SaltAndPepper, Level: 0.1},
		"patches:0.75:4": {Patches, 0.75, 4},
	}
	for spec, want := range good {
		got, err := ParseCorruption(spec)
		if err != nil || got != want {
			t.Errorf("%q: %v, %v", spec, got, err)
		}
		if again, err := ParseCorruption(got.String()); err != nil || again != want {
			t.Errorf("%q is printed as %q", spec, got)
		}
	}
	bad := map[string]string{
		"maskin:0.2": "did you mean masking?", "masking": "lacks a level", "masking:": "not a number", "masking:1.1": "at most 1",
		"gaussian:-1": "≥ 0", "gaussian:NaN": "finite", "gaussian:inf": "finite", "none:1": "takes no level", ":1": "unknown corruption",
		"patches:0.5": "hint: for example patches:0.25:4", "patches:0.5:0": "at least 1 pixel", "patches:0.5:x": "not a whole number", "masking:0.5:4": "hint: for example masking:0.25",
	}
	for spec, mention := range bad {
		_, err := ParseCorruption(spec)
		wantError(t, err, ErrUnknown, mention)
	}
}

func FuzzParseCorruption(f *testing.F) {
	for _, spec := range []string{"", "none", "gaussian:0.3", "masking:1e-3", "salt-and-pepper:0.1", "patches:0.75:4"} {
		f.Add(spec)
	}
	f.Fuzz(func(t *testing.T, spec string) {
		c, err := ParseCorruption(spec)
		if err != nil {
			wantError(t, err, ErrUnknown)
			return
		}
		if again, err := ParseCorruption(c.String()); err != nil || again != c {
			t.Fatalf("%q is printed as %q, which is read as %v (error %v)", spec, c, again, err)
		}
	})
}

func TestCorruptionStatistics(t *testing.T) {
	t.Parallel()
	const n = 100000
	src, dst := make([]float32, n), make([]float32, n)
	for i := range src {
		src[i] = 0.5
	}
	tests := []struct {
		c                     Corruption
		zeros, ones, variance float64
	}{
		{Corruption{}, 0, 0, 0},
		{Corruption{Kind: Masking, Level: 0.25}, 0.25, 0, 0.25 * 0.75 / 4},
		{Corruption{Kind: SaltAndPepper, Level: 0.2}, 0.1, 0.1, 0.2 / 4},
		{Corruption{Kind: Gaussian, Level: 0.3}, 0, 0, 0.09},
	}
	for _, test := range tests {
		t.Run(fmt.Sprint(test.c), func(t *testing.T) {
			test.c.Apply(dst, src, Shape{1, 1, n}, noise.Key{Seed: 1})
			var zeros, ones, sum, squares float64
			for _, x := range dst {
				if x == 0 {
					zeros++
				}
				if x == 1 {
					ones++
				}
				sum += float64(x)
				squares += float64(x) * float64(x)
			}
			mean := sum / n
			for name, pair := range map[string][2]float64{
				"zeros": {zeros / n, test.zeros}, "ones": {ones / n, test.ones}, "variance": {squares/n - mean*mean, test.variance},
			} {
				if math.Abs(pair[0]-pair[1]) > 0.005 {
					t.Errorf("%s: %.4f, want %.4f", name, pair[0], pair[1])
				}
			}
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
