package viz

import (
	"errors"
	"image"
	"os"
	"path/filepath"
	"testing"
)

func TestPNG(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "picture.png")
	grey := image.NewGray(image.Rect(0, 0, 3, 2))
	grey.Pix[4] = 77
	if err := WritePNG(t.Context(), path, grey); err != nil {
		t.Fatal(err)
	}
	got, err := ReadPNG(path)
	if err != nil {
		t.Fatal(err)
	}
	compareImages(t, got, grey, 0)
}

func TestFileErrors(t *testing.T) {
	folder := t.TempDir()
	if err := WritePNG(t.Context(), filepath.Join(folder, "missing", "a.png"), image.NewGray(image.Rect(0, 0, 1, 1))); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("write into a missing folder: %v", err)
	}
	if _, err := ReadPNG(filepath.Join(folder, "a.png")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("read a missing file: %v", err)
	}
	path := filepath.Join(folder, "text.png")
	if err := os.WriteFile(path, []byte("not a picture"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadPNG(path); err == nil {
		t.Error("text was read as a picture")
	}
	if err := WritePNG(t.Context(), path, image.NewGray(image.Rectangle{})); err == nil {
		t.Error("an empty picture was written")
	}
}
