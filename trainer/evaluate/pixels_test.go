package evaluate

import (
	"context"
	"errors"
	"math"
	"runtime"
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

// TestImages checks that images give the same figures, bit by bit, whether they are read
// block by block or are in memory as numbers, and whatever GOMAXPROCS is.
func TestImages(t *testing.T) {
	before := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(before)
	for _, shape := range [][2]int{{2*blockRows + 40, 30}, {20, 30}} {
		x, other := random(shape[0], shape[1], 1), random(blockRows+7, shape[1], 2)
		want, err := PCAError(t.Context(), x, other, 5)
		if err != nil {
			t.Fatal(err)
		}
		fitted, err := NewPCA(t.Context(), x, 5)
		if err != nil {
			t.Fatal(err)
		}
		for _, threads := range []int{1, 3} {
			runtime.GOMAXPROCS(threads)
			got, err := PCAError(t.Context(), asImages(x), asImages(other), 5)
			if err != nil || got != want {
				t.Errorf("%v with %d threads: the error is %v, want %v (%v)", shape, threads, got, want, err)
			}
			p, err := NewPCA(t.Context(), asImages(x), 5)
			if err != nil || !slices.Equal(p.components, fitted.components) || !slices.Equal(p.Variance, fitted.Variance) {
				t.Errorf("%v with %d threads: the components differ (%v)", shape, threads, err)
			}
		}
	}
}

// asImages returns the rows of a matrix as items of a split.
func asImages(m Matrix) Images {
	return Images(loaders.Values(loaders.Shape{Channels: 1, Height: 1, Width: m.Columns}, m.Values))
}

// TestImagesRefused checks the errors of images without values, with NaN, and of a context
// that has ended.
func TestImagesRefused(t *testing.T) {
	x := random(blockRows+5, 4, 1)
	if _, err := NewPCA(t.Context(), asImages(Matrix{Columns: 4}), 2); !errors.Is(err, ErrInput) {
		t.Errorf("no images: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := NewPCA(ctx, asImages(x), 2); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	x.Values[len(x.Values)-1] = float32(math.NaN())
	if _, err := PCAError(t.Context(), asImages(x), asImages(x), 2); !errors.Is(err, ErrInput) {
		t.Errorf("NaN: %v", err)
	}
}
