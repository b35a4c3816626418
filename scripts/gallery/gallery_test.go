package main

import (
	"image"
	"image/color"
	"os"
	"path/filepath"
	"testing"

	"gaetrain/trainer/recipes"
)

// TestPage checks that docs/gallery.md is the page of the rows, whose models exist, and that
// its pictures are small.
func TestPage(t *testing.T) {
	o := options{root: "../.."}
	text, err := os.ReadFile("../../docs/gallery.md")
	if err != nil || string(text) != page(o.isDrawn) {
		t.Errorf("docs/gallery.md is not the page of the rows: %v; hint: go run ./scripts/gallery NAME draws the pictures of a row", err)
	}
	var all int64
	for _, r := range rows {
		if _, err := recipes.Find(r.model); err != nil {
			t.Error(err)
		}
		for _, d := range r.draws {
			info, err := os.Stat(filepath.Join("../../docs", r.picture(d)))
			if err != nil {
				continue // the page names the model
			}
			if all += info.Size(); info.Size() > mostBytes {
				t.Errorf("%s has %d bytes, the limit is %d", r.picture(d), info.Size(), mostBytes)
			}
		}
	}
	if all > mostAllBytes {
		t.Errorf("the pictures have %d bytes, the limit is %d", all, mostAllBytes)
	}
}

func TestGreys(t *testing.T) {
	t.Parallel()
	img := image.NewRGBA(image.Rect(5, 5, 8, 6))
	for x, c := range []color.Color{color.Black, color.Gray{130}, color.White} {
		img.Set(5+x, 5, c)
	}
	got := greys(img, 3)
	for x, want := range []uint8{0, 127, 255} {
		if grey := got.At(5+x, 5).(color.Gray).Y; grey != want {
			t.Errorf("pixel %d is %d, want %d", x, grey, want)
		}
	}
}
