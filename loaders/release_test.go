package loaders

import (
	"errors"
	"testing"
)

// TestReleaseTrain checks that the pixels of training images are freed unless they are those
// of test images too.
func TestReleaseTrain(t *testing.T) {
	t.Parallel()
	shape := Shape{1, 1, 2}
	value := make([]float32, 2)
	d := &Dataset{Train: Pixels(shape, []uint8{0, 1, 2, 3, 4, 5}), Test: Pixels(shape, []uint8{6, 7})}
	d.SetAside(1)
	validation := d.Train.slice(2, 3)
	d.ReleaseTrain()
	if n := d.Train.Len(); n != 3 || StoredBytes(d.Train) != 0 {
		t.Errorf("after the release: %d training images of %d bytes, want 3 of none", n, StoredBytes(d.Train))
	}
	for _, s := range []Split{d.Train, validation} {
		if err := s.Read(value, 0, 0); !errors.Is(err, errReleased) {
			t.Errorf("reading released pixels: %v", err)
		}
	}
	if err := d.Test.Read(value, 0, 0); err != nil || value[1] != 7.0/255 {
		t.Errorf("a test image is %v, %v", value, err)
	}
	d = &Dataset{Train: Pixels(shape, []uint8{0, 1, 2, 3})}
	d.Test = d.Train.slice(1, 2)
	d.ReleaseTrain()
	if err := d.Train.Read(value, 0, 0); err != nil {
		t.Errorf("pixels that test images share: %v", err)
	}
}
