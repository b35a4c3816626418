package loaders

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"io"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// countDecoded counts how often a PNG file is decoded. The test must not be parallel.
func countDecoded(t *testing.T) *int {
	t.Helper()
	at := slices.IndexFunc(imageFormats, func(f imageFormat) bool { return f.name == "PNG" })
	decode, count := imageFormats[at].decode, 0
	imageFormats[at].decode = func(r io.Reader) (image.Image, error) {
		count++
		return decode(r)
	}
	t.Cleanup(func() { imageFormats[at].decode = decode })
	return &count
}

// TestOutline lets the function of the options refuse images at each of its calls. The
// first two calls come before any image is decoded, the third after one.
func TestOutline(t *testing.T) {
	dir := t.TempDir()
	photos(t, filepath.Join(dir, "photos"), 20) // in colour, of classes a and b
	for i := range 12 {
		drawn := image.NewRGBA(image.Rect(0, 0, 3, 2))
		drawn.Set(i%3, 0, color.Gray{uint8(99 + i)})
		save(t, encodePNG(t, drawn), dir, "drawn", fmt.Sprintf("%02d.png", i)) // grey pixels in a file of colours
		save(t, grey(t, 3, 4, uint8(i)), dir, "grey", fmt.Sprintf("%02d.png", i))
		save(t, grey(t, 3, 4, uint8(i)), dir, "pairs", "first", fmt.Sprintf("%02d.png", i))
		save(t, grey(t, 3, 4, uint8(i+50)), dir, "pairs", "second", fmt.Sprintf("%02d.png", i))
	}
	for _, test := range []struct {
		name, kind, folder string
		options            Options
		want               []Outline
	}{
		{"grey", "folder:", "grey", Options{},
			[]Outline{{Shape{1, 3, 4}, Shape{1, 3, 4}, 0, 1, 12, false}, {Shape{1, 3, 4}, Shape{1, 3, 4}, 0, 12, 144, true}}},
		{"colour", "folder:", "photos", Options{},
			[]Outline{{Shape{1, 4, 5}, Shape{3, 4, 5}, 2, 1, 20, false}, {Shape{1, 4, 5}, Shape{3, 4, 5}, 2, 20, 400, false}, {Shape{3, 4, 5}, Shape{3, 4, 5}, 2, 20, 1200, true}}},
		{"grey pixels", "folder:", "drawn", Options{},
			[]Outline{{Shape{1, 2, 3}, Shape{3, 2, 3}, 0, 1, 6, false}, {Shape{1, 2, 3}, Shape{3, 2, 3}, 0, 12, 72, false}}},
		{"to grey", "folder:", "photos", Options{ImageOptions: ImageOptions{Grey: true}},
			[]Outline{{Shape{1, 4, 5}, Shape{1, 4, 5}, 2, 1, 20, false}, {Shape{1, 4, 5}, Shape{1, 4, 5}, 2, 20, 400, true}}},
		{"size", "folder:", "photos", Options{ImageOptions: ImageOptions{Size: Size{3, 2}}},
			[]Outline{{Shape{1, 2, 3}, Shape{3, 2, 3}, 2, 1, 6, false}, {Shape{1, 2, 3}, Shape{3, 2, 3}, 2, 20, 120, false}, {Shape{3, 2, 3}, Shape{3, 2, 3}, 2, 20, 360, true}}},
		{"in files", "folder:", "photos", Options{StorageOptions: little},
			[]Outline{{Shape{1, 4, 5}, Shape{3, 4, 5}, 2, 1, 20, false}, {Shape{1, 4, 5}, Shape{3, 4, 5}, 2, 20, 4000, false}, {Shape{3, 4, 5}, Shape{3, 4, 5}, 2, 20, 4000, true}}},
		{"cache", "folder:", "photos", Options{StorageOptions: StorageOptions{Cache: filepath.Join(dir, "cache")}},
			[]Outline{{Shape{1, 4, 5}, Shape{3, 4, 5}, 2, 1, 20, false}, {Shape{1, 4, 5}, Shape{3, 4, 5}, 2, 20, 4000, false}, {Shape{3, 4, 5}, Shape{3, 4, 5}, 2, 20, 4000, true}}},
		{"pairs", "pairs:", "pairs", Options{},
			[]Outline{{Shape{2, 3, 4}, Shape{2, 3, 4}, 0, 1, 24, false}, {Shape{2, 3, 4}, Shape{2, 3, 4}, 0, 12, 288, true}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			decoded, refused := countDecoded(t), errors.New("refused")
			for n := range test.want {
				var got []Outline
				test.options.Outline = func(o Outline) error {
					if got = append(got, o); len(got) > n {
						return refused
					}
					return nil
				}
				*decoded = 0
				if _, err := Open(context.Background(), test.kind+filepath.Join(dir, test.folder), test.options); err != refused {
					t.Fatalf("outline %d: error %v, want that of the function, unchanged", n, err)
				}
				if diff := cmp.Diff(test.want[:n+1], got); diff != "" {
					t.Error(diff)
				}
				if want := max(0, n-1); *decoded != want {
					t.Errorf("outline %d: %d images were decoded, want %d", n, *decoded, want)
				}
			}
		})
	}
}
