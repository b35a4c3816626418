package loaders

import (
	"testing"

	"gaetrain/graph/kernel/noise"
)

// TestPatches checks that the hidden pixels are whole patches in all channels, that their
// number is that of the level for every image, and that all patches are hidden equally often.
func TestPatches(t *testing.T) {
	t.Parallel()
	s := Shape{2, 10, 13} // 4×3 patches of 4×4 pixels, smaller at two borders
	const down, across = 3, 4
	c := Corruption{Patches, 0.5, 4}
	src, dst, mask := make([]float32, s.Size()), make([]float32, s.Size()), make([]float32, s.Size())
	for i := range src {
		src[i] = float32(i + 1)
	}
	var often [down * across]int
	const images = 2000
	for image := range images {
		key := noise.Key{Seed: 3, Step: uint64(image)}
		c.Apply(dst, src, s, key)
		c.Mask(mask, s, key)
		var hidden [down * across]bool
		for y := range s.Height {
			for x := range s.Width {
				patch := y/4*across + x/4
				if y%4 == 0 && x%4 == 0 {
					hidden[patch] = mask[y*s.Width+x] == 1
				}
				for channel := range s.Channels {
					at := channel*s.Height*s.Width + y*s.Width + x
					want, value := float32(0), src[at]
					if hidden[patch] {
						want, value = 1, 0
					}
					if mask[at] != want || dst[at] != value {
						t.Fatalf("image %d: the mask is %g and the value %g at %d,%d of channel %d, want %g and %g", image, mask[at], dst[at], y, x, channel, want, value)
					}
				}
			}
		}
		count := 0
		for patch, is := range hidden {
			if is {
				count++
				often[patch]++
			}
		}
		if count != 6 {
			t.Fatalf("%d of 12 patches are hidden, want 6", count)
		}
	}
	for patch, n := range often {
		if n < 900 || n > 1100 {
			t.Errorf("patch %d is hidden in %d of %d images, want half of them", patch, n, images)
		}
	}
	_, err := NewStream(Values(Shape{1, 1, 4}, make([]float32, 8)), StreamOptions{BatchSize: 1, Corruption: c})
	wantError(t, err, ErrUnknown, "patches of images, but the data are rows of numbers")
}
