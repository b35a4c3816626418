package loaders

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gaetrain/graph/kernel/noise"
)

func TestParseAugmentation(t *testing.T) {
	t.Parallel()
	for spec, want := range map[string]Augmentation{
		"": {}, "none": {}, "flip": {Flip: true}, "shift:2": {Shift: 2}, "crop:0.9": {Crop: 0.9}, "rotate:180": {Rotate: 180},
		"brightness:1,flip,shift:0.5,crop:1e-3,rotate:10": {true, 0.5, 10, 1e-3, 1},
	} {
		got, err := ParseAugmentation(spec)
		if err != nil || got != want {
			t.Errorf("%q is %v, error %v, want %v", spec, got, err, want)
		}
		if again, err := ParseAugmentation(got.String()); err != nil || again != want {
			t.Errorf("%q is printed as %q, which is read as %v, error %v", spec, got, again, err)
		}
	}
	for spec, mention := range map[string]string{
		"flip:1": "hint", "shift": "hint", "zoom:2": "hint", "flip,flip": "hint", "shift:1,shift:1": "hint", "flip,": "hint", "none,flip": "hint",
		"shift:x": "not a number", "shift:-1": "above 0", "shift:NaN": "above 0", "shift:inf": "above 0",
		"rotate:181": "180", "crop:1": "below 1", "crop:2": "below 1", "brightness:1.1": "at most 1",
	} {
		_, err := ParseAugmentation(spec)
		wantError(t, err, ErrUnknown, mention)
	}
}

func FuzzParseAugmentation(f *testing.F) {
	for _, spec := range []string{"", "none", "flip", "flip,shift:2,rotate:10,crop:0.9,brightness:0.1", "crop:1", "flip:1"} {
		f.Add(spec)
	}
	f.Fuzz(func(t *testing.T, spec string) {
		a, err := ParseAugmentation(spec)
		if err != nil {
			wantError(t, err, ErrUnknown)
			return
		}
		if again, err := ParseAugmentation(a.String()); err != nil || again != a {
			t.Fatalf("%q is printed as %q, which is read as %v (error %v)", spec, a, again, err)
		}
	})
}

// TestAugmentationWarp gives the random numbers of an augmentation, and compares the
// pixels with the expected ones.
func TestAugmentationWarp(t *testing.T) {
	t.Parallel()
	image := []float32{
		1, 2, 3,
		4, 5, 6,
		7, 8, 9,
	}
	half := []float32{0.9, 0.5, 0.5, 0.5, 0, 0.5, 0.5} // no flip, no move, crops in the middle
	with := func(at int, u float32) []float32 {
		random := slices.Clone(half)
		random[at] = u
		return random
	}
	for _, test := range []struct {
		name   string
		a      Augmentation
		random []float32
		want   []float32
	}{
		{"flip", Augmentation{Flip: true}, with(0, 0.4), []float32{3, 2, 1, 6, 5, 4, 9, 8, 7}},
		{"no flip", Augmentation{Flip: true}, with(0, 0.5), image},
		{"up", Augmentation{Shift: 1}, with(1, 0), []float32{4, 5, 6, 7, 8, 9, 7, 8, 9}},
		{"left by half a pixel", Augmentation{Shift: 1}, with(2, 0.25), []float32{1.5, 2.5, 3, 4.5, 5.5, 6, 7.5, 8.5, 9}},
		{"a quarter anticlockwise", Augmentation{Rotate: 90}, with(3, 0), []float32{3, 6, 9, 2, 5, 8, 1, 4, 7}},
		{"the whole image", Augmentation{Crop: 0.5}, half, image},
		// A third of the side around the centre, whose pixels are a third of a pixel apart.
		{"crop in the middle", Augmentation{Crop: 1.0 / 3}, with(4, 1), []float32{
			5 - 4.0/3, 5 - 1, 5 - 2.0/3,
			5 - 1.0/3, 5, 5 + 1.0/3,
			5 + 2.0/3, 5 + 1, 5 + 4.0/3,
		}},
		// The first pixel, enlarged. Its upper left parts have the value of the pixel itself.
		{"crop at the corner", Augmentation{Crop: 1.0 / 3}, []float32{0.9, 0.5, 0.5, 0.5, 1, 0, 0}, []float32{
			1, 1, 1 + 1.0/3,
			1, 1, 1 + 1.0/3,
			2, 2, 2 + 1.0/3,
		}},
		// First flipped, then turned, then shifted.
		{"flip, turn, shift", Augmentation{Flip: true, Rotate: 90, Shift: 1}, []float32{0, 0, 0.5, 0, 0, 0, 0}, []float32{4 - 2, 5, 8, 3, 6, 9, 3, 6, 9}},
	} {
		got := make([]float32, 9)
		test.a.warp(test.random, Shape{1, 3, 3}).apply(got, Shape{1, 3, 3}, image, Shape{1, 3, 3})
		for i, want := range test.want {
			if math.Abs(float64(got[i]-want)) > 1e-5 {
				t.Errorf("%s: %v, want %v", test.name, got, test.want)
				break
			}
		}
	}
}

// shades returns n random images with two channels, the second of which is 255 minus
// the first.
func shades(n int) Split {
	var pixels []uint8
	random := make([]float32, 30)
	for i := range n {
		noise.Uniform(random, noise.Key{Seed: 5, Step: uint64(i)})
		for _, first := range []bool{true, false} {
			for _, u := range random {
				v := uint8(255 * u)
				if !first {
					v = 255 - v
				}
				pixels = append(pixels, v)
			}
		}
	}
	return Pixels(Shape{2, 6, 5}, pixels)
}

// TestStreamAugments checks how often images are flipped, and that pixels that are not
// moved are exactly those of the image.
func TestStreamAugments(t *testing.T) {
	t.Parallel()
	const n = 400
	s := shades(n)
	flipped := 0
	stream := newStream(t, s, StreamOptions{BatchSize: 7, Seed: 3, Shuffle: true, Augment: Augmentation{Flip: true}})
	for i, got := range inputs(stream, 0, 0) {
		want := valuesOf(s.Select([]int{i}))
		if slices.Equal(got, want) {
			continue
		}
		flipped++
		for row := range slices.Chunk(want, s.Shape.Width) {
			slices.Reverse(row)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("image %d is neither itself nor its mirror image", i)
		}
	}
	if deviation := math.Sqrt(n) / 2; math.Abs(float64(flipped)-n/2) > 4*deviation {
		t.Errorf("%d of %d images are flipped", flipped, n)
	}

	var least, most float32 = 9, 0
	stream = newStream(t, s, StreamOptions{BatchSize: 7, Seed: 3, Augment: Augmentation{Brightness: 0.5}})
	for i, got := range inputs(stream, 0, 0) {
		want := valuesOf(s.Select([]int{i}))
		factor := got[0] / want[0]
		least, most = min(least, factor), max(most, factor)
		for at, v := range want {
			if math.Abs(float64(got[at]-min(v*factor, 1))) > 1e-5 && want[0] > 0.01 && got[0] < 1 {
				t.Fatalf("image %d: %g became %g, but another pixel was multiplied by %g", i, v, got[at], factor)
			}
		}
	}
	if least < 0.49 || least > 0.52 || most > 1.51 || most < 1.45 {
		t.Errorf("factors from %g to %g, want those from 0.5 to 1.5", least, most)
	}
}

// TestStreamAugmentsAlike checks that the channels are moved together, that corruption
// has the augmented image as its target, and that the parts are independent.
func TestStreamAugmentsAlike(t *testing.T) {
	t.Parallel()
	s := shades(20)
	all := Augmentation{Flip: true, Shift: 1, Rotate: 30, Crop: 0.7}
	stream := newStream(t, s, StreamOptions{BatchSize: 20, Seed: 3, Augment: all, Corruption: Corruption{Kind: Masking, Level: 0.5}, Mask: true})
	original := valuesOf(s)
	for b, _ := range stream.Epoch(2, 0) {
		moved := 0
		for i, v := range b.Clean {
			if want := v * (1 - b.Mask[i]); b.Input[i] != want {
				t.Fatalf("value %d: the input is %g, the target is %g, the mask is %g", i, b.Input[i], v, b.Mask[i])
			}
			if at := i % 60; at < 30 && math.Abs(float64(b.Clean[i+30]-(1-v))) > 1e-5 {
				t.Fatalf("value %d: the channels have %g and %g", i, v, b.Clean[i+30])
			}
			if v != original[i] {
				moved++
			}
		}
		if moved < len(b.Clean)*9/10 {
			t.Errorf("only %d of %d values have changed", moved, len(b.Clean))
		}
	}
	flips := func(a Augmentation) (list []bool) {
		for i := range 50 {
			var random [8]float32
			noise.Uniform(random[:], noise.Key{Seed: 9, Stream: streamAugment, Step: uint64(i)})
			list = append(list, a.warp(random[:7], s.Shape).xFromX < 0)
		}
		return list
	}
	if !slices.Equal(flips(Augmentation{Flip: true}), flips(all)) {
		t.Error("other images are flipped with further parts")
	}
}

// TestStreamAugmentsAgain checks that the images of an epoch depend on nothing but the
// seed, the epoch and their number.
func TestStreamAugmentsAgain(t *testing.T) {
	o := StreamOptions{BatchSize: 8, Seed: 3, Shuffle: true, Binarise: true, Augment: Augmentation{true, 1, 30, 0.7, 0.4}}
	want := inputs(newStream(t, shades(50), o), 4, 0)
	for _, threads := range []int{1, 4} {
		before := runtime.GOMAXPROCS(threads)
		got := inputs(newStream(t, shades(50), o), 4, 0)
		runtime.GOMAXPROCS(before)
		if !cmp.Equal(got, want) {
			t.Errorf("other images with %d threads", threads)
		}
	}
	resumed := inputs(newStream(t, shades(50), o), 4, 3)
	if len(resumed) != 50-3*8 {
		t.Errorf("%d images after step 3", len(resumed))
	}
	for i, got := range resumed {
		if !slices.Equal(got, want[i]) {
			t.Errorf("image %d differs in an epoch that is resumed at step 3", i)
		}
	}
	if cmp.Equal(inputs(newStream(t, shades(50), o), 5, 0), want) {
		t.Error("two epochs have the same images")
	}
	o.Seed++
	if cmp.Equal(inputs(newStream(t, shades(50), o), 4, 0), want) {
		t.Error("two seeds have the same images")
	}
}

func TestAugmentationAllocatesNothingPerBatch(t *testing.T) {
	s := newStream(t, shades(200), StreamOptions{BatchSize: 1, Shuffle: true, Augment: Augmentation{true, 1, 30, 0.7, 0.4}})
	perEpoch := testing.AllocsPerRun(5, func() {
		for range s.Epoch(0, 0) {
		}
	})
	if perEpoch > 30 {
		t.Errorf("%.0f allocations in an epoch of 200 images", perEpoch)
	}
}

func TestAugmentationRefuses(t *testing.T) {
	t.Parallel()
	for mention, s := range map[string]Split{
		"rows of 3 numbers":                   numbered(3),
		"cannot be combined with motion":      blobs(3).Pairs(Motion{Shift: 1}, 1),
		"out of it; hint: shift by less than": shades(3),
	} {
		a := Augmentation{Flip: true, Shift: 5}
		if _, err := NewStream(s, StreamOptions{BatchSize: 1, Augment: a}); true {
			wantError(t, err, ErrUnknown, mention)
		}
		if err := (Augmentation{}).Check(s); err != nil {
			t.Errorf("no augmentation: %v", err)
		}
	}
	wantError(t, Augmentation{Crop: math.NaN()}.Check(shades(3)), ErrUnknown)
}

func BenchmarkAugmentation(b *testing.B) {
	for _, s := range []Shape{{1, 28, 28}, {3, 64, 64}} {
		b.Run(fmt.Sprint(s), func(b *testing.B) {
			image, with := make([]float32, s.Size()), newAugmenting(s)
			for i := range b.N {
				Augmentation{true, 2, 10, 0.9, 0.1}.apply(image, s, with, noise.Key{Step: uint64(i)})
			}
		})
	}
}
