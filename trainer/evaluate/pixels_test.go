package evaluate

import (
	"slices"
	"testing"

	"gaetrain/loaders"
)

// TestPixels checks the matrices of plain images and of pairs of frames.
func TestPixels(t *testing.T) {
	var pixels []uint8
	for i := range 4 * 9 {
		pixels = append(pixels, uint8(7*i))
	}
	plain := loaders.Pixels(loaders.Shape{Channels: 1, Height: 3, Width: 3}, pixels)
	numbers := loaders.Values(loaders.Shape{Channels: 1, Height: 1, Width: 2}, []float32{1, 2, 3, 4})
	for _, split := range []loaders.Split{plain, plain.Pairs(loaders.Motion{Shift: 1, Patch: 2}, 3), numbers} {
		m, err := Pixels(split)
		if err != nil || m.Rows != split.Len() || m.Columns != split.Shape.Size() {
			t.Errorf("%d images of %v give a matrix of %d×%d", split.Len(), split.Shape, m.Rows, m.Columns)
			continue
		}
		want := make([]float32, split.Shape.Size())
		for i := range split.Len() {
			if err := split.Read(want, i, 0); err != nil || !slices.Equal(m.Row(i), want) {
				t.Errorf("image %d of %v is %v, want %v", i, split.Shape, m.Row(i), want)
			}
		}
	}
}
