package measure

import (
	"testing"

	"gaetrain/loaders"
)

// TestCommon counts the images that occur in another split. Equal images of that split
// are counted once.
func TestCommon(t *testing.T) {
	split := func(pixels ...uint8) loaders.Split {
		return loaders.Split{Shape: loaders.Shape{Channels: 1, Height: 1, Width: 2}, Images: pixels}
	}
	images := split(1, 2, 3, 4, 5, 6, 3, 4)
	for _, c := range []struct {
		other loaders.Split
		want  int
	}{{split(), 0}, {split(2, 1), 0}, {split(5, 6, 5, 6), 1}, {split(3, 4), 2}, {images, 4}} {
		if got := common(images, c.other); got != c.want {
			t.Errorf("%d of %v are in %v, want %d", got, images.Images, c.other.Images, c.want)
		}
	}
	wide := split(1, 2)
	wide.Shape = loaders.Shape{Channels: 2, Height: 1, Width: 1}
	if got := common(images, wide); got != 0 {
		t.Errorf("%d images of another shape are equal", got)
	}
}
