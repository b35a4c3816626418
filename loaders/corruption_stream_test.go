package loaders

import (
	"bytes"
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gaetrain/graph/kernel/noise"
)

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
