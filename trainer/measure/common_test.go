package measure

import (
	"testing"

	"gaetrain/loaders"
)

// TestCommon counts the images that occur in another split. Equal images of that split
// are counted once.
func TestCommon(t *testing.T) {
	split := func(pixels ...uint8) loaders.Split {
		return loaders.Pixels(loaders.Shape{Channels: 1, Height: 1, Width: 2}, pixels)
	}
	images := split(1, 2, 3, 4, 5, 6, 3, 4)
	for _, c := range []struct {
		other loaders.Split
		want  int
	}{{split(), 0}, {split(2, 1), 0}, {split(5, 6, 5, 6), 1}, {split(3, 4), 2}, {images, 4}} {
		if got, err := common(images, c.other); err != nil || got != c.want {
			t.Errorf("%d images are in %d others, want %d, error %v", got, c.other.Len(), c.want, err)
		}
	}
	wide := split(1, 2)
	wide.Shape = loaders.Shape{Channels: 2, Height: 1, Width: 1}
	if got, err := common(images, wide); err != nil || got != 0 {
		t.Errorf("%d images of another shape are equal, error %v", got, err)
	}
}
